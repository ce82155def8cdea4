"""Research-only ranking of everolimus combination options in osteosarcoma.

What `cds` exports is all that the app and other programs use; it is loaded on first use, so that
importing `cds` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "load": "cds.rulebook.load",
    "Rulebook": "cds.rulebook.book",
    "CdsError": "cds.errors",
    "InputError": "cds.errors",
    "Cohort": "cds.cohort",
    "read_patient": "cds.intake.patient",
    "Patient": "cds.intake.patient",
    "Context": "cds.assessment",
    "assess": "cds.assessment",
    "decide": "cds.decision",
    "Assessment": "cds.result",
    "RESEARCH_ONLY": "cds.notice",
    "NOT_A_CHANCE": "cds.notice",
    "compose": "cds.report.case",
    "sentence": "cds.report.case",
    "Document": "cds.report.blocks",
    "Section": "cds.report.blocks",
    "Block": "cds.report.blocks",
    "Paragraph": "cds.report.blocks",
    "Items": "cds.report.blocks",
    "Facts": "cds.report.blocks",
    "Table": "cds.report.blocks",
    "Figure": "cds.report.blocks",
    "Draft": "cds.cases.draft",
    "Reading": "cds.cases.draft",
    "read_draft": "cds.cases.draft",
    "read_field": "cds.cases.draft",
    "entered": "cds.intake.template",
    "Marker": "cds.rulebook.markers",
    "Group": "cds.rulebook.markers",
}
__all__ = [*_HOME]


def __getattr__(name: str) -> Any:
    """Load an exported name from its home."""
    if name not in _HOME:
        raise AttributeError(f"module 'cds' exports no {name!r}")
    return getattr(import_module(_HOME[name]), name)
