"""How stable the order is, which test or change would alter it, and why one stands over another.

Each section is there only if the assessment holds it. Every figure is about this rulebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.report.blocks import Block, Items, Paragraph, Table
from cds.result import Assessment
from cds.rulebook.book import Rulebook
from cds.stability import (
    Bounds,
    Change,
    Contrast,
    EffectOfTest,
    Flips,
    NextTest,
    OutcomeOfTest,
    RankShares,
    Robustness,
    ScoreRange,
)
from cds.vocabulary import Answer

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
NOT_A_BENEFIT = (
    "Shares count weights of this rulebook, not patients: they say how far the order depends on the weights, "
    "never how likely a benefit is."
)


def stability(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Ranges, separation, shares of weights, and how far each weight can move."""
    found = assessment.robustness
    if found is None:
        return
    yield Paragraph(f"{found.title}.", "caution")
    for statement in found.marker_statements:
        yield Paragraph(f"Policy {book.policy[statement.policy].label}: {statement.sentence}")
    if assessment.answer is Answer.PROFILE_INCOMPLETE:
        yield Paragraph("The order below is the order with no information about this patient.", "caution")
    for policy, ranges in found.ranges.items():
        if ranges:
            yield _ranges(ranges, book.policy[policy].label)
    if found.shares:
        yield from _separation(found)
        yield _shares(found)
        yield Paragraph(NOT_A_BENEFIT, "quiet")
        yield from _weights(found)


def _ranges(ranges: Iterable[ScoreRange], policy: str) -> Table:
    """Scores and ranks over everything that is not known."""
    columns = ("Option", "Points", "Points could be", "Rank", "Rank could be, class and tier held",
               "Facts that could take its rank or class", "Statuses possible")  # fmt: skip
    rows = [_range_row(one) for one in sorted(ranges, key=lambda one: one.rank)]
    told = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    cut = tuple(row[:told] for row in rows)
    return Table(f"What is not known could change, policy {policy}", columns[:told], cut, numeric=(1, 5))


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


def _shares(found: Robustness) -> Table:
    """Shares of first rank, both ways beside each other."""
    columns = ("Option", "First, class and tier held", "First, on points alone", "Near weights: held",
               "Near weights: points alone", "Untested genes as counted: first, held",
               "Has a rank then")  # fmt: skip
    caption = f"Stability of this rulebook under other weights ({found.draws:,} draws, seed {found.seed})"
    ordered = [name for place in found.places for name in place]
    rows = map(_share_row, sorted(found.shares, key=lambda one: ordered.index(one.option)))
    return Table(caption, columns, tuple(rows), numeric=(1, 2, 3, 4, 5, 6))


def _share_row(one: RankShares) -> tuple[str, ...]:
    shares = (one.wide_held, one.wide_dropped, one.near_held, one.near_dropped, one.priors_held)
    return (one.option, *(_share(share[0]) for share in shares), _share(one.priors_ranked))


def _share(share: float) -> str:
    return f"{share:.2f}"


def _weights(found: Robustness) -> Iterator[Block]:
    rows = tuple(
        (
            one.level,
            str(one.declared),
            _bounds(one.allowed),
            _bounds(one.order_dropped),
            _bounds(one.first_dropped),
            _bounds(one.order_held),
            _bounds(one.first_held),
            "yes" if one.fragile else "no",
        )
        for one in found.weights
    )
    columns = ("Level", "Declared", "Allowed", "Order holds, points alone", "First holds, points alone",
               "Order holds, class and tier held", "First holds, class and tier held", "Fragile")  # fmt: skip
    if rows:
        yield Table("Points per half unit: how far one weight can move", columns, rows, numeric=(1,))


def _bounds(bounds: Bounds) -> str:
    low, high = bounds
    return f"{low or 0} or more" if high is None else f"{low or 0} to {high}"


def next_test(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The check-list of missing safety facts, then the tests of tumour markers."""
    if assessment.robustness is not None:
        yield from tests(assessment.robustness.next_test, book)


def tests(found: NextTest, book: Rulebook) -> Iterator[Block]:
    """The answer in words first, then the check-list, then what each test could change."""
    yield Paragraph(found.sentence, "plain" if found.no_test_changes_first else "monitor")
    if found.checklist:
        text = f"Before any test of the tumour: {len(found.checklist)} facts of the patient are not known."
        yield Paragraph(text, "caution")
        yield Items(tuple(book.marker[name].label for name in found.checklist))
    changing = [test for test in found.tests if test.can_change_order]
    if changing:
        columns = ("Test", "Can change the first option", "Can change the order", "Can take a rank",
                   "Order changes in")  # fmt: skip
        yield Table("Tests that could change the order", columns, tuple(map(_test_row, changing)))
        yield from (_outcomes(test, book) for test in changing if not _told_by_one(test))
    opening = [test for test in found.tests if test.opens and len(test.markers) == 1]
    if opening:
        yield Paragraph("A result could open a referral or a choice without everolimus, whatever the order:")
        yield Items(tuple(f"{t.label}: {'; '.join(book.rule[r].label for r in t.opens)}" for t in opening))
    silent = [test.label for test in found.tests if not (test.can_change_order or test.opens)]
    if silent:
        yield Paragraph(f"Could change no rank of this patient: {'; '.join(silent)}.", "quiet")
    yield Paragraph(f"Counts are open-access patients, not this patient: {found.prior}.", "quiet")


def _told_by_one(test: EffectOfTest) -> bool:
    """Whether one marker of a panel alone decides: that marker's own table says the same."""
    return len(test.markers) > 1 and all(len(one.values) == 1 for one in test.outcomes)


def _test_row(test: EffectOfTest) -> tuple[str, ...]:
    counted = "not counted"
    if test.of is not None and test.order_changes is not None:
        counted = _fraction(test.order_changes, test.of)
    can = (test.can_change_first, test.can_change_order, test.can_exclude)
    sampled = " (sampled)" if test.sampled else ""
    return (f"{test.label}{sampled}", *("yes" if one else "no" for one in can), counted)


def _fraction(count: int, of: int) -> str:
    return f"{count} of {of} ({count / of:.2f})" if of < 10**6 else f"{count / of:.2f}"


def _outcomes(test: EffectOfTest, book: Rulebook) -> Table:
    rows = tuple(_outcome_row(one, test, book) for one in test.outcomes)
    return Table(f"Results of: {test.label}", ("Result, e.g.", "Order then", "Changes", "Counted"), rows)


def _outcome_row(one: OutcomeOfTest, test: EffectOfTest, book: Rulebook) -> tuple[str, ...]:
    said = "; ".join(f"{book.marker[name].label}: {_values(book, name, v)}" for name, v in one.values.items())
    changes = "first place" if one.first_changes else "order" if one.order_changes else "nothing"
    counted = "not counted"
    if one.count is not None and test.of is not None:
        counted = _fraction(one.count, test.of)
        counted += f", at most {one.at_most:.2f}" if one.at_most is not None else ""
    return said or "none of the findings below", order(one.order), changes, counted


def order(places: Iterable[Iterable[str]]) -> str:
    """`O01 > O03 = O04`."""
    return " > ".join(" = ".join(place) for place in places) or "no option ranked"


def _values(book: Rulebook, marker: str, values: Iterable[str]) -> str:
    known = book.marker[marker]
    unit = f" {known.unit}" if known.unit else ""
    return " or ".join(known.values.get(value, f"{value}{unit}") for value in values)


def flips(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The smallest changes that would give another answer."""
    for found in assessment.robustness.flips if assessment.robustness else ():
        yield from changes(found, book)


def changes(found: Flips, book: Rulebook) -> Iterator[Block]:
    """One search: what would have to be otherwise."""
    yield Paragraph(found.sentence)
    rows = tuple(
        ("; ".join(_change(one, book) for one in flip.changes), order(flip.order)) for flip in found.flips
    )
    if rows:
        caption = f"Smallest changes, policy {book.policy[found.policy].label}"
        yield Table(caption, ("If it were so", "Order then"), rows)


def _change(change: Change, book: Rulebook) -> str:
    now = _values(book, change.marker, change.now) if change.now else "not known"
    return f"{book.marker[change.marker].label}: {_values(book, change.marker, change.then)} (now: {now})"


def contrasts(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Each neighbour over the next."""
    for found in assessment.contrasts or ():
        yield from contrast(found, book)


def contrast(found: Contrast, book: Rulebook) -> Iterator[Block]:
    """A over B: what decided, and the lines that differ; they sum to the difference."""
    a, b = book.option[found.a], book.option[found.b]
    yield Paragraph(f"{a.label} ({a.id}) over {b.label} ({b.id}). {DECIDED[found.decided_by]}")
    rows = [(row.id, row.label, f"{row.a:+d}", f"{row.b:+d}", f"{row.difference:+d}") for row in found.rows]
    if found.common:
        rows.append(("", f"common to both ({found.common} lines)", "", "", "0"))
    rows.append(("", "Sum", f"{found.points_a:+d}", f"{found.points_b:+d}", f"{found.difference:+d}"))
    caption = f"{a.id} over {b.id}, policy {book.policy[found.policy].label}"
    yield Table(caption, ("Id", "Line", a.id, b.id, "Difference"), tuple(rows), numeric=(2, 3, 4))
