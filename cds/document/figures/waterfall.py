"""The waterfall of an option's score: every line of it, from nothing to the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cds.document.blocks import Figure, Table
from cds.document.figures.drawing import SIZE, Drawing, wrap
from cds.document.figures.palette import ACTION, GRID, LINE, SECOND, STOP, TEXT, WHITE

_LEFT, _RIGHT, _SMALL = 330, 624, 12.5


@dataclass(frozen=True)
class Step:
    """One line of a score: what it says, its points, and why it counts as it does."""

    id: str
    label: str
    points: int
    counted: str = "counted"
    verification: str = ""

    @property
    def side(self) -> str:
        """For, against, or without effect."""
        return "for" if self.points > 0 else "against" if self.points < 0 else "no effect"


def waterfall(
    name: str, option: str, tier: str, base: int, steps: Sequence[Step], unit: str = "points"
) -> Figure:
    """Filled bars add, outlined bars subtract, a dashed mark counts nothing.

    `base` is the sum of the evidence lines, which stand first among the steps.
    """
    total = sum(step.points for step in steps)
    sentence = _sentence(option, tier, base, total, steps, unit)
    low, high = _span(steps)
    scale = (_RIGHT - _LEFT) / max(high - low, 1)

    def at(points: float) -> float:
        return _LEFT + (points - low) * scale

    drawing, y, running = Drawing(sentence), 8.0, 0
    heights = [max(26.0, len(wrap(step.label, _LEFT - 24, _SMALL)) * _SMALL * 1.25 + 10) for step in steps]
    bottom = y + sum(heights) + 30
    drawing.line(at(0), y, at(0), bottom, GRID)
    for step, height in zip(steps, heights, strict=True):
        drawing.wrapped(0, y + 16, step.label, _LEFT - 24, _SMALL)
        _bar(drawing, at(running), at(running + step.points), y + 4, step.points)
        running += step.points
        drawing.line(at(running), y + 20, at(running), y + height + 6, LINE, 1)
        y += height
    drawing.line(0, y + 2, _RIGHT + 40, y + 2, LINE)
    drawing.text(0, y + 20, f"Score of {option}", bold=True)
    drawing.point("diamond", at(total), y + 15, 6, TEXT)
    drawing.text(at(total) + 14, y + 20, f"{total:+d}", bold=True)
    return Figure(name, sentence, drawing.svg(y + 32), _table(option, tier, total, steps))


def _table(option: str, tier: str, total: int, steps: Sequence[Step]) -> Table:
    rows = tuple(
        (s.id, s.side, s.label, f"{s.points:+d}" if s.points else "0", s.counted, s.verification)
        for s in steps
    )
    last = ("", "", f"Score of {option}", f"{total:+d}", f"tier {tier}", "")
    columns = ("Id", "Side", "Line", "Points", "Counted", "Source check")
    caption = f"Every line of the score of {option}"
    widths = (1.6, 0.9, 3.5, 0.75, 1.7, 2.0)
    return Table(caption, columns, (*rows, last), numeric=(3,), tagged=(5,), widths=widths)


def _span(steps: Sequence[Step]) -> tuple[int, int]:
    running, seen = 0, [0]
    for step in steps:
        running += step.points
        seen.append(running)
    return min(seen), max(seen)


def _bar(drawing: Drawing, start: float, end: float, y: float, points: int) -> None:
    left, width = min(start, end), abs(end - start)
    if points > 0:
        drawing.rect(left, y, width, 16, ACTION)
    elif points < 0:
        drawing.rect(left + 0.75, y + 0.75, width - 1.5, 14.5, WHITE, STOP)
    else:
        drawing.line(start, y, start, y + 16, SECOND, 1.5, "3 2")
    drawing.text(max(start, end) + 6, y + 13, f"{points:+d}" if points else "0", SIZE)


def _sentence(option: str, tier: str, base: int, total: int, steps: Sequence[Step], unit: str) -> str:
    rules = total - base
    silent = sum(step.points == 0 for step in steps)
    said = f"{silent} of {len(steps)} lines count nothing" if silent else "every line counts"
    return (
        f"{option}, tier {tier}: starts at {base:+d} from its evidence, findings in this patient change it "
        f"by {rules:+d}, score {total:+d} {unit}; {said}."
    )
