"""Words for codes: what a reader sees where the data hold a code. No imperative, no advice."""

from __future__ import annotations

import re

_HIGH = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def printed(unit: str) -> str:
    """A unit as it is set in print: `10^9/L` as ×10⁹/L, `mg/m2` as mg/m², `/uL` as /µL."""
    high = re.sub(r"\^(-?\d+)", lambda found: found[1].translate(_HIGH), unit)
    high = re.sub(r"(?<=m)([23])(?!\w)", lambda found: found[1].translate(_HIGH), high)
    high = re.sub(r"(?<![A-Za-z])u(?=mol|L)", "µ", high)
    return re.sub(r"^x ", "× ", re.sub(r"^10(?=[⁰¹²³⁴⁵⁶⁷⁸⁹⁻])", "×10", high))


REASONS = {
    "out_of_scope": "The tumour is not high-grade osteosarcoma of bone",
    "standard_therapy_first": "Standard therapy (MAP) has not been given or is not finished",
    "no_active_disease": "No relapse or progression after standard therapy",
    "surgery_first": "The disease is resectable: surgery is the question before any option here",
    "outside_trial_age": "Outside the age of the trial (18 years and over)",
    "paediatric_entry": "Entry for patients under 18 only",
    "not_a_medicine": "The partner is not a medicine",
    "trial_only": "The agent exists in trials only",
    "concept": "A concept without data",
    "context": "Another drug, listed for context",
    "evidence_contradicted": "The evidence given for it is contradicted by its source",
    "counter_evidence": "Clinical evidence speaks against the partner",
    "not_attributable": "What was seen can't be attributed to everolimus",
    "no_evidence": "No evidence for the combination was found",
    "no_claim": "The review makes no claim for the combination",
    "evidence_balance_not_positive": "The evidence for and against it does not add up to more than zero",
    "cautions_outweigh_evidence": "This patient's cautions outweigh its evidence",
    "tier_not_a": "No trial in osteosarcoma patients: a hypothesis",
    "unverified": "Facts that could exclude, refuse or demote it are not known",
    "refused_by_checked": "Refused or excluded by the checked policy",
}

ANSWERS = {
    "out_of_scope": "No everolimus option can be named: the tumour is outside the scope of this rulebook.",
    "standard_therapy_first": (
        "No everolimus option can be named: standard therapy is recorded as not given or not completed."
    ),
    "no_active_disease": "No everolimus option can be named: no active disease is recorded.",
    "surgery_first": "No everolimus option can be named: the disease is recorded as resectable.",
    "profile_incomplete": (
        "No answer: histology, line of therapy or resectability is not known. "
        "The order below is the order with no information about this patient."
    ),
    "can_be_named": "{first} ranks first and can be named for discussion.",
    "only_hypotheses": (
        "No option can be named; {count} hypotheses remain, none with a confirmed study in patients like "
        "this one."
    ),
    "all_excluded": "No option can be named: every option is excluded or refused for this patient.",
}

STATUS = {
    "eligible": "eligible",
    "caution": "caution",
    "hypothesis": "hypothesis",
    "excluded": "excluded",
    "refused": "refused",
    "not_available": "not available",
}

COUNTED = {
    "yes": "counted",
    "contradicted": "not counted: the claim is contradicted",
    "prognostic_only": "not counted: prognostic only",
    "not_in_policy": "not counted by this policy",
    "no_level": "not counted: no valid direction",
}

RECOVERABLE = {
    "replace": "can be undone by replacing the drug",
    "treat": "can be undone by treatment",
    "time": "may pass with time",
    "correct": "can be corrected",
}
