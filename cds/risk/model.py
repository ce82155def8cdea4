"""A risk model in use: predictions with intervals, abstentions by reason code, and explanations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cds.cohort import Column
from cds.risk.declaration import Declaration
from cds.risk.estimators import Boosted, Fitted
from cds.risk.explain import MAX_EXACT, TOLERANCE, Shares, exact_shares, tree_shares
from cds.risk.features import Mask, encode, is_one_of, required
from cds.risk.invented import Input
from cds.risk.manifest import Manifest
from cds.risk.patients import Floats, Patients, is_unknown

#: Values seen in fewer training patients than this are outside the training range.
SEEN = 5
#: Percent points from 0 or 100 within which a figure counts as next to it.
NEAR = 0.1


@dataclass(frozen=True)
class Prediction:
    """One patient's risk in percent with its 95 % interval, or the codes of why there is none.

    `flags` name what is unusual though the model answers. Codes are `word` or `word:marker`.
    """

    percent: float | None
    low: float | None = None
    high: float | None = None
    abstains: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Predictions:
    """Risks of many patients in percent with 95 % limits, NaN where there is none.

    `reasons` tell by code of whom the model does not speak; a code may concern nobody.
    """

    percent: Floats
    low: Floats
    high: Floats
    reasons: Mapping[str, Mask]

    @property
    def speaks(self) -> Mask:
        """Of whom the model speaks."""
        return ~np.isnan(self.percent)

    @property
    def saturated(self) -> Mask:
        """Whose figure is next to 0 or 100."""
        return self.speaks & ~((self.percent > NEAR) & (self.percent < 100 - NEAR))

    def of(self, some: Mask) -> Predictions:
        """Those of some patients; of the others nothing is said."""
        percent, low, high = (np.where(some, part, np.nan) for part in (self.percent, self.low, self.high))
        reasons = {code: where & some for code, where in self.reasons.items()}
        return Predictions(percent, low, high, reasons)

    def each(self) -> list[Prediction]:
        """The same patient by patient."""
        limits = (_none_if_nan(part) for part in (self.percent, self.low, self.high))
        flags = [("saturated",) if near else () for near in self.saturated]
        return [
            Prediction(
                percent, low, high, tuple(code for code, where in self.reasons.items() if where[row]), flag
            )
            for row, (percent, low, high, flag) in enumerate(zip(*limits, flags, strict=True))
        ]


def _none_if_nan(numbers: Floats) -> list[float | None]:
    return [None if math.isnan(number) else number for number in numbers.tolist()]


@dataclass(frozen=True, eq=False)
class RiskModel:
    """A loaded model; `digest` identifies its manifest, `refits` are the models of the bootstrap.

    `validity` tells its C-index inside and outside in one sentence.
    """

    manifest: Manifest
    fitted: Fitted
    refits: tuple[Fitted, ...]
    background: Patients
    digest: str = ""
    validity: str = ""

    @property
    def declaration(self) -> Declaration:
        """What was declared before training."""
        return self.manifest.declaration

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The markers the model reads, and the regimen if it does."""
        return self.manifest.inputs

    def percent(self, patients: Patients) -> Floats:
        """Risk in percent, to 9 decimals; NaN where a value that has to be known is not."""
        return np.round(self._percent(patients), 9)

    def _percent(self, patients: Patients) -> Floats:
        return 100 * self.fitted.risk(self.encoded(patients))

    def encoded(self, patients: Patients) -> Floats:
        """The matrix the model was fitted to, for these patients."""
        return encode(self.declaration.features, patients)

    def predict(self, patients: Patients, in_population: bool = False) -> list[Prediction]:
        """A prediction for each patient; see `predict_all`."""
        return self.predict_all(patients, in_population).each()

    def predict_all(self, patients: Patients, in_population: bool = False) -> Predictions:
        """Predictions of many patients; `in_population` where the cohort's outcomes vouch for it."""
        reasons: dict[str, Mask] = {}
        for code, where in self._reasons(patients, in_population):
            reasons[code] = reasons.get(code, False) | where
        speaks = ~np.logical_or.reduce([np.zeros(len(patients), dtype=bool), *reasons.values()])
        # Few patients differ in what a model reads: each row that occurs is computed once.
        x, row = np.unique(self.encoded(patients), axis=0, return_inverse=True)
        percent = np.round(100 * self.fitted.risk(x), 9)[row.reshape(-1)]
        low, high = (limit[row.reshape(-1)] for limit in self._limits(x))
        reasons["no_figure"] = speaks & ~np.isfinite(percent)
        speaks = speaks & ~reasons["no_figure"]
        percent, low, high = (np.where(speaks, part, np.nan) for part in (percent, low, high))
        return Predictions(percent, low, high, reasons)

    def _limits(self, x: Floats) -> tuple[Floats, Floats]:
        """95 % percentile interval of the refits; NaN for a model that was imported without any."""
        if not self.refits or not len(x):
            return np.full(len(x), np.nan), np.full(len(x), np.nan)
        spread = np.array([100 * refit.risk(x) for refit in self.refits])
        low, high = np.quantile(spread, (0.025, 0.975), axis=0)
        return np.round(low, 9), np.round(high, 9)

    def _reasons(self, patients: Patients, in_population: bool) -> Iterator[tuple[str, Mask]]:
        """Why the model can't speak, and of whom; most general first."""
        for marker, values in () if in_population else self.declaration.applies_to.items():
            unknown = patients.is_unknown(marker)
            yield f"population_not_known:{marker}", unknown
            yield f"outside_population:{marker}", ~unknown & ~is_one_of(patients.columns[marker], values)
        for marker, where in required(self.declaration.features, patients).items():
            yield f"not_known:{marker}", where
        for each in self.inputs:
            yield _outside(each, patients.columns[each.marker])

    def explain(self, patients: Patients) -> list[Shares]:
        """Shares of each patient's percentage; every patient must be one the model speaks of."""
        players = tuple(each.marker for each in self.inputs)
        if len(players) > MAX_EXACT and isinstance(self.fitted, Boosted):
            owners = [f.marker for f in self.declaration.features for _ in f.columns]
            background = self.encoded(self.background)
            return tree_shares(self.fitted, self.encoded(patients), background, owners, players)
        rows = (patients.take(np.array([row])) for row in range(len(patients)))
        return [exact_shares(self._percent, row, self.background, players) for row in rows]

    def add_up(self, shares: Shares, percent: float) -> bool:
        """Whether base and shares give the prediction."""
        return math.isfinite(shares.total) and abs(shares.total - percent) <= TOLERANCE


def _outside(each: Input, column: Column) -> tuple[str, Mask]:
    """Where a value lies outside what training held; an unknown value does not."""
    known = ~is_unknown(column)
    if each.is_number:
        low, high = each.quartiles[0], each.quartiles[-1]
        return f"outside_range:{each.marker}", known & ~((low <= column) & (column <= high))
    seen = [value for value, count in each.counts.items() if count >= SEEN]
    return f"hardly_seen:{each.marker}", known & ~is_one_of(column, seen)
