"""Research-only ranking of treatment options from a rulebook, with its reasons.

The names below are the public interface for other programs: read a rulebook, read patients, rank
them, ask how stable the order is, and write reports. A name is loaded on first use, so that
importing `cds` costs nothing. Everything else is the inside and may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cds.assessment import Context, assess
    from cds.batch.run import rank_file
    from cds.cohort import Cohort
    from cds.comparison.moves import RulebookDiff, compare_rulebooks
    from cds.comparison.with_model import with_model
    from cds.document.blocks import Document
    from cds.errors import CdsError, InputError
    from cds.intake.patient import Patient, read_patient
    from cds.notice import RESEARCH_ONLY
    from cds.report.case.document import case_document
    from cds.report.files import case_files
    from cds.result import Assessment
    from cds.risk.model import RiskModel
    from cds.risk.shelf import installed_model
    from cds.robustness.contrast import with_contrasts
    from cds.robustness.flips import flips
    from cds.robustness.next_test import next_test
    from cds.robustness.summary import with_robustness
    from cds.rulebook.book import Rulebook
    from cds.rulebook.load import load
    from cds.stability import Robustness

__version__ = "0.1.0"

__all__ = [
    "RESEARCH_ONLY",
    "Assessment",
    "CdsError",
    "Cohort",
    "Context",
    "Document",
    "InputError",
    "Patient",
    "RiskModel",
    "Robustness",
    "Rulebook",
    "RulebookDiff",
    "__version__",
    "assess",
    "case_document",
    "case_files",
    "compare_rulebooks",
    "flips",
    "installed_model",
    "load",
    "next_test",
    "rank_file",
    "read_patient",
    "with_contrasts",
    "with_model",
    "with_robustness",
]

#: The module of each public name: what type checkers read above, as data.
_HOME = {
    "RESEARCH_ONLY": "notice",
    "Assessment": "result",
    "CdsError": "errors",
    "Cohort": "cohort",
    "Context": "assessment",
    "Document": "document.blocks",
    "InputError": "errors",
    "Patient": "intake.patient",
    "RiskModel": "risk.model",
    "Robustness": "stability",
    "Rulebook": "rulebook.book",
    "RulebookDiff": "comparison.moves",
    "assess": "assessment",
    "case_document": "report.case.document",
    "case_files": "report.files",
    "compare_rulebooks": "comparison.moves",
    "flips": "robustness.flips",
    "load": "rulebook.load",
    "installed_model": "risk.shelf",
    "next_test": "robustness.next_test",
    "rank_file": "batch.run",
    "read_patient": "intake.patient",
    "with_contrasts": "robustness.contrast",
    "with_model": "comparison.with_model",
    "with_robustness": "robustness.summary",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOME:
        raise AttributeError(f"module 'cds' has no public name {name!r}")
    return getattr(import_module(f"cds.{_HOME[name]}"), name)
