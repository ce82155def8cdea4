"""Explanations: how much each marker moves a predicted percentage away from the background's mean.

Shapley values over markers (all columns of one marker together), against stored invented
patients: exact by enumeration up to 12 markers, else interventional TreeSHAP for trees. Base and
shares add up to the prediction within 1e-9.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cds.errors import Fault, ModelError
from cds.risk.estimators import Boosted, in_single
from cds.risk.patients import Floats, Patients

MAX_EXACT = 12
TOLERANCE = 1e-9
#: What TreeSHAP's single precision may leave, in percent points.
RESIDUE = 1e-4
Predict = Callable[[Patients], Floats]


@dataclass(frozen=True, eq=False)
class Shares:
    """Percent points by marker; `base` is the mean prediction of the background."""

    base: float
    markers: tuple[str, ...]
    percent: Floats

    @property
    def total(self) -> float:
        """Base and shares together: the prediction."""
        return self.base + math.fsum(self.percent)


def exact_shares(
    predict: Predict, patients: Patients, background: Patients, markers: Sequence[str]
) -> Shares:
    """Shapley values of the one patient in `patients`; `predict` gives percent.

    2 to the power of markers times the background's size predictions are made.
    """
    if len(markers) > MAX_EXACT:
        raise ValueError(f"more than {MAX_EXACT} markers can't be enumerated")
    values = coalition_values(predict, patients, background, markers)
    k = len(markers)
    sizes = np.array([bin(mask).count("1") for mask in range(2**k)])
    weight = np.array([math.factorial(s) * math.factorial(k - s - 1) / math.factorial(k) for s in range(k)])
    masks = np.arange(2**k)
    percent = np.empty(k)
    for place in range(k):
        without = masks[(masks >> place) & 1 == 0]
        gains = values[without | (1 << place)] - values[without]
        percent[place] = math.fsum(weight[sizes[without]] * gains)
    return Shares(float(values[0]), tuple(markers), percent)


def coalition_values(
    predict: Predict, patients: Patients, background: Patients, markers: Sequence[str]
) -> Floats:
    """Mean prediction for each subset of markers taken from the patient, the others from the background."""
    n, k = len(background), len(markers)
    rows = np.tile(np.arange(n), 2**k)
    masks = np.repeat(np.arange(2**k), n)
    columns = {}
    for place, marker in enumerate(markers):
        taken = (masks >> place) & 1 == 1
        columns[marker] = np.where(taken, patients.columns[marker][0], background.columns[marker][rows])
    mixed = Patients(("",) * rows.size, columns)
    return np.array([math.fsum(part) / n for part in predict(mixed).reshape(2**k, n)])


def tree_shares(
    boosted: Boosted, x: Floats, background: Floats, owners: Sequence[str], markers: Sequence[str]
) -> list[Shares]:
    """Interventional TreeSHAP of many rows of columns, joined by the marker that owns each column.

    On the percent scale the library turns margins into shares pair by pair, which adds up but is
    not quite a Shapley value. It sums in single precision; what that leaves (under `RESIDUE`
    percent points, or ModelError) goes to the largest share.
    """
    import shap

    x, background = in_single(x), in_single(background)
    explainer = shap.TreeExplainer(
        boosted.trees, background, feature_perturbation="interventional", model_output="probability"
    )
    found = 100 * np.asarray(explainer.shap_values(x, check_additivity=False))
    base = 100 * math.fsum(boosted.risk(background)) / len(background)
    places = [[at for at, owner in enumerate(owners) if owner == marker] for marker in markers]
    joined = np.array([[math.fsum(row[place]) for place in places] for row in found])
    for percent, risk in zip(joined, boosted.risk(x), strict=True):
        residue = 100 * risk - base - math.fsum(percent)
        if not abs(residue) <= RESIDUE:
            fault = Fault("TreeSHAP", f"shares miss the figure by {residue:.2g} percent points")
            raise ModelError("The model can't be explained", [fault])
        percent[np.abs(percent).argmax()] += residue
    return [Shares(base, tuple(markers), percent) for percent in joined]
