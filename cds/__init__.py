"""Research-only ranking of everolimus combination options in osteosarcoma.

What `cds` exports is all that the app and other programs use; it is loaded on first use, so that
importing `cds` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

#: What is exported, by the module it lives in.
_EXPORTS = {
    # The rulebook and its words
    "rulebook.load": "load",
    "rulebook.book": "Rulebook",
    "rulebook.markers": "Marker Group",
    "vocabulary": "OUTCOMES TIMINGS",
    "wording": "printed",
    "notice": "RESEARCH_ONLY NOT_A_CHANCE NO_MODEL",
    "errors": "CdsError InputError",
    "locations": "models_folder",
    # From a patient to an answer
    "cohort": "Cohort",
    "intake.patient": "read_patient Patient",
    "intake.template": "entered header",
    "decision": "decide",
    "assessment": "Context assess",
    "result": "Assessment",
    # How sure, and what next
    "stability": "Robustness",
    "robustness.summary": "robustness_of with_robustness score_ranges cohort_ranges",
    "robustness.prior_shares": "cohort_prior_shares",
    "robustness.acceptability": "cohort_acceptability",
    "robustness.marker_statement": "marker_statements",
    "robustness.next_test": "next_test",
    "robustness.flips": "flips",
    "robustness.contrast": "contrast with_contrasts",
    "comparison.moves": "compare_rulebooks RulebookDiff",
    # Risk models
    "risk.declaration": "read_declaration",
    "risk.training_data": "read_training_set",
    "risk.training": "train",
    "risk.external": "evaluate",
    "risk.model": "RiskModel",
    "risk.shelf": "shelved named",
    "comparison.with_model": "with_model",
    # Documents
    "report.blocks": (
        "Document Section Block Paragraph Items Facts Table Figure Heading Form Entry Tone cleaned visible"
    ),
    "report.tags": "tone_of",
    "report.findings": "findings",
    "report.case": "compose sentence",
    "report.files": "file_name",
    # Cases: the app's side of the house
    "cases.draft": "Draft Reading ReadBack read_draft read_field SAID_BESIDE",
    "cases.drafts": "Drafts KeptDraft",
    "cases.upload": "read_case",
    "cases.labels": "looks_personal label_fault",
    "cases.record": (
        "OwnView BoardDecision FollowUp Content DECISIONS ROLES ranking_then assessment_text stamp"
    ),
    "cases.refusals": "NotSaved",
    "cases.store": "Version CaseStore open_store",
    "cases.places": "local_user clear_left",
    "cases.access": "role_of",
    "cases.verify": "verify_store",
    "cases.exchange": "export_cases import_cases",
    "cases.changes": "changes Change then_and_now",
    "cases.compare": "compared",
    "cases.overview": "overview",
    "cases.agreement": "statistics AGREEMENT agreement_of agreement_with",
    "cases.agreement_table": "agreement_table",
    "cases.own_weights": "weight_faults with_weights",
    "cases.settings": "settings_faults REQUIRED_SETTINGS",
    "cases.why_view": "why_option rival_blocks",
    "cases.ledger": "contradicted_count claim_counts rulebook_table SHELVES",
    "cases.ledger_detail": "rulebook_detail",
    "cases.facets": "facets FACETS",
    "cases.case_report": (
        "case_document FORMS decision_words own_view_words case_file decision_file WITH_DECISION"
    ),
    "cases.cohort_view": "rank_upload RankedCohort dry_run patients_table cohort_document cohort_file",
    "cases.models": "named_model model_titles",
    "cases.model_page": "model_card",
    "assurance.hazards": "hazard_blocks",
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names.split()}
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    """Load an exported name from its home."""
    if name not in _HOME:
        raise AttributeError(f"module 'cds' exports no {name!r}")
    return getattr(import_module(f"cds.{_HOME[name]}"), name)
