"""Kaplan-Meier curves: steps, bands, censoring marks, and the numbers at risk under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cds.document.blocks import Figure, Table
from cds.document.figures.drawing import WIDTH, Drawing
from cds.document.figures.palette import GRID, LINE, SECOND, SERIES

_LEFT, _TOP, _WIDTH, _HEIGHT = 60.0, 12.0, 500.0, 260.0


@dataclass(frozen=True)
class Curve:
    """One group: survival after each event time with its limits, and censoring times.

    `at_risk` holds the number at risk at each tick of the axis.
    """

    label: str
    times: Sequence[float]
    survival: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    censored: Sequence[float]
    at_risk: Sequence[int]

    def value(self, time: float) -> tuple[float, float, float]:
        """Survival and its limits at a time."""
        now = (1.0, 1.0, 1.0)
        for at, *values in zip(self.times, self.survival, self.lower, self.upper, strict=True):
            if at <= time:
                now = (values[0], values[1], values[2])
        return now


def kaplan_meier(
    curves: Sequence[Curve], ticks: Sequence[float], data: str, at: float, event: str = "alive"
) -> Figure:
    """Survival of at most four groups; `data` names the data set, `at` the month the sentence tells."""
    if len(curves) > len(SERIES):
        raise ValueError(f"at most {len(SERIES)} groups stay apart for every eye, found {len(curves)}")
    told = "; ".join(f"{_hundred(curve.value(at))} of 100 {event} in {curve.label}" for curve in curves)
    sentence = f"At {at:g} months {told}. Data: {data}. Descriptive, not a treatment effect."
    drawing, end = Drawing(sentence), max(ticks)
    _frame(drawing, ticks, end)
    for curve, (colour, dash, shape) in zip(curves, SERIES, strict=False):
        _curve(drawing, curve, end, colour, dash, shape)
    _end_labels(drawing, curves, end)
    y = _TOP + _HEIGHT + 62
    drawing.text(0, y - 18, "Number at risk", 12.5, bold=True)
    for curve, (colour, _, shape) in zip(curves, SERIES, strict=False):
        drawing.point(shape, 8, y - 4, 4.5, colour)
        drawing.text(18, y, curve.label, 12)
        y += 17
        for tick, count in zip(ticks, curve.at_risk, strict=True):
            drawing.text(_x(tick, end), y, f"{count:,}", 12, "middle")
        y += 18
    rows_of_data = drawing.wrapped(0, y + 10, f"Data: {data}", WIDTH - 20, 12, fill=SECOND)
    columns = ("Group", *(f"{tick:g} months" for tick in ticks))
    rows = tuple(
        (
            curve.label,
            *(
                f"{_hundred(curve.value(tick))}; at risk {n:,}"
                for tick, n in zip(ticks, curve.at_risk, strict=True)
            ),
        )
        for curve in curves
    )
    table = Table(f"Of 100, {event} (95 % interval), and number at risk; {data}", columns, rows)
    return Figure("kaplan-meier", sentence, drawing.svg(y + 15 * rows_of_data + 8), table)


def _hundred(values: tuple[float, float, float]) -> str:
    middle, low, high = (f"{100 * value:.0f}" for value in values)
    return f"{middle} ({low} to {high})"


def _x(time: float, end: float) -> float:
    return _LEFT + _WIDTH * min(time, end) / end


def _y(share: float) -> float:
    return _TOP + _HEIGHT * (1 - share)


def _frame(drawing: Drawing, ticks: Sequence[float], end: float) -> None:
    for share in (0, 25, 50, 75, 100):
        drawing.line(_LEFT, _y(share / 100), _LEFT + _WIDTH, _y(share / 100), GRID)
        drawing.text(_LEFT - 8, _y(share / 100) + 4, str(share), 12, "end")
    for tick in ticks:
        drawing.text(_x(tick, end), _TOP + _HEIGHT + 17, f"{tick:g}", 12, "middle")
    drawing.line(_LEFT, _y(0), _LEFT + _WIDTH, _y(0), LINE)
    drawing.text(_LEFT + _WIDTH, _TOP + _HEIGHT + 34, "months; scale: of 100", 12, "end", SECOND)


def _curve(drawing: Drawing, curve: Curve, end: float, colour: str, dash: str, shape: str) -> None:
    drawing.path(_band(curve, end), stroke="none", width=0, fill=colour, opacity=0.12)
    drawing.path(_steps(curve.times, curve.survival, end), colour, 2.2, dash=dash)
    for time in curve.censored:
        if time <= end:
            y = _y(curve.value(time)[0])
            drawing.line(_x(time, end), y - 5, _x(time, end), y + 5, colour, 1.2)
    last = _y(curve.value(end)[0])
    drawing.point(shape, _LEFT + _WIDTH, last, 4.5, colour)


def _end_labels(drawing: Drawing, curves: Sequence[Curve], end: float) -> None:
    """Labels at the right end, kept apart where curves end close together."""
    ends = sorted((_y(curve.value(end)[0]), index) for index, curve in enumerate(curves))
    below = 0.0
    for y, index in ends:
        at = max(y + 4, below)
        colour = SERIES[index][0]
        rows = drawing.wrapped(_LEFT + _WIDTH + 10, at, curves[index].label, 110, 12, fill=colour)
        below = at + rows * 15 + 3


def _corners(times: Sequence[float], values: Sequence[float], end: float) -> list[tuple[float, float]]:
    points, now = [(0.0, 1.0)], 1.0
    for time, value in zip(times, values, strict=True):
        if time > end:
            break
        points += [(time, now), (time, value)]
        now = value
    return [*points, (end, now)]


def _path(points: Sequence[tuple[float, float]], end: float) -> str:
    return " L".join(f"{_x(time, end):.1f} {_y(value):.1f}" for time, value in points)


def _steps(times: Sequence[float], values: Sequence[float], end: float) -> str:
    return f"M{_path(_corners(times, values, end), end)}"


def _band(curve: Curve, end: float) -> str:
    upper = _corners(curve.times, curve.upper, end)
    lower = _corners(curve.times, curve.lower, end)
    return f"M{_path([*upper, *reversed(lower)], end)} Z"
