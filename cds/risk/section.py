"""What a model says of one patient, frozen: part of the published result schema."""

from __future__ import annotations

from cds.rulebook.base import Record

#: Words for the codes of abstentions and flags; `{label}` is the marker's.
REASONS = {
    "population_not_known": "{label} is not known, so whether the model may speak is not known either",
    "outside_population": "{label}: not among the patients the model was trained for",
    "not_known": "{label} has to be known",
    "outside_range": "{label} is outside the range of the training cohort",
    "hardly_seen": "{label}: fewer than 5 patients of the training cohort had this value",
    "no_figure": "the model gives no finite figure for these values",
    "saturated": "the figure is next to 0 or 100 of 100",
}
#: Why a per-option model's points do not count.
NOT_COUNTED = {
    "abstains": "the model does not speak of this patient",
    "manifest_does_not_count": "its manifest says that it gives no points",
    "version_not_pinned": "its version was not named; name it as ID@VERSION",
    "band_not_covered": "it does not cover every ranked option of this place in the order",
    "shares_do_not_add_up": "its shares do not add up to its figure",
}


class Share(Record):
    """How far one marker moves the figure away from the base, in percent points."""

    marker: str
    label: str
    value: str
    percent: float


class Estimate(Record):
    """One figure in percent with its 95 % interval (null if there is none).

    Base and shares add up to it within 1e-9; a cohort run has neither (null, empty). `option` is
    the regimen it is for; None for a prognostic model.
    """

    option: str | None
    percent: float
    low: float | None
    high: float | None
    base: float | None = None
    shares: tuple[Share, ...] = ()
    flags: tuple[str, ...] = ()


def words_of(code: str, labels: dict[str, str]) -> str:
    """A code in words."""
    word, _, marker = code.partition(":")
    return REASONS[word].format(label=labels.get(marker, marker))
