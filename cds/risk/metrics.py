"""Figures of performance for a predicted risk; all allow for censoring, higher risk is worse.

`risk` is the predicted chance of the event by the horizon, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from cds.risk.patients import Floats
from cds.risk.survival import Bools, kaplan_meier, risk_by, weights

EDGE = 1e-6


@dataclass(frozen=True, eq=False)
class Observed:
    """What happened: time in months, and whether it ended with the event."""

    time: Floats
    event: Bools

    def take(self, rows: np.typing.NDArray[np.intp]) -> Observed:
        """These patients, in this order."""
        return Observed(self.time[rows], self.event[rows])

    def __len__(self) -> int:
        """Number of patients."""
        return int(self.time.size)


def c_index(seen: Observed, risk: Floats) -> float:
    """Harrell's C: share of comparable pairs in which who had the event earlier had the higher risk.

    Ties in risk count half. A pair counts if the earlier time is an event, or the times are equal
    and one of them is. NaN if no pair counts.
    """
    right = tied = pairs = 0.0
    for at in np.flatnonzero(seen.event):
        later = (seen.time > seen.time[at]) | ((seen.time == seen.time[at]) & ~seen.event)
        others = risk[later]
        same = np.abs(others - risk[at]) <= 1e-8
        right += np.count_nonzero((others < risk[at]) & ~same)
        tied += np.count_nonzero(same)
        pairs += others.size
    return (right + tied / 2) / pairs if pairs else float("nan")


def auc(seen: Observed, risk: Floats, horizon: float) -> float:
    """Area under the ROC curve at a time: who had the event by then against who was beyond it."""
    weight = weights(seen.time, seen.event, horizon)
    cases, controls = seen.event & (seen.time <= horizon), seen.time > horizon
    if not cases.any() or not controls.any():
        return float("nan")
    lower = risk[cases][:, None] - risk[controls][None, :]
    wins = (lower > 0) + 0.5 * (lower == 0)
    w = weight[cases]
    return float((wins.mean(axis=1) * w).sum() / w.sum())


def brier(seen: Observed, risk: Floats, horizon: float) -> float:
    """Weighted mean squared error at the horizon: 0 is perfect."""
    weight = weights(seen.time, seen.event, horizon)
    happened = (seen.event & (seen.time <= horizon)).astype(np.float64)
    return float((weight * (happened - risk) ** 2).mean())


def brier_without_model(seen: Observed, horizon: float) -> float:
    """The Brier score of telling everybody the Kaplan-Meier risk."""
    return brier(seen, np.full(len(seen), risk_by(seen.time, seen.event, horizon)), horizon)


def calibration(seen: Observed, risk: Floats, horizon: float) -> tuple[float, float]:
    """Slope (1 is ideal, below 1 too extreme) and intercept with slope 1 (0 is ideal, above 0 too low)."""
    weight = weights(seen.time, seen.event, horizon)
    happened = (seen.event & (seen.time <= horizon)).astype(np.float64)
    score = np.asarray(logit(np.clip(risk, EDGE, 1 - EDGE)))
    slope = _newton(np.column_stack([np.ones_like(score), score]), happened, weight, np.zeros_like(score))
    level = _newton(np.ones((score.size, 1)), happened, weight, score)
    return float(slope[1]), float(level[0])


def _newton(x: Floats, y: Floats, weight: Floats, offset: Floats) -> Floats:
    """Weighted logistic regression; NaN where it does not settle (separation, or no spread)."""
    b = np.zeros(x.shape[1])
    for _ in range(50):
        p = expit(offset + x @ b)
        curvature = x.T @ (x * (weight * p * (1 - p))[:, None])
        if not np.isfinite(curvature).all() or np.linalg.cond(curvature) > 1e12:
            break
        step = np.linalg.solve(curvature, x.T @ (weight * (y - p)))
        b = b + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-9:
            return np.asarray(b)
    return np.full(x.shape[1], np.nan)


def all_figures(seen: Observed, risk: Floats, horizon: float, times: Iterable[float]) -> dict[str, float]:
    """Every figure by name; `times` are the months at which the area under the curve is taken."""
    score, plain = brier(seen, risk, horizon), brier_without_model(seen, horizon)
    slope, intercept = calibration(seen, risk, horizon)
    observed = risk_by(seen.time, seen.event, horizon)
    found = {"c_index": c_index(seen, risk)}
    found |= {f"auc_{when:g}": auc(seen, risk, when) for when in times}
    return found | {
        "brier": score,
        "brier_without_model": plain,
        "brier_scaled": 1 - score / plain if plain else float("nan"),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "observed_to_expected": observed / float(risk.mean()),
    }


@dataclass(frozen=True)
class Group:
    """Patients of like predicted risk: mean prediction and what happened, with 95 % limits."""

    n: int
    events: int
    predicted: float
    observed: float
    low: float
    high: float


def calibration_groups(seen: Observed, risk: Floats, horizon: float, wanted: int) -> list[Group]:
    """Groups of about equal size by predicted risk; equal predictions stay together."""
    edges = np.quantile(risk, np.linspace(0, 1, wanted + 1)[1:-1])
    place = np.searchsorted(np.unique(edges), risk, side="left")
    return [_group(seen.take(rows), risk[rows], horizon) for rows in _members(place)]


def _members(place: np.typing.NDArray[np.intp]) -> list[np.typing.NDArray[np.intp]]:
    return [np.flatnonzero(place == value) for value in np.unique(place)]


def _group(seen: Observed, risk: Floats, horizon: float) -> Group:
    curve = kaplan_meier(seen.time, seen.event)
    low, high = curve.limits(horizon)
    by_then = int((seen.event & (seen.time <= horizon)).sum())
    survived = float(curve.at(horizon))
    return Group(len(seen), by_then, float(risk.mean()), 1 - survived, 1 - high, 1 - low)


def net_benefit(seen: Observed, risk: Floats, horizon: float, threshold: float) -> float:
    """Net benefit of acting from a threshold on, per patient (Vickers; events by Kaplan-Meier)."""
    chosen = risk >= threshold
    if not chosen.any():
        return 0.0
    share, had = float(chosen.mean()), risk_by(seen.time[chosen], seen.event[chosen], horizon)
    return share * (had - (1 - had) * threshold / (1 - threshold))


def net_benefit_of_all(seen: Observed, horizon: float, threshold: float) -> float:
    """Net benefit of acting in everybody."""
    had = risk_by(seen.time, seen.event, horizon)
    return had - (1 - had) * threshold / (1 - threshold)
