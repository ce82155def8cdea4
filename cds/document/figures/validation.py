"""Pictures of how a risk model performs: calibration, net benefit, importance, learning."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cds.document.blocks import Figure, Table
from cds.document.figures import survival
from cds.document.figures.drawing import WIDTH, Drawing
from cds.document.figures.palette import ACTION, GRID, LINE, SECOND, SERIES, TEXT
from cds.risk.records import Benefit, CalibrationGroup, Curve, Learning, Weight

#: More groups than this stand too close for a label each; the table has their sizes.
MOST_LABELS = 6
_LEFT, _TOP, _SIDE, _WIDTH, _HEIGHT = 64.0, 22.0, 330.0, 520.0, 250.0


def _signed(drawing: Drawing, y: float, data: str) -> str:
    """The finished picture with its data named below `y`, so that it can stand alone."""
    rows = drawing.wrapped(0, y + 14, f"Data: {data}", WIDTH - 20, 12, fill=SECOND)
    return drawing.svg(y + 15 * rows + 8)


def calibration(groups: Sequence[CalibrationGroup], data: str, months: float) -> Figure:
    """Predicted against observed risk, in groups; on the diagonal both are the same."""
    inside = sum(group.low <= group.predicted <= group.high for group in groups)
    sentence = (
        f"In {inside} of {len(groups)} groups of like predicted risk the prediction lies inside the 95 % "
        f"interval of what happened within {months:g} months. Data: {data}."
    )
    drawing = Drawing(sentence)

    def at(share: float) -> float:
        return _LEFT + _SIDE * share

    def up(share: float) -> float:
        return _TOP + _SIDE * (1 - share)

    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.line(at(0), up(share), at(1), up(share), GRID)
        drawing.text(at(0) - 8, up(share) + 4, f"{100 * share:.0f}", 12, "end")
        drawing.text(at(share), up(0) + 17, f"{100 * share:.0f}", 12, "middle")
    drawing.line(at(0), up(0), at(1), up(1), LINE, 1.5, "6 4")
    drawing.text(at(1) + 8, up(1) + 4, "ideal", 12, fill=SECOND)
    colour = SERIES[0][0]
    for group in groups:
        drawing.line(at(group.predicted), up(group.low), at(group.predicted), up(group.high), colour, 1.8)
        drawing.point("circle", at(group.predicted), up(group.observed), 5, colour)
        if len(groups) <= MOST_LABELS:
            drawing.text(at(group.predicted) + 9, up(group.observed) + 4, f"n {group.n:,}", 12)
    drawing.text(at(0.5), up(0) + 36, "predicted risk, of 100", 12, "middle", SECOND)
    drawing.text(at(0), up(1) - 8, "observed risk, of 100, with 95 % interval", 12, fill=SECOND)
    rows = tuple(
        (f"{g.n:,}", _of(g.predicted), f"{_of(g.observed)} ({_of(g.low)} to {_of(g.high)})") for g in groups
    )
    columns = ("Patients", "Predicted, of 100", "Observed, of 100 (95 % interval)")
    table = Table(f"Predicted and observed risk by group; {data}", columns, rows, numeric=(0, 1))
    return Figure("calibration", sentence, _signed(drawing, _TOP + _SIDE + 44, data), table)


def decision_curve(points: Sequence[Benefit], data: str) -> Figure:
    """Net benefit of the model over thresholds, beside acting in all and in none."""
    better = [p.threshold for p in points if (p.model.low or 0.0) > max(p.everybody, 0.0)]
    where = f"from {_of(better[0])} to {_of(better[-1])} of 100" if better else "at no threshold"
    sentence = (
        f"Beyond chance (lower 95 % limit) the model is of more use than acting in all or in none {where}. "
        f"Data: {data}. Use here is a count of right and wrong calls; it is not benefit from a treatment."
    )
    drawing = Drawing(sentence)
    top = max(max(p.model.high or 0.0, p.everybody) for p in points) * 1.05
    low, end = -top / 3, points[-1].threshold

    def at(threshold: float) -> float:
        return _LEFT + _WIDTH * threshold / end

    def up(value: float) -> float:
        return _TOP + _HEIGHT * (1 - (max(value, low) - low) / (top - low))

    for tenth in range(math.ceil(10 * low), math.floor(10 * top) + 1):
        drawing.line(at(0), up(tenth / 10), at(end), up(tenth / 10), LINE if tenth == 0 else GRID)
        drawing.text(at(0) - 8, up(tenth / 10) + 4, f"{tenth / 10:.1f}", 12, "end")
    drawing.text(at(0), _TOP - 6, "net benefit per patient", 12, fill=SECOND)
    for p in points[1::2]:
        drawing.text(at(p.threshold), _TOP + _HEIGHT + 17, _of(p.threshold), 12, "middle")
    upper = [(at(p.threshold), up(p.model.high or 0.0)) for p in points]
    lower = [(at(p.threshold), up(p.model.low or 0.0)) for p in points]
    drawing.path(f"M{_joined([*upper, *reversed(lower)])} Z", "none", 0, SERIES[0][0], opacity=0.12)
    lines = (
        ("model", [p.model.value or 0.0 for p in points]),
        ("act in all", [p.everybody for p in points]),
        ("act in none", [0.0 for _ in points]),
    )
    for place, (label, values) in enumerate(lines):
        colour, dash, shape = SERIES[place]
        shown = [(at(p.threshold), up(v)) for p, v in zip(points, values, strict=True) if v >= low]
        drawing.path(f"M{_joined(shown)}", colour, 2.2, dash=dash)
        drawing.point(shape, *shown[-1], 4.5, colour)
        x = _LEFT + place * 150
        drawing.point(shape, x, _TOP + _HEIGHT + 54, 4.5, colour)
        drawing.text(x + 12, _TOP + _HEIGHT + 58, label, 12)
    drawing.text(
        at(end), _TOP + _HEIGHT + 35, "threshold: risk, of 100, from which one would act", 12, "end", SECOND
    )
    rows = tuple((_of(p.threshold), p.model.text(3), f"{p.everybody:.3f}") for p in points)
    columns = ("Threshold, of 100", "Model (95 % interval)", "Act in all")
    table = Table(f"Net benefit; acting in none is 0; {data}", columns, rows, numeric=(0, 2))
    return Figure("decision-curve", sentence, _signed(drawing, _TOP + _HEIGHT + 68, data), table)


def importance(weights: Sequence[Weight], model: str) -> Figure:
    """How far each marker moves predictions of a model on average."""
    most = weights[0]
    sentence = (
        f"{model}: {most.label} moves predictions most, by {most.percent:.1f} percent points on average; "
        "over invented patients drawn from the cohort's counts."
    )
    drawing, y, widest = Drawing(sentence), 8.0, max(weight.percent for weight in weights) or 1.0
    for weight in weights:
        rows = drawing.wrapped(0, y + 14, weight.label, 250, 12.5)
        drawing.rect(265, y + 2, 320 * weight.percent / widest, 16, ACTION)
        drawing.text(265 + 320 * weight.percent / widest + 8, y + 15, f"{weight.percent:.1f}", 12.5)
        y += max(rows * 16 + 8, 28)
    drawing.text(265, y + 14, "mean absolute share, percent points", 12, fill=SECOND)
    table = Table(
        "Mean absolute share by marker",
        ("Marker", "Percent points"),
        tuple((weight.label, f"{weight.percent:.2f}") for weight in weights),
        numeric=(1,),
    )
    return Figure(
        "importance",
        sentence,
        _signed(drawing, y + 22, f"{model}, invented patients drawn from the cohort's counts"),
        table,
    )


def learning_curve(steps: Sequence[Learning], data: str) -> Figure:
    """C-index in patients left out, over the size of the training part."""
    first, last = steps[0], steps[-1]
    sentence = (
        f"Trained on {first.n:,} patients the C-index in the others is {first.c_index.value or 0:.2f}, "
        f"on {last.n:,} it is {last.c_index.value or 0:.2f}. Data: {data}."
    )
    drawing, end = Drawing(sentence), last.n * 1.08

    def at(n: float) -> float:
        return _LEFT + _WIDTH * n / end

    def up(c: float) -> float:
        return _TOP + 200 * (1 - (min(max(c, 0.4), 1.0) - 0.4) / 0.6)

    drawing.text(_LEFT, _TOP - 8, "C-index in patients left out", 12, fill=SECOND)
    for tick in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        drawing.line(_LEFT, up(tick), at(end), up(tick), LINE if tick == 0.5 else GRID)
        drawing.text(_LEFT - 8, up(tick) + 4, f"{tick:.1f}", 12, "end")
    drawing.text(_LEFT + 4, up(0.5) - 5, "0.5: no better than chance", 12, fill=SECOND)
    points = [(at(step.n), up(step.c_index.value or 0.5)) for step in steps]
    drawing.path(f"M{_joined(points)}", TEXT, 2.2)
    for step, (x, y) in zip(steps, points, strict=True):
        drawing.line(x, up(step.c_index.low or 0.5), x, up(step.c_index.high or 0.5), TEXT, 1.5)
        drawing.point("circle", x, y, 4.5, TEXT)
        drawing.text(x, _TOP + 217, f"{step.n:,}", 12, "middle")
    drawing.text(
        at(end), _TOP + 236, "patients in the training part; bars: 10th to 90th percentile", 12, "end", SECOND
    )
    rows = tuple((f"{step.n:,}", f"{step.events:g}", step.c_index.text()) for step in steps)
    columns = ("Patients", "Events", "C-index (10th to 90th percentile)")
    table = Table(f"Learning curve; {data}", columns, rows, numeric=(0, 1))
    return Figure("learning-curve", sentence, _signed(drawing, _TOP + 246, data), table)


def survival_curves(curves: Sequence[Curve], data: str, event_free: str) -> Figure:
    """Observed survival of all and by predicted risk, with numbers at risk."""
    months = curves[0].months
    step = max(1, round(len(months) / 6))
    ticks = [*range(0, len(months), step)]
    drawn = [
        survival.Curve(
            label=curve.label,
            times=curve.months,
            survival=curve.survival,
            lower=curve.low,
            upper=curve.high,
            censored=(),
            at_risk=[curve.at_risk[tick] for tick in ticks],
        )
        for curve in curves
    ]
    return survival.kaplan_meier(drawn, [months[tick] for tick in ticks], data, months[ticks[-1]], event_free)


def _of(share: float) -> str:
    return f"{100 * share:.0f}"


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
