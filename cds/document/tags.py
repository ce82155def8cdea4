"""Level words with their glyph and tone: shape, word, then colour."""

from __future__ import annotations

from cds.document.blocks import Tone
from cds.vocabulary import Status, Verification

STOP, CAUTION, MONITOR = "■ STOP", "▲ CAUTION", "◆ MONITOR"

#: Caption of what the table of toxicities holds.
TOXICITIES = "Toxicities that add up, and those of one drug that weigh in the pair; not complete"

VERIFIED = {
    Verification.CONFIRMED: "● CONFIRMED",
    Verification.PARTLY: "◐ PARTLY",
    Verification.CONTRADICTED: "✕ CONTRADICTED",
    Verification.INCONSISTENT: "✕ INCONSISTENT",
    Verification.UNCHECKED: "○ UNCHECKED",
}
STATUSES = {
    Status.ELIGIBLE: "eligible",
    Status.CAUTION: "▲ caution",
    Status.HYPOTHESIS: "HYPOTHESIS",
    Status.EXCLUDED: "■ excluded",
    Status.REFUSED: "refused",
    Status.NOT_AVAILABLE: "not available",
}
#: A caution that comes only from facts that are not known.
UNVERIFIED = "▲ caution: facts not known"
TONES: dict[str, Tone] = {
    STOP: "stop",
    CAUTION: "caution",
    MONITOR: "monitor",
    "● CONFIRMED": "good",
    "◐ PARTLY": "caution",
    "✕ CONTRADICTED": "stop",
    "✕ INCONSISTENT": "stop",
    "○ UNCHECKED": "quiet",
    "▲ caution": "caution",
    UNVERIFIED: "caution",
    "HYPOTHESIS": "quiet",
    "■ excluded": "stop",
}


def tone_of(tag: str) -> Tone:
    """The tone of a tag; plain for a word that is none."""
    return TONES.get(tag, "plain")
