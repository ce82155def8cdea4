"""The two policies side by side: for each option, which lines differ, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator

from cds.result import Contribution, Difference, LineDifference, OptionResult, PolicyResult
from cds.rulebook.book import Rulebook
from cds.vocabulary import RANKED, Status, Verification

#: Why a line counts differently; `contradicted` is followed by the claims that did not stand.
LINE_REASONS = (
    "contradicted", "prognostic_only", "level", "half", "same_axis", "not_in_review", "not_in_policy",
    "no_level",
)  # fmt: skip
#: Why an option stands elsewhere though its points would not say so; a refusal has its own code instead.
ORDER_REASONS = ("tier_first", "demoted", "floor", "target")


def compare(book: Rulebook, checked: PolicyResult, published: PolicyResult) -> tuple[Difference, ...]:
    """One difference for each option ranked under at least one policy."""
    pairs = zip(checked.options, published.options, strict=True)
    return tuple(_option(book, c, p) for c, p in pairs if c.status in RANKED or p.status in RANKED)


def _option(book: Rulebook, checked: OptionResult, published: OptionResult) -> Difference:
    return Difference(
        option=checked.option,
        label=checked.label,
        published_rank=published.rank,
        checked_rank=checked.rank,
        published_status=published.status,
        checked_status=checked.status,
        published_points=published.points,
        checked_points=checked.points,
        lines=tuple(_lines(book, checked, published)),
        order_because=tuple(_order(checked, published)),
    )


def _lines(book: Rulebook, checked: OptionResult, published: OptionResult) -> Iterator[LineDifference]:
    there = {line.id: line for line in published.contributions}
    for line in checked.contributions:
        other = there[line.id]
        if line.points != other.points:
            yield LineDifference(
                id=line.id,
                label=line.label,
                published=other.points,
                checked=line.points,
                because=_because(book, line, other),
            )


def _because(book: Rulebook, checked: Contribution, published: Contribution) -> str:
    if checked.counted == "contradicted":
        return " ".join(["contradicted", *contradicted_claims(book, checked.id)])
    if checked.counted == "prognostic_only":
        return "prognostic_only"
    if "same_axis" in checked.counted or "same_axis" in published.counted:
        return "same_axis"
    if published.counted == "not_in_policy":
        return "not_in_review"
    if checked.counted in ("not_in_policy", "no_level"):
        return checked.counted
    return "half" if checked.level == published.level else "level"


def contradicted_claims(book: Rulebook, item: str) -> tuple[str, ...]:
    """The contradicted or inconsistent claims that a rule or evidence line rests on."""
    wrong = (Verification.CONTRADICTED, Verification.INCONSISTENT)
    return tuple(name for name in book.claims_of.get(item, ()) if book.claim[name].verdict in wrong)


def _order(checked: OptionResult, published: OptionResult) -> Iterator[str]:
    codes = {reason.code for reason in checked.reasons}
    if checked.status is Status.HYPOTHESIS and published.status is not Status.HYPOTHESIS:
        yield "tier_first" if codes == {"tier_not_a"} else "demoted"
    if codes & {"evidence_balance_not_positive", "cautions_outweigh_evidence"}:
        yield "floor"
    if checked.status is Status.EXCLUDED and published.rank:
        yield "target"
    if checked.status is Status.REFUSED and published.rank and "floor" not in codes:
        yield from sorted(codes - {"evidence_balance_not_positive", "cautions_outweigh_evidence"})
