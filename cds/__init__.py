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
    "document.blocks": (
        "Document Section Block Paragraph Items Facts Table Figure Heading Form Entry Tone cleaned visible"
    ),
    "document.tags": "tone_of",
    "report.case.safety": "findings",
    "report.case.document": "compose sentence",
    "report.files": "file_name",
    # Cases: the app's side of the house
    "intake.draft": "Draft Reading ReadBack read_draft read_field SAID_BESIDE",
    "store.drafts": "Drafts KeptDraft",
    "intake.upload": "read_case",
    "store.labels": "looks_personal label_fault",
    "store.record": (
        "OwnView BoardDecision FollowUp Content DECISIONS ROLES ranking_then assessment_text stamp"
    ),
    "store.refusals": "NotSaved",
    "store.cases": "Version CaseStore open_store",
    "store.places": "local_user clear_left",
    "hosting.access": "role_of",
    "store.verify": "verify_store",
    "store.exchange": "export_cases import_cases",
    "comparison.changes": "changes Change then_and_now",
    "report.board.versions": "compared",
    "comparison.overview": "overview",
    "comparison.agreement": "statistics AGREEMENT agreement_of agreement_with",
    "report.board.agreement": "agreement_table",
    "rulebook.own_weights": "weight_faults with_weights",
    "hosting.settings": "settings_faults REQUIRED_SETTINGS",
    "report.case.option": "why_option rival_blocks",
    "report.rulebook.tables": "contradicted_count claim_counts rulebook_table SHELVES",
    "report.rulebook.entry": "rulebook_detail",
    "report.rulebook.facets": "facets FACETS",
    "report.board.decision": (
        "case_document FORMS decision_words own_view_words case_file decision_file WITH_DECISION"
    ),
    "report.rulebook.card": "model_card",
    "assurance.hazards": "hazard_blocks",
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names.split()}
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    """Load an exported name from its home."""
    if name not in _HOME:
        raise AttributeError(f"module 'cds' exports no {name!r}")
    return getattr(import_module(f"cds.{_HOME[name]}"), name)
