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
    "Heading": "cds.report.blocks",
    "Form": "cds.report.blocks",
    "Entry": "cds.report.blocks",
    "Tone": "cds.report.blocks",
    "cleaned": "cds.report.blocks",
    "tone_of": "cds.report.tags",
    "findings": "cds.report.findings",
    "Drafts": "cds.cases.drafts",
    "KeptDraft": "cds.cases.drafts",
    "OwnView": "cds.cases.record",
    "BoardDecision": "cds.cases.record",
    "FollowUp": "cds.cases.record",
    "Content": "cds.cases.record",
    "DECISIONS": "cds.cases.record",
    "ROLES": "cds.cases.record",
    "ranking_then": "cds.cases.record",
    "assessment_text": "cds.cases.record",
    "stamp": "cds.cases.record",
    "Version": "cds.cases.store",
    "CaseStore": "cds.cases.store",
    "open_store": "cds.cases.store",
    "local_user": "cds.cases.places",
    "role_of": "cds.cases.access",
    "looks_personal": "cds.cases.labels",
    "label_fault": "cds.cases.labels",
    "verify_store": "cds.cases.verify",
    "export_cases": "cds.cases.exchange",
    "import_cases": "cds.cases.exchange",
    "changes": "cds.cases.changes",
    "Change": "cds.cases.changes",
    "then_and_now": "cds.cases.changes",
    "overview": "cds.cases.overview",
    "statistics": "cds.cases.agreement",
    "agreement_of": "cds.cases.agreement",
    "agreement_table": "cds.cases.agreement_table",
    "weight_faults": "cds.cases.own_weights",
    "with_weights": "cds.cases.own_weights",
    "settings_faults": "cds.cases.settings",
    "REQUIRED_SETTINGS": "cds.cases.settings",
    "read_case": "cds.cases.upload",
    "draft_from_tree": "cds.cases.draft",
    "why_option": "cds.cases.why_view",
    "rival_blocks": "cds.cases.why_view",
    "contradicted_count": "cds.cases.ledger",
    "claim_counts": "cds.cases.ledger",
    "rulebook_table": "cds.cases.ledger",
    "rulebook_detail": "cds.cases.ledger_detail",
    "SHELVES": "cds.cases.ledger",
    "NO_MODEL": "cds.notice",
    "SAID_BESIDE": "cds.cases.draft",
}
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    """Load an exported name from its home."""
    if name not in _HOME:
        raise AttributeError(f"module 'cds' exports no {name!r}")
    return getattr(import_module(_HOME[name]), name)
