"""How stable the order is, and why one stands over another.

Each section is there only if the assessment holds it. Every figure is about this rulebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.document.blocks import Block, Paragraph, Table
from cds.report import phrases
from cds.result import Assessment
from cds.rulebook.book import Rulebook
from cds.rulebook.options import Option
from cds.stability import Bounds, Contrast, NextTest, RankShares, Robustness, ScoreRange
from cds.vocabulary import AnswerRole

HOW = {
    "every_weight": "ahead for every admissible weight",
    "robust": "robust: ahead under at least 90 in 100 of the weights",
    "tier": "held apart by class or tier alone",
    "weak": "weak: not separable",
}
DECIDED = {
    "status": "Decided by status: not both have a rank.",
    "class": "Decided by class: what can be named stands before hypotheses.",
    "tier": "Decided by the tier of the evidence.",
    "points": "Decided by points.",
    "tie": "Not decided: they tie.",
}
#: Levels told of central weights, and how far from the mean they must be to be told.
TOLD, APART = 3, 1.2
NOT_A_BENEFIT = (
    "Shares count weights of this rulebook, not patients: they say how far the order depends on the weights, "
    "never how likely a benefit is. They are given for the policy checked only: the order of weights in the "
    "other can't be defended."
)


def stability(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Ranges, separation, shares of weights, and how far each weight can move."""
    found = assessment.robustness
    if found is None:
        return
    yield Paragraph(f"{found.title}.", "caution")
    for statement in found.marker_statements:
        yield Paragraph(f"Policy {book.policy[statement.policy].label}: {statement.sentence}")
    if book.answer[assessment.answer].role is AnswerRole.INCOMPLETE:
        yield Paragraph("The order below is the order with no information about this patient.", "caution")
    for policy, ranges in found.ranges.items():
        if ranges:
            yield _ranges(ranges, book.policy[policy].label)
    if found.shares:
        yield from _separation(found)
        yield _shares(found)
        yield Paragraph(NOT_A_BENEFIT, "quiet")
        held = _not_counted(found.next_test)
        if held:
            yield Paragraph(f"Untested, never counted, and so held at not known: {'; '.join(held)}.", "quiet")
        yield from _central(found, book)
        yield from _weights(found, book)


def _ranges(ranges: Iterable[ScoreRange], policy: str) -> Table:
    """Scores and ranks over everything that is not known."""
    columns = ("Option", "Points", "Points could be", "Rank", "Rank could be, class and tier held",
               "Facts that could take its rank or class", "Statuses possible")  # fmt: skip
    rows = [_range_row(one) for one in sorted(ranges, key=lambda one: one.rank)]
    told = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    cut = tuple(row[:told] for row in rows)
    caption = f"What is not known could change, policy {policy} (exact, unless marked as at most)"
    return Table(caption, columns[:told], cut, numeric=(1, 5))


def _range_row(one: ScoreRange) -> tuple[str, ...]:
    return (
        one.option,
        f"{one.points:+d}",
        "none" if one.low is None else f"{one.low:+d} to {one.high:+d}{_outer(one.exact)}",
        str(one.rank),
        f"{one.best} to {one.worst}{_outer(one.ranks_exact)}",
        str(len({name for names in one.could_lose_rank.values() for name in names})),
        ", ".join(status.value for status in one.statuses),
    )


def _outer(exact: bool) -> str:
    return "" if exact else " (at most)"


def _separation(found: Robustness) -> Iterator[Block]:
    rows = tuple(
        (f"{line.above} over {line.below}", HOW[line.how], _share(line.ahead)) for line in found.separations
    )
    if rows:
        columns = ("Neighbours", "Separation", "Weights with the upper ahead on points")
        yield Table("Separation of neighbours, policy checked", columns, rows, numeric=(2,))
    start = 1
    for place in found.places:
        if len(place) > 1:
            end = start + len(place) - 1
            yield Paragraph(f"Places {start} to {end}, not separable: {', '.join(place)}.", "caution")
        start += len(place)
    if found.always_ahead:
        pairs = ", ".join(f"{one} over {other}" for one, other in found.always_ahead)
        yield Paragraph(f"Of any two options, ahead on points for every admissible weight (exact): {pairs}.")
    elif len(found.shares) > 1:
        yield Paragraph("No option is ahead of another on points for every admissible weight (exact).")


def _shares(found: Robustness) -> Table:
    """Shares of first rank, both ways beside each other."""
    columns = ("Option", "All admissible weights", "Half to double the declared weights",
               "Untested genes as counted", "Has a rank then")  # fmt: skip
    caption = (
        f"Stability of this rulebook under other weights ({found.draws:,} draws, seed {found.seed}): "
        "share of first place with class and tier held / on points alone"
    )
    rows = map(_share_row, _in_order(found))
    return Table(caption, columns, tuple(rows), numeric=(1, 2, 3, 4))


def _not_counted(found: NextTest) -> list[str]:
    """Untested markers that a rule reads and the prior does not hold."""
    alone = [test for test in found.tests if len(test.markers) == 1 and len(test.outcomes) > 1]
    return [test.label for test in alone if test.of is None]


def _in_order(found: Robustness) -> list[RankShares]:
    ordered = [name for place in found.places for name in place]
    return sorted(found.shares, key=lambda one: ordered.index(one.option))


def _share_row(one: RankShares) -> tuple[str, ...]:
    pairs = (
        (one.wide_held, one.wide_dropped),
        (one.near_held, one.near_dropped),
        (one.priors_held, one.priors_dropped),
    )
    both = (f"{_share(held[0])} / {_share(dropped[0])}" for held, dropped in pairs)
    return (one.option, *both, _share(one.priors_ranked))


def _share(share: float) -> str:
    return f"{share:.2f}"


def _central(found: Robustness, book: Rulebook) -> Iterator[Block]:
    """What the weights are like where each option comes first on points alone."""
    rows = tuple(_central_row(one, book) for one in _in_order(found) if one.central)
    if len(rows) > 1:
        columns = ("Option", "Weigh more than in the mean of all", "Weigh less",
                   "Confidence factor: first with these weights, untested genes as counted")  # fmt: skip
        yield Table("Central weights: mean weights that put an option first on points alone", columns, rows)


def _central_row(one: RankShares, book: Rulebook) -> tuple[str, ...]:
    ranked = sorted(one.central.items(), key=lambda item: -item[1])
    more = [item for item in ranked[:TOLD] if item[1] >= APART]
    less = [item for item in ranked[: -TOLD - 1 : -1] if item[1] <= 1 / APART]
    confidence = "" if one.confidence is None else _share(one.confidence)
    return (one.option, _times(more, book), _times(less, book), confidence)


def _times(levels: Iterable[tuple[str, float]], book: Rulebook) -> str:
    said = [f"{book.level[level].label} ×{times:.1f}" for level, times in levels]
    return "; ".join(said) or "none by much"


def _weights(found: Robustness, book: Rulebook) -> Iterator[Block]:
    rows = tuple(
        (
            book.level[one.level].label,
            f"{one.declared} ({_bounds(one.allowed)})",
            f"{_bounds(one.order_held)} / {_bounds(one.order_dropped)}",
            f"{_bounds(one.first_held)} / {_bounds(one.first_dropped)}",
            f"{_yes(one.fragile_held)} / {_yes(one.fragile)}",
        )
        for one in found.weights
    )
    columns = ("Level", "Declared (allowed)", "Order holds", "First place holds", "Fragile")
    caption = (
        "Points per half unit: how far one weight can move with class and tier held / on points alone "
        "(15+: 15 or more). Fragile: the order changes inside what is allowed"
    )
    if rows:
        yield Table(caption, columns, rows)


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


def _bounds(bounds: Bounds) -> str:
    low, high = bounds
    if not low and high is None:
        return "any"
    return f"{low or 0}+" if high is None else f"{low or 0}–{high}"


def contrasts(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Each neighbour over the next."""
    for found in assessment.contrasts or ():
        yield from contrast(found, book)


def _against(one: int | None, other: int | None) -> str:
    """Where the first of two ranks stands."""
    if one is None or other is None:
        return "against"
    return "over" if one < other else "below" if one > other else "beside"


def _placed(option: Option, rank: int | None) -> str:
    place = f", rank {rank}" if rank else ""
    return f"{option.label} ({option.id}{place})"


def contrast(found: Contrast, book: Rulebook) -> Iterator[Block]:
    """A against B: what decided, and the lines that differ; they sum to the difference."""
    a, b = book.option[found.a], book.option[found.b]
    word = _against(found.rank_a, found.rank_b)
    one, other = _placed(a, found.rank_a), _placed(b, found.rank_b)
    yield Paragraph(f"{one} {word} {other}. {DECIDED[found.decided_by]}")
    for name, reasons in found.no_rank.items():
        yield Paragraph(f"{name} has no rank: {'; '.join(reasons)}.", "caution")
    rows = [(row.id, row.label, *map(phrases.points, (row.a, row.b, row.difference))) for row in found.rows]
    if found.common:
        lines = "1 line" if found.common == 1 else f"{found.common} lines"
        rows.append(("", f"no difference ({lines})", "", "", "0"))
    rows.append(("", "Sum", f"{found.points_a:+d}", f"{found.points_b:+d}", f"{found.difference:+d}"))
    caption = f"{a.id} against {b.id}, policy {book.policy[found.policy].label}"
    yield Table(caption, ("Id", "Line", a.id, b.id, "Difference"), tuple(rows), numeric=(2, 3, 4))
