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


#: The engine's own reason codes; a rulebook may give them other words (`reasons.yaml`, `of: ranking`).
REASONS = {
    "evidence_balance_not_positive": "The evidence for and against it does not add up to more than zero",
    "cautions_outweigh_evidence": "This patient's cautions outweigh its evidence",
    "tier_not_nameable": "Its evidence is of a tier that can't be named: a hypothesis",
    "unverified": "Facts that could exclude, refuse or demote it are not known",
    "refused_by_other_policy": "Refused or excluded by the {policy} policy",
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
