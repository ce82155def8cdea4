"""Invented patients: the background of explanations and the golden rows of an artefact.

Each marker is drawn on its own from the cohort's counts, or between rounded quartiles for a
number, so that a row is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from cds.cohort import Column
from cds.risk.patients import REGIMEN, Patients, from_rows, is_unknown
from cds.rulebook.base import MarkerId, Record
from cds.rulebook.book import Rulebook


class Input(Record):
    """One marker a model reads: what the rulebook says of it, and what the training cohort held.

    `counts` are patients by value, `quartiles` are rounded outwards to whole units; `unknown` is
    the number of patients in whom it was not known. Values of a category stand in `values`.
    """

    marker: MarkerId
    label: str
    unit: str | None = None
    values: tuple[str, ...] = ()
    counts: dict[str, int] = Field(default_factory=dict)
    quartiles: tuple[float, ...] = ()
    unknown: int = 0

    @property
    def is_number(self) -> bool:
        """Whether it is a number."""
        return bool(self.quartiles)

    @property
    def range_text(self) -> str:
        """The range or the values that were seen, in words."""
        missing = f"; not known in {self.unknown}" if self.unknown else ""
        if self.is_number:
            unit = f" {self.unit}" if self.unit else ""
            return f"{self.quartiles[0]:g} to {self.quartiles[-1]:g}{unit}{missing}"
        return ", ".join(f"{value} {n}" for value, n in self.counts.items()) + missing


def inputs_of(
    patients: Patients, book: Rulebook, markers: Iterable[str], options: Iterable[str]
) -> tuple[Input, ...]:
    """What the training cohort held of each marker; the regimen too where options are given."""
    found = []
    for name in markers:
        marker, column = book.marker[name], patients.columns[name]
        unknown = int(is_unknown(column).sum())
        if marker.type == "number":
            found.append(
                Input(
                    marker=name,
                    label=marker.label,
                    unit=marker.unit,
                    quartiles=_quartiles(column),
                    unknown=unknown,
                )
            )
        else:
            values = tuple(marker.values)
            found.append(
                Input(
                    marker=name,
                    label=marker.label,
                    values=values,
                    counts=_counts(column, values),
                    unknown=unknown,
                )
            )
    given = tuple(options)
    if given:
        counts = _counts(patients.columns[REGIMEN], given)
        found.append(Input(marker=REGIMEN, label="regimen given", values=given, counts=counts))
    return tuple(found)


def _counts(column: Column, values: Iterable[str]) -> dict[str, int]:
    listed = list(column)
    return {value: listed.count(value) for value in values if value in listed}


def _quartiles(column: Column) -> tuple[float, ...]:
    known = column[~np.isnan(column)]
    if not known.size:
        return (0.0, 0.0)
    inner = [float(round(q)) for q in np.quantile(known, (0.25, 0.5, 0.75))]
    return (float(np.floor(known.min())), *inner, float(np.ceil(known.max())))


def invent(inputs: Iterable[Input], count: int, seed: int) -> list[dict[str, Any]]:
    """Invented rows of known values; a marker is left out as often as it was not known."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for each in inputs:
        for row in rows:
            value = _draw(each, rng)
            if value is not None:
                row[each.marker] = value
    return rows


def _draw(each: Input, rng: np.random.Generator) -> str | float | None:
    if each.is_number:
        place = rng.random() * (len(each.quartiles) - 1)
        value = float(np.interp(place, np.arange(len(each.quartiles)), each.quartiles))
        return None if rng.random() < _share_unknown(each) else round(value, 1)
    choices: list[str | None] = [*each.counts, None]
    weights = np.array([*each.counts.values(), each.unknown], dtype=np.float64)
    return choices[int(rng.choice(len(choices), p=weights / weights.sum()))]


def _share_unknown(each: Input) -> float:
    # How many were known is not stored for a number; a tenth stands in where some were not.
    return 0.1 if each.unknown else 0.0


def patients_from(rows: Iterable[dict[str, Any]], inputs: Iterable[Input]) -> Patients:
    """Invented rows as patients; every input has its column."""
    listed = list(inputs)
    whole = [{each.marker: row.get(each.marker) for each in listed} for row in rows]
    return from_rows(whole, (each.marker for each in listed if each.is_number))
