"""Survival curves: Kaplan-Meier, the censoring distribution, and weights for what was censored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.risk.patients import Floats

Bools = NDArray[np.bool_]
NORMAL_975 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Curve:
    """A step function: `survival[i]` from `times[i]` on, 1 before; `variance` is Greenwood's sum."""

    times: Floats
    survival: Floats
    variance: Floats

    def at(self, when: Floats | float) -> Floats:
        """Survival at these times, steps at the times included."""
        return self._read(self.survival, 1.0, np.searchsorted(self.times, when, side="right"))

    def before(self, when: Floats | float) -> Floats:
        """Survival just before these times."""
        return self._read(self.survival, 1.0, np.searchsorted(self.times, when, side="left"))

    def limits(self, when: float) -> tuple[float, float]:
        """95 % limits at one time, on the scale of log(-log)."""
        value = float(self.at(when))
        spread = float(self._read(self.variance, 0.0, np.searchsorted(self.times, when, side="right")))
        if not 0 < value < 1:
            return value, value
        half = NORMAL_975 * np.sqrt(spread) / abs(np.log(value))
        return float(value ** np.exp(half)), float(value ** np.exp(-half))

    @staticmethod
    def _read(steps: Floats, start: float, found: NDArray[np.intp] | np.intp) -> Floats:
        return np.concatenate([[start], steps])[found]


def kaplan_meier(time: Floats, event: Bools) -> Curve:
    """The product-limit estimate; patients censored at a time count as at risk at that time."""
    times = np.unique(time)
    at_risk = time.size - np.searchsorted(np.sort(time), times, side="left")
    deaths = np.bincount(np.searchsorted(times, time[event]), minlength=times.size)
    return _product(times, at_risk, deaths)


def censoring(time: Floats, event: Bools) -> Curve:
    """The same for being censored; where both fall on one time, events come first."""
    times = np.unique(time)
    at_risk = time.size - np.searchsorted(np.sort(time), times, side="left")
    deaths = np.bincount(np.searchsorted(times, time[event]), minlength=times.size)
    lost = np.bincount(np.searchsorted(times, time[~event]), minlength=times.size)
    return _product(times, at_risk - deaths, lost)


def _product(times: Floats, at_risk: NDArray[np.integer], gone: NDArray[np.integer]) -> Curve:
    n, d = at_risk.astype(np.float64), gone.astype(np.float64)
    left = np.divide(n - d, n, out=np.ones_like(n), where=n > 0)
    terms = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    return Curve(times, np.asarray(np.cumprod(left)), np.asarray(np.cumsum(terms)))


def weights(time: Floats, event: Bools, horizon: float) -> Floats:
    """Inverse probability of censoring weights for a horizon, mean near 1.

    Weight 0 where a patient was censored before the horizon: the others stand in for them.
    """
    curve = censoring(time, event)
    had_event = event & (time <= horizon)
    reached = time > horizon
    chance = np.where(had_event, curve.before(time), curve.at(horizon))
    return np.divide(1.0, chance, out=np.zeros_like(time), where=(had_event | reached) & (chance > 0))


def risk_by(time: Floats, event: Bools, horizon: float) -> float:
    """Share that had the event by the horizon, by Kaplan-Meier."""
    return 1.0 - float(kaplan_meier(time, event).at(horizon))
