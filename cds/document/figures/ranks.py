"""Pictures of ranks: chance of each rank, both policies side by side, and what a test could do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cds.document.blocks import Figure, Table
from cds.document.figures.drawing import SIZE, Drawing, wrap
from cds.document.figures.palette import ACTION, GRID, LINE, SECOND, TEXT, WHITE, shade

#: Said with every figure of stability, so that it is never taken for a chance of benefit.
STABILITY = "This is the stability of the rulebook's order, not a chance of benefit."


def percent(share: float) -> str:
    """A share as a whole number out of 100; what is not quite 0 or 100 never reads as such."""
    if 0 < share < 0.01:
        return "<1"
    if 0.99 < share < 1:
        return ">99"
    return f"{share * 100:.0f}"


def heat_strip(
    options: Sequence[str], chances: Sequence[Sequence[float]], of: str, beside: str = ""
) -> Figure:
    """How often each option takes each rank; `chances[option][rank - 1]` is a share.

    `of` says what was varied, e.g. `re-weightings within the declared order of evidence`; `beside` is a
    sentence that belongs beside the first one, e.g. the same share under another reading.
    """
    ranks = max(map(len, chances), default=0)
    leader = max(range(len(options)), key=lambda row: (chances[row][0], -row))
    first = f"{options[leader]} ranks first in {percent(chances[leader][0])} out of 100 {of}."
    sentence = " ".join(filter(None, (first, beside, STABILITY)))
    left, top, cell = 250, 30, min(64.0, 420 / max(ranks, 1))
    drawing = Drawing(sentence)
    for rank in range(ranks):
        drawing.text(
            left + cell * (rank + 0.5), 20, f"rank {rank + 1}" if rank == 0 else str(rank + 1), 12, "middle"
        )
    y = float(top)
    for label, row in zip(options, chances, strict=True):
        height = max(28, len(wrap(label, left - 16)) * SIZE * 1.25 + 8)
        drawing.wrapped(0, y + 18, label, left - 16)
        for rank, share in enumerate(row):
            fill, ink = shade(share)
            drawing.rect(left + cell * rank + 1, y + 1, cell - 2, height - 2, fill)
            drawing.text(left + cell * (rank + 0.5), y + height / 2 + 5, percent(share), SIZE, "middle", ink)
        y += height
    columns = ("Option", *(f"Rank {rank + 1}" for rank in range(ranks)))
    rows = tuple((o, *map(percent, r)) for o, r in zip(options, chances, strict=True))
    caption = f"Times out of 100 {of}"
    table = Table(caption, columns, rows, numeric=tuple(range(1, ranks + 1)))
    return Figure("rank-heat-strip", sentence, drawing.svg(y + 6), table)


@dataclass(frozen=True)
class TwoRanks:
    """An option's rank under two readings; None where it has no rank, with the word for why."""

    label: str
    left: int | None
    right: int | None
    left_word: str = "no rank"
    right_word: str = "no rank"


def policy_slope(options: Sequence[TwoRanks], left: str, right: str) -> Figure:
    """Ranks under two policies as lines between two columns."""
    changed = sum(option.left != option.right for option in options)
    sentence = f"{changed} of {len(options)} options change place between the policies {left} and {right}."
    drawing = Drawing(sentence)
    drawing.text(240, 20, left, anchor="end", bold=True)
    drawing.text(440, 20, right, bold=True)
    ends = [(_end(o.label, o.left, o.left_word), _end(o.label, o.right, o.right_word)) for o in options]
    gap = 8 + 16.5 * max((len(wrap(text, 235)) for pair in ends for text in pair), default=1)
    places = {side: _places(options, side, gap) for side in ("left", "right")}
    for row, (option, (before, after)) in enumerate(zip(options, ends, strict=True)):
        y1, y2 = places["left"][row], places["right"][row]
        dash = "" if option.left and option.right else "5 4"
        drawing.line(250, y1 - 5, 430, y2 - 5, ACTION if option.left == 1 else LINE, 2, dash)
        drawing.wrapped(240, y1, before, 235, anchor="end")
        drawing.wrapped(440, y2, after, 235)
    rows = tuple(
        (o.label, str(o.left or o.left_word), str(o.right or o.right_word), _move(o)) for o in options
    )
    table = Table("Rank under both policies", ("Option", left, right, "Change"), rows)
    bottom = max([30.0, *places["left"], *places["right"]])
    return Figure("policy-slope", sentence, drawing.svg(bottom + gap - 10), table)


def _places(options: Sequence[TwoRanks], side: str, step: float) -> list[float]:
    """A line of its own for every option: ranked ones by rank, then those without."""
    ranks = [getattr(option, side) or 10_000 for option in options]
    order = sorted(range(len(options)), key=lambda row: (ranks[row], row))
    gap = {row: step * place + (14 if ranks[row] == 10_000 else 0) for place, row in enumerate(order)}
    return [46.0 + gap[row] for row in range(len(options))]


def _end(label: str, rank: int | None, word: str) -> str:
    return f"{rank}. {label}" if rank else f"{label}: {word}"


def _move(option: TwoRanks) -> str:
    if option.left == option.right:
        return "= same"
    if option.left is None or option.right is None:
        return "ranked by one policy only"
    up = option.right < option.left
    return f"{'▲ up' if up else '▼ down'} by {abs(option.right - option.left)}"


@dataclass(frozen=True)
class Reach:
    """How far one test could move one option: from the rank now to the best and the worst."""

    test: str
    option: str
    now: int
    best: int
    worst: int


def test_slope(reaches: Sequence[Reach]) -> Figure:
    """The range of ranks that each single test could lead to."""
    moving = [reach for reach in reaches if (reach.best, reach.worst) != (reach.now, reach.now)]
    sentence = "No single test could move an option."
    if moving:
        first = max(moving, key=lambda reach: reach.worst - reach.best)
        span = f"from {first.best} to {first.worst}; now {first.now}"
        sentence = f"{first.test} could place {first.option} anywhere {span}."
    ranks = max([reach.worst for reach in reaches], default=1)
    left, step = 330.0, 320 / max(ranks - 1, 1)
    drawing = Drawing(sentence)
    y = 34.0
    for reach in reaches:
        label = f"{reach.test}: {reach.option}"
        best, worst, now = (left + (rank - 1) * step for rank in (reach.best, reach.worst, reach.now))
        count = drawing.wrapped(0, y, label, left - 24)
        drawing.line(left, y - 5, left + step * (ranks - 1), y - 5, GRID)
        drawing.line(best, y - 5, worst, y - 5, ACTION, 6)
        drawing.point("circle", now, y - 5, 6, WHITE, TEXT)
        drawing.text(best, y - 13, str(reach.best), 11.5, "middle", SECOND)
        if reach.worst != reach.best:
            drawing.text(worst, y - 13, str(reach.worst), 11.5, "middle", SECOND)
        y += max(34, count * SIZE * 1.25 + 14)
    drawing.text(left, y, "rank; open circle: now", 12, fill=SECOND)
    rows = tuple((r.test, r.option, str(r.now), str(r.best), str(r.worst)) for r in reaches)
    columns = ("Test", "Option", "Rank now", "Highest", "Lowest")
    table = Table("Ranks that one test could lead to", columns, rows, numeric=(2, 3, 4))
    return Figure("next-test-slope", sentence, drawing.svg(y + 10), table)
