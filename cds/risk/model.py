"""A risk model in use: predictions with intervals, abstentions by reason code, and explanations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cds.risk.declaration import Declaration
from cds.risk.estimators import Boosted, Fitted
from cds.risk.explain import MAX_EXACT, TOLERANCE, Shares, exact_shares, tree_shares
from cds.risk.features import encode, required
from cds.risk.invented import Input
from cds.risk.manifest import Manifest
from cds.risk.patients import Floats, Patients, is_unknown

#: Values seen in fewer training patients than this are outside the training range.
SEEN = 5


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
        """A prediction for each patient; `in_population` where the cohort's outcomes vouch for it."""
        reasons = [list(self._reasons(patients, row, in_population)) for row in range(len(patients))]
        x = self.encoded(patients)
        percent = self.percent(patients)
        limits = self._limits(x)
        return [
            Prediction(None, abstains=tuple(why))
            if why
            else Prediction(float(p), *limit, (), _saturated(float(p)))
            for why, p, limit in zip(reasons, percent, limits, strict=True)
        ]

    def _limits(self, x: Floats) -> list[tuple[float | None, float | None]]:
        """95 % percentile interval of the refits; none for a model that was imported without any."""
        if not self.refits:
            return [(None, None)] * len(x)
        spread = np.array([100 * refit.risk(x) for refit in self.refits])
        low, high = np.quantile(spread, (0.025, 0.975), axis=0)
        return [(round(float(lo), 9), round(float(hi), 9)) for lo, hi in zip(low, high, strict=True)]

    def _reasons(self, patients: Patients, row: int, in_population: bool) -> Iterator[str]:
        """Why the model can't speak of a patient, most general first."""
        one = patients.take(np.array([row]))
        for marker, values in () if in_population else self.declaration.applies_to.items():
            column = one.columns[marker]
            if is_unknown(column)[0]:
                yield f"population_not_known:{marker}"
            elif column[0] not in values:
                yield f"outside_population:{marker}"
        missing = required(self.declaration.features, one)
        yield from (f"not_known:{marker}" for marker, mask in missing.items() if mask[0])
        yield from (code for each in self.inputs if (code := _outside(each, one)))

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


def _outside(each: Input, one: Patients) -> str | None:
    column = one.columns[each.marker]
    if is_unknown(column)[0]:
        # Missing where it never was missing in training is a new situation for an indicator.
        return None
    if each.is_number:
        low, high = each.quartiles[0], each.quartiles[-1]
        return None if low <= column[0] <= high else f"outside_range:{each.marker}"
    if each.counts.get(column[0], 0) >= SEEN:
        return None
    return f"hardly_seen:{each.marker}"


def _saturated(percent: float) -> tuple[str, ...]:
    return () if 0.1 < percent < 99.9 else ("saturated",)
