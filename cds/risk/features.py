"""Features: declared columns made of markers. What is missing stays missing and is told.

`missing` says what an unknown marker does: `abstain` (no prediction, and no training row),
`indicator` (0 and a column of its own), `impute` (the training mean, taken inside each fold)
or `native` (left to the estimator, boosting only).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from cds.risk.patients import REGIMEN, Floats, Patients
from cds.rulebook.base import Id, MarkerId, Record, Text
from cds.rulebook.markers import Decimal

Mask = NDArray[np.bool_]


class Feature(Record):
    """One column: a set of values, a cut, or a scaled number of a marker.

    `any_of`: 1 where the value is one of these. `at_least`: 1 from this number on.
    `per` (with `centre`): (value - centre) / per. With `options` it counts for these regimens
    only and is 0 for the others.
    """

    id: MarkerId
    label: Text
    marker: MarkerId
    any_of: tuple[Text, ...] = ()
    at_least: Decimal | None = None
    centre: Decimal = 0.0
    per: Decimal | None = Field(default=None, gt=0)
    options: tuple[Id, ...] = ()
    missing: Literal["abstain", "indicator", "impute", "native"]
    note: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Feature:
        ways = [bool(self.any_of), self.at_least is not None, self.per is not None]
        if sum(ways) != 1:
            raise ValueError("a feature has one of any_of, at_least and per")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it makes."""
        return (self.id, f"{self.id}_unknown") if self.missing == "indicator" else (self.id,)

    @property
    def is_number(self) -> bool:
        """Whether it reads a number."""
        return not self.any_of

    def counted(self, patients: Patients) -> Mask:
        """Where it counts: everywhere, or for its regimens only."""
        if not self.options:
            return np.ones(len(patients), dtype=bool)
        return is_one_of(patients.columns[REGIMEN], self.options)

    def values(self, patients: Patients) -> Floats:
        """The column, NaN where the marker is not known and counts."""
        column = patients.columns[self.marker]
        if self.any_of:
            made = is_one_of(column, self.any_of).astype(np.float64)
        elif self.at_least is not None:
            made = (column >= self.at_least).astype(np.float64)
        else:
            made = (column - self.centre) / (self.per or 1.0)
        made[patients.is_unknown(self.marker)] = np.nan
        return np.where(self.counted(patients), made, 0.0)


def is_one_of(column: NDArray[np.object_], wanted: Iterable[str]) -> Mask:
    """Where a column of words holds one of these."""
    chosen = set(wanted)
    return np.array([value in chosen for value in column], dtype=bool)


def names(features: Iterable[Feature]) -> tuple[str, ...]:
    """Names of all columns, in order; their number is the number of parameters."""
    return tuple(name for feature in features for name in feature.columns)


def markers_of(features: Iterable[Feature]) -> tuple[str, ...]:
    """The markers that are read (with the regimen, if it is), each once."""
    listed = list(features)
    read = [feature.marker for feature in listed]
    return tuple(dict.fromkeys([*read, *(REGIMEN for feature in listed if feature.options)]))


def encode(features: Sequence[Feature], patients: Patients) -> Floats:
    """The matrix of patients x columns; NaN is left where no indicator stands for it."""
    columns: list[Floats] = []
    for feature in features:
        values = feature.values(patients)
        if feature.missing == "indicator":
            unknown = np.isnan(values)
            columns += [np.where(unknown, 0.0, values), unknown.astype(np.float64)]
        else:
            columns.append(values)
    return np.column_stack(columns) if columns else np.zeros((len(patients), 0))


def imputed(features: Iterable[Feature]) -> Mask:
    """The columns whose gaps are filled with a mean."""
    return np.array(
        [feature.missing == "impute" for feature in features for _ in feature.columns], dtype=bool
    )


def required(features: Iterable[Feature], patients: Patients) -> dict[str, Mask]:
    """For each marker that must be known: where it is not."""
    missing: dict[str, Mask] = {}
    for feature in features:
        if feature.missing == "abstain":
            gone = patients.is_unknown(feature.marker) & feature.counted(patients)
            missing[feature.marker] = missing.get(feature.marker, np.zeros_like(gone)) | gone
    return missing
