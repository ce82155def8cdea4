"""The waterfall of a predicted figure: from the base, marker by marker, to the figure."""

from __future__ import annotations

from collections.abc import Sequence

from cds.document.blocks import Figure, Table
from cds.document.figures.drawing import Drawing, wrap
from cds.document.figures.palette import ACTION, GRID, LINE, SECOND, STOP, TEXT, WHITE
from cds.risk.section import Estimate

_LEFT, _RIGHT, _SMALL = 300, 555, 12.5


def percent_waterfall(estimate: Estimate, base: float, model: str, says: str) -> Figure:
    """Filled bars raise the figure, outlined bars lower it; `base` is that of the estimate."""
    sentence = (
        f"{model}: from {base:.1f}, the mean of its invented patients, to "
        f"{estimate.percent:.1f} of 100: {says}."
    )
    edges = _edges(estimate, base)
    low, high = min(0.0, *edges), max(edges) * 1.02 or 1.0

    def at(percent: float) -> float:
        return _LEFT + (percent - low) * (_RIGHT - _LEFT) / (high - low)

    drawing, y = Drawing(sentence), 8.0
    labels = [f"{share.label}: {share.value}" for share in estimate.shares]
    heights = [max(26.0, len(wrap(label, _LEFT - 24, _SMALL)) * _SMALL * 1.25 + 10) for label in labels]
    drawing.line(at(low), y, at(low), y + 30 + sum(heights), GRID)
    drawing.text(0, y + 16, "Mean of the invented patients", _SMALL)
    drawing.point("circle", at(base), y + 12, 5, TEXT)
    drawing.text(at(base) + 12, y + 16, f"{base:.1f}", _SMALL)
    y += 28
    for label, height, start, end in zip(labels, heights, edges, edges[1:], strict=False):
        drawing.wrapped(0, y + 16, label, _LEFT - 24, _SMALL)
        left, width = min(at(start), at(end)), abs(at(end) - at(start))
        if end >= start:
            drawing.rect(left, y + 4, max(width, 1.0), 16, ACTION)
        else:
            drawing.rect(left + 0.75, y + 4.75, max(width - 1.5, 1.0), 14.5, WHITE, STOP)
        drawing.text(max(at(start), at(end)) + 6, y + 17, f"{end - start:+.1f}", _SMALL)
        y += height
    drawing.line(0, y + 2, _RIGHT + 60, y + 2, LINE)
    drawing.text(0, y + 20, "Figure for this patient", bold=True)
    drawing.point("diamond", at(estimate.percent), y + 15, 6, TEXT)
    drawing.text(at(estimate.percent) + 14, y + 20, f"{estimate.percent:.1f} of 100", bold=True)
    drawing.text(0, y + 40, "percent points", 12, fill=SECOND)
    return Figure("model-shares", sentence, drawing.svg(y + 48), _table(estimate, base, model))


def _edges(estimate: Estimate, base: float) -> Sequence[float]:
    edges = [base]
    for share in estimate.shares:
        edges.append(edges[-1] + share.percent)
    return edges


def _table(estimate: Estimate, base: float, model: str) -> Table:
    rows = [("Mean of the invented patients", "", f"{base:.2f}")]
    rows += [(share.label, share.value, f"{share.percent:+.2f}") for share in estimate.shares]
    rows += [("Figure for this patient", "", f"{estimate.percent:.2f}")]
    columns = ("Marker", "Value", "Percent points")
    return Table(f"Shares of the figure of {model}", columns, tuple(rows), numeric=(2,))
