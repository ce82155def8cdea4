"""Cox regression with a ridge penalty: Newton's method, Efron's handling of ties.

Held to lifelines at each training and to lifelines and scikit-survival in the tests; it is here
because resampling needs thousands of fits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.risk.metrics import Observed
from cds.risk.patients import Floats


@dataclass(frozen=True, eq=False)
class _Sets:
    """Patients by falling time, and for each event where its risk set ends and its share of ties."""

    order: NDArray[np.intp]
    rows: NDArray[np.intp]
    ends: NDArray[np.intp]
    share: Floats
    group: NDArray[np.intp]
    groups: int


def _sets(seen: Observed) -> _Sets:
    order = np.argsort(-seen.time, kind="stable")
    time, event = seen.time[order], seen.event[order]
    rows = np.flatnonzero(event)
    ends = np.searchsorted(-time, -time[rows], side="right") - 1
    _, group, counts = np.unique(time[rows], return_inverse=True, return_counts=True)
    within = np.zeros(rows.size)
    for value in np.flatnonzero(counts > 1):
        within[group == value] = np.arange(counts[value])
    return _Sets(order, rows, ends, within / counts[group], group, counts.size)


def fit_cox(x: Floats, seen: Observed, penalty: float) -> Floats:
    """Coefficients that maximise mean log partial likelihood - penalty/2 x their squared sum.

    A fit that does not settle in 60 steps returns its last state, which the penalty keeps finite.
    """
    sets, n = _sets(seen), len(seen)
    x = x[sets.order]
    b = np.zeros(x.shape[1])
    value, slope, curve = _likelihood(x, b, sets, n, penalty)
    for _ in range(60):
        step = np.linalg.solve(curve + 1e-10 * np.eye(b.size), slope)
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
        for _ in range(30):
            found = _likelihood(x, b + step, sets, n, penalty)
            if found[0] >= value - 1e-12:
                break
            step = step / 2
        b = b + step
        value, slope, curve = found
    return b


def _likelihood(x: Floats, b: Floats, sets: _Sets, n: int, penalty: float) -> tuple[float, Floats, Floats]:
    """Penalised mean log partial likelihood, its gradient and minus its Hessian."""
    eta = x @ b
    top = eta.max(initial=0.0)
    r = np.exp(eta - top)
    rx = r[:, None] * x
    rxx = rx[:, :, None] * x[:, None, :]
    s0, s1, s2 = (_at_risk(part, sets) for part in (r, rx, rxx))
    mean = s1 / s0[:, None]
    value = (eta[sets.rows] - top - np.log(s0)).sum() / n - penalty / 2 * float(b @ b)
    slope = (x[sets.rows] - mean).sum(axis=0) / n - penalty * b
    curve = (s2 / s0[:, None, None] - mean[:, :, None] * mean[:, None, :]).sum(axis=0) / n
    return float(value), slope, curve + penalty * np.eye(b.size)


def _at_risk(part: Floats, sets: _Sets) -> Floats:
    """Sums over each event's risk set, less Efron's share of those who share its time."""
    total = np.cumsum(part, axis=0)[sets.ends]
    if not sets.share.any():
        return np.asarray(total)
    tied = np.zeros((sets.groups, *part.shape[1:]))
    np.add.at(tied, sets.group, part[sets.rows])
    share = sets.share.reshape(-1, *([1] * (part.ndim - 1)))
    return np.asarray(total - share * tied[sets.group])


def baseline_hazard(eta: Floats, seen: Observed, horizon: float) -> float:
    """Breslow's cumulative hazard by the horizon for a patient with score 0."""
    order = np.argsort(-seen.time, kind="stable")
    time, r = seen.time[order], np.exp(eta[order])
    ends = np.searchsorted(-time, -time, side="right") - 1
    counted = seen.event[order] & (time <= horizon)
    return float((1.0 / np.cumsum(r)[ends][counted]).sum())
