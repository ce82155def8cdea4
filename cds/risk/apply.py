"""A model over a whole cohort: one row for each patient (and regimen), shares on request."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cds.risk.explain import MAX_EXACT
from cds.risk.model import Prediction, RiskModel
from cds.risk.patients import Patients

Cell = str | float | None
#: Predictions per second of a linear model on one core, measured; only for the estimate told.
PREDICTIONS_PER_SECOND = 2_000_000


def columns(model: RiskModel, explain: bool) -> tuple[str, ...]:
    """The header: shares only on request."""
    shares = ("base", *(f"share_{each.marker}" for each in model.inputs)) if explain else ()
    return ("id", "model", "option", "percent", "low", "high", "abstains", *shares)


def cost(model: RiskModel, patients: int) -> str:
    """What explaining a cohort costs, in words."""
    markers, options = len(model.inputs), len(_options(model))
    if markers > MAX_EXACT:
        return f"Explaining {patients:,} patients by TreeSHAP: about 1 ms each"
    each = 2**markers * len(model.background) * options
    seconds = patients * each / PREDICTIONS_PER_SECOND
    return (
        f"Explaining {patients:,} patients: {each:,} predictions each, about {max(seconds, 1):,.0f} s in all"
    )


def rows(model: RiskModel, patients: Patients, explain: bool) -> Iterator[tuple[Cell, ...]]:
    """Patients in order for each option; None where the model abstains or has no interval."""
    width = len(columns(model, explain))
    for option in _options(model):
        given = patients if option is None else patients.receiving(option)
        for row, prediction in enumerate(model.predict(given)):
            shares = _shares(model, given, row) if explain and not prediction.abstains else ()
            cells = (patients.ids[row], model.manifest.name, option or "", *_cells(prediction), *shares)
            yield (*cells, *[None] * (width - len(cells)))


def _options(model: RiskModel) -> tuple[str | None, ...]:
    points = model.declaration.points
    return points.options if points is not None else (None,)


def _cells(prediction: Prediction) -> tuple[Cell, ...]:
    return (prediction.percent, prediction.low, prediction.high, "; ".join(prediction.abstains))


def _shares(model: RiskModel, patients: Patients, row: int) -> tuple[float, ...]:
    found = model.explain(patients.take(np.array([row])))[0]
    return (found.base, *(float(share) for share in found.percent))
