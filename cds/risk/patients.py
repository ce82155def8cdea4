"""Patients as a risk model sees them: the values of its markers, and the regimen received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cds.cohort import Column
from cds.rulebook.book import Rulebook

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
#: The pseudo-marker of a per-option model: the id of the option that was given.
REGIMEN = "regimen"


@dataclass(frozen=True, eq=False)
class Patients:
    """Columns of values by marker: words or None for a category, numbers or NaN for a number."""

    ids: tuple[str, ...]
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        """Number of patients."""
        return len(self.ids)

    def take(self, rows: Rows) -> Patients:
        """These patients, in this order."""
        ids = tuple(self.ids[row] for row in rows)
        return Patients(ids, {name: column[rows] for name, column in self.columns.items()})

    def receiving(self, option: str) -> Patients:
        """The same patients, each with this option."""
        return Patients(self.ids, {**self.columns, REGIMEN: words([option] * len(self))})

    def is_unknown(self, marker: str) -> NDArray[np.bool_]:
        """Where a marker is not known."""
        return is_unknown(self.columns[marker])


def words(values: Iterable[str | None]) -> Column:
    """A column of words."""
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


def is_unknown(column: Column) -> NDArray[np.bool_]:
    """Where a column holds nothing."""
    if column.dtype == object:
        return np.array([value is None for value in column], dtype=bool)
    return np.isnan(column)


def patients_of(
    columns: Mapping[str, Column],
    book: Rulebook,
    markers: Iterable[str],
    ids: Iterable[str],
    tells_nothing: Mapping[str, Iterable[str]] | None = None,
) -> Patients:
    """The values of some markers from cohort columns (after derivation); absent columns are unknown.

    Values in `tells_nothing` (by marker) count as not known: "not assessed" is no finding.
    """
    names = tuple(ids)
    found: dict[str, Column] = {}
    for name in markers:
        marker = book.marker[name]
        if marker.type == "number":
            found[name] = np.asarray(columns.get(name, np.full(len(names), np.nan)), dtype=np.float64)
        else:
            # An unknown cell is -1 and so picks the last word, which is None.
            codes = np.asarray(columns.get(name, np.full(len(names), -1)), dtype=np.intp)
            nothing = set((tells_nothing or {}).get(name, ()))
            said = [None if value in nothing else value for value in marker.values]
            found[name] = words([*said, None])[codes]
    return Patients(names, found)


def from_rows(rows: Iterable[Mapping[str, Any]], numbers: Iterable[str]) -> Patients:
    """Invented patients written as mappings; `numbers` are the markers that hold numbers."""
    listed, numeric = list(rows), set(numbers)
    names = dict.fromkeys(name for row in listed for name in row)
    columns: dict[str, Column] = {}
    for name in names:
        values = [row.get(name) for row in listed]
        if name in numeric:
            columns[name] = np.array([np.nan if value is None else float(value) for value in values])
        else:
            columns[name] = words(values)
    return Patients(tuple(str(at) for at in range(1, len(listed) + 1)), columns)


def as_rows(patients: Patients) -> list[dict[str, Any]]:
    """The same patients as mappings of known values."""
    unknown = {name: patients.is_unknown(name) for name in patients.columns}
    return [
        {
            name: column[row] if column.dtype == object else float(column[row])
            for name, column in patients.columns.items()
            if not unknown[name][row]
        }
        for row in range(len(patients))
    ]
