"""Another policy beside the default one: for each option, which lines differ, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator

from cds.result import Contribution, Difference, LineDifference, OptionResult, PolicyResult
from cds.rulebook.book import Rulebook
from cds.vocabulary import RANKED, Status, Verification

#: Why a line counts differently; `contradicted` is followed by the claims that a source contradicts.
LINE_REASONS = (
    "contradicted", "prognostic_only", "level", "half", "same_topic", "not_in_review", "not_in_policy",
    "no_level",
)  # fmt: skip
#: Why an option stands elsewhere though its points would not say so; a refusal has its own code instead.
ORDER_REASONS = ("tier_first", "demoted", "floor", "target_absent")


def compare(book: Rulebook, default: PolicyResult, other: PolicyResult) -> tuple[Difference, ...]:
    """One difference for each option that one of the two policies ranks."""
    pairs = zip(default.options, other.options, strict=True)
    return tuple(
        _option(book, other.policy, d, o) for d, o in pairs if d.status in RANKED or o.status in RANKED
    )


def _option(book: Rulebook, policy: str, default: OptionResult, other: OptionResult) -> Difference:
    return Difference(
        option=default.option,
        label=default.label,
        policy=policy,
        rank=other.rank,
        default_rank=default.rank,
        status=other.status,
        default_status=default.status,
        points=other.points,
        default_points=default.points,
        lines=tuple(_lines(book, default, other)),
        order_because=tuple(_order(default, other)),
    )


def _lines(book: Rulebook, default: OptionResult, other: OptionResult) -> Iterator[LineDifference]:
    there = {line.id: line for line in other.contributions}
    for line in default.contributions:
        theirs = there[line.id]
        if line.points != theirs.points:
            yield LineDifference(
                id=line.id,
                label=line.label,
                points=theirs.points,
                default_points=line.points,
                because=_because(book, line, theirs),
            )


def _because(book: Rulebook, default: Contribution, other: Contribution) -> str:
    if default.counted == "contradicted":
        return " ".join(["contradicted", *contradicted_claims(book, default.id)])
    if default.counted == "prognostic_only":
        return "prognostic_only"
    if "same_topic" in default.counted or "same_topic" in other.counted:
        return "same_topic"
    if other.counted == "not_in_policy":
        return "not_in_review"
    if default.counted in ("not_in_policy", "no_level"):
        return default.counted
    return "half" if default.level == other.level else "level"


def contradicted_claims(book: Rulebook, item: str) -> tuple[str, ...]:
    """The contradicted or inconsistent claims that a rule or evidence line rests on."""
    wrong = (Verification.CONTRADICTED, Verification.INCONSISTENT)
    return tuple(name for name in book.claims_of.get(item, ()) if book.claim[name].verdict in wrong)


def _order(default: OptionResult, other: OptionResult) -> Iterator[str]:
    codes = {reason.code for reason in default.reasons}
    balance = codes & {"evidence_balance_not_positive", "cautions_outweigh_evidence"}
    if default.status is Status.HYPOTHESIS and other.status is not Status.HYPOTHESIS:
        yield "tier_first" if codes == {"tier_not_nameable"} else "demoted"
    if balance:
        yield "floor"
    if default.status is Status.EXCLUDED and other.rank:
        yield "target_absent"
    if default.status is Status.REFUSED and other.rank:
        yield from sorted(codes - balance)
