"""A cohort: one typed column for each marker. One patient is a cohort of one.

Category columns hold indexes into the marker's declared values (-1 unknown), number columns
hold the canonical unit (NaN unknown), drug columns hold indexes into `drug_lists` (-1 unknown).
A marker without a column is unknown for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.wording import printed

Column = NDArray[Any]
UNKNOWN = -1


@dataclass(frozen=True, order=True)
class DrugUse:
    """A drug on a list, with what became of it (`progressed`, `stopped_for_toxicity`, ...)."""

    drug: str
    outcome: str | None = None

    def __str__(self) -> str:
        """`sorafenib: progressed`, as in a CSV cell."""
        return f"{self.drug}: {self.outcome}" if self.outcome else self.drug


Drugs = tuple[DrugUse, ...]
#: A known value: a category's value, a number in the canonical unit, or a drug list.
Value = str | float | Drugs
#: One patient: marker id -> known value; a marker that is absent is unknown.
Profile = Mapping[str, Value]


def plain(value: Value) -> str:
    """A value as it stands in a CSV cell."""
    if isinstance(value, tuple):
        return "; ".join(str(use) for use in value) or "none"
    return f"{value:.12g}" if isinstance(value, (int, float)) else value


@dataclass(frozen=True, eq=False)
class Cohort:
    """N patients as a typed column table; see the module for what columns hold."""

    ids: Sequence[str]
    columns: Mapping[str, Column]
    drug_lists: Mapping[str, tuple[Drugs, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of patients."""
        return len(self.ids)

    def part(self, start: int, stop: int) -> Cohort:
        """The patients from `start` up to, not including, `stop`."""
        columns = {name: column[start:stop] for name, column in self.columns.items()}
        return Cohort(self.ids[start:stop], columns, self.drug_lists)

    def value(self, marker: Marker, row: int) -> Value | None:
        """The entered value of a marker for one patient; None if unknown."""
        column = self.columns.get(marker.id)
        return None if column is None else decode(marker, column[row], self.drug_lists.get(marker.id, ()))


def decode(marker: Marker, cell: Any, drug_lists: Sequence[Drugs] = ()) -> Value | None:
    """The value a cell of a column stands for; None if unknown."""
    if marker.type == "number":
        return None if np.isnan(cell) else float(cell)
    if cell == UNKNOWN:
        return None
    return drug_lists[int(cell)] if marker.type == "drugs" else tuple(marker.values)[int(cell)]


def unknown_column(marker: Marker, n: int) -> Column:
    """A column of `n` unknown cells of the marker's type."""
    if marker.type == "number":
        return np.full(n, np.nan)
    return np.full(n, UNKNOWN, dtype=np.int32 if marker.type == "drugs" else np.int8)


def cohort_from_profiles(book: Rulebook, profiles: Iterable[Profile], ids: Iterable[str] = ()) -> Cohort:
    """Build a cohort of patients; ids default to 1, 2, 3 ...

    Values are taken as they are: intake has checked them. KeyError for an unknown marker,
    ValueError for a category value that the marker does not declare.
    """
    rows = list(profiles)
    names = tuple(ids) or tuple(str(number) for number in range(1, len(rows) + 1))
    columns: dict[str, Column] = {}
    lists: dict[str, dict[Drugs, int]] = {}
    for row, profile in enumerate(rows):
        for marker_id, value in profile.items():
            marker = book.marker[marker_id]
            if marker_id not in columns:
                columns[marker_id] = unknown_column(marker, len(rows))
            columns[marker_id][row] = _encode(marker, value, lists.setdefault(marker_id, {}))
    return Cohort(names, columns, {name: tuple(seen) for name, seen in lists.items() if seen})


def _encode(marker: Marker, value: Value, seen: dict[Drugs, int]) -> int | float:
    if marker.type == "number" and isinstance(value, (int, float)):
        return float(value)
    if marker.type == "drugs" and isinstance(value, tuple):
        return seen.setdefault(value, len(seen))
    return tuple(marker.values).index(str(value))


def show(marker: Marker, value: Value) -> str:
    """A value in words, with its unit joined by a no-break space."""
    if isinstance(value, tuple):
        return "; ".join(_use(use) for use in value) or "none"
    if isinstance(value, (int, float)):
        return f"{value:.12g}\u00a0{printed(marker.unit)}" if marker.unit else f"{value:.12g}"
    return marker.values[value]


def _use(use: DrugUse) -> str:
    return f"{use.drug} ({use.outcome.replace('_', ' ')})" if use.outcome else use.drug
