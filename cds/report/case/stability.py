"""Stability of the order on the first page and in full, with its pictures."""

from __future__ import annotations

from collections.abc import Iterator

from cds.document.blocks import Block, Figure, Paragraph
from cds.document.figures.ranks import Reach, heat_strip, percent, test_slope
from cds.report import phrases
from cds.report.case import changes, robustness
from cds.result import Assessment
from cds.rulebook.book import Rulebook
from cds.stability import NextTest, Robustness

_OF = "weightings, on points alone"


def front(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The short block of the first page: shares of first place, neighbours, the next test."""
    found = assessment.robustness
    if found is None:
        yield Paragraph("Not computed in this report. It is computed on request, with the ranking.", "quiet")
        return
    said = [_shares(found, book)]
    if found.places:
        said.append(_not_separable(found))
        said += [one.sentence for one in found.marker_statements if one.policy == "checked"]
        said.append(found.next_test.sentence)
    yield Paragraph(" ".join(filter(None, said)))
    yield Paragraph(f"{found.title}.", "quiet")


def _shares(found: Robustness, book: Rulebook) -> str:
    """The first option's share of first places, both ways beside each other."""
    first = [name for place in found.places for name in place][:1]
    shares = {share.option: share for share in found.shares}
    if not first or first[0] not in shares:
        return "No option is ranked, so there is no order to vary."
    share = shares[first[0]]
    held, dropped = (percent(value[0]) for value in (share.wide_held, share.wide_dropped))
    return (
        f"{book.option[first[0]].label} is first in {held} of 100 weightings with class and tier held, and "
        f"in {dropped} of 100 on points alone."
    )


def _not_separable(found: Robustness) -> str:
    said, start = [], 1
    for place in found.places:
        if len(place) > 1:
            said.append(f"places {start} to {start + len(place) - 1} ({phrases.in_words(place)})")
        start += len(place)
    return f"Not separable: {'; '.join(said)}." if said else ""


def full(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Everything about stability, the shares of each rank first as a picture."""
    found = assessment.robustness
    if found is None:
        return
    if found.shares:
        yield strip(found, book)
    yield from robustness.stability(assessment, book)


def strip(found: Robustness, book: Rulebook) -> Figure:
    """Shares of each rank on points alone, in the order of the ranking."""
    order = [name for place in found.places for name in place]
    shares = sorted(found.shares, key=lambda share: order.index(share.option))
    labels = [book.option[share.option].label for share in shares]
    held = [(share.wide_held[0], label) for share, label in zip(shares, labels, strict=True)]
    said = ", ".join(f"{label} in {percent(share)}" for share, label in held if share)
    beside = f"With class and tier held it is {said}."
    return heat_strip(labels, [share.wide_dropped for share in shares], _OF, beside)


def next_test(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """What single tests could do, in a picture where there is something to draw."""
    if assessment.robustness is None:
        return
    reaches = list(_reaches(assessment, assessment.robustness.next_test, book))
    drawn = [test_slope(reaches)] if reaches else []
    yield from changes.next_test(assessment, book, drawn)


def _reaches(assessment: Assessment, found: NextTest, book: Rulebook) -> Iterator[Reach]:
    """For each test that can change the order, the option it could move most."""
    now = {option.option: option.rank for option in assessment.policy("checked").ranked() if option.rank}
    for test in found.tests:
        spans = []
        for name, rank in now.items():
            ranks = [rank, *(place for one in test.outcomes if (place := _rank(name, one.order)))]
            spans.append(Reach(test.label, book.option[name].label, rank, min(ranks), max(ranks)))
        widest = max(spans, key=lambda reach: reach.worst - reach.best, default=None)
        if test.can_change_order and widest and widest.worst > widest.best:
            yield widest


def _rank(option: str, order: tuple[tuple[str, ...], ...]) -> int | None:
    before = 0
    for place in order:
        if option in place:
            return before + 1
        before += len(place)
    return None
