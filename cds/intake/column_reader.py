"""One column of a cohort file, from text to values by the strict grammar of `values`.

Every format and every way of splitting ends here, so what a cell means can't depend on how it was
split.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cds.cohort import UNKNOWN, Column, Drugs
from cds.intake.header import ColumnOf
from cds.intake.values import (
    ValueRefused,
    is_implausible,
    looks_like_fraction,
    looks_like_other_unit,
    read_value,
)
from cds.rulebook.book import Rulebook

Marks = NDArray[np.uint8]
DTYPES: dict[str, np.dtype[Any]] = {
    "number": np.dtype(np.float64),
    "category": np.dtype(np.int8),
    "drugs": np.dtype(np.int32),
}
#: Texts of one column that are remembered; beyond that the column's memory starts anew.
MAX_TEXTS = 200_000


class Mark(IntEnum):
    """What was noticed about a text beside its value."""

    NONE = 0
    REFUSED = 1
    FRACTION = 2
    UNUSUAL = 3
    OTHER_UNIT = 4


class _Meaning(NamedTuple):
    """What a text stands for: a number, the code of a category, or drugs; UNKNOWN or NaN if nothing."""

    value: float | Drugs
    mark: Mark


@dataclass(frozen=True, eq=False)
class MarkerColumn:
    """A column read: values as in a cohort, marks by row (None: no row has one), and drug lists."""

    values: Column
    marks: Marks | None
    drug_lists: tuple[Drugs, ...] = ()


class ColumnReader:
    """Reads one column of a cohort file, part by part; each distinct text is read once."""

    def __init__(self, book: Rulebook, column: ColumnOf) -> None:
        """Nothing is read yet."""
        self.book, self.column, self.marker = book, column, column.marker
        self._category = {value: code for code, value in enumerate(self.marker.values)}
        self._unknown = np.nan if self.marker.type == "number" else UNKNOWN
        self._meanings: dict[str, _Meaning] = {}

    def read(self, column: pa.ChunkedArray) -> MarkerColumn:
        """Values and marks of dictionary-encoded text."""
        drug_lists: dict[Drugs, int] = {}
        values, marks = [], []
        for chunk in column.chunks:
            meanings = self._meanings_of(chunk.dictionary.to_pylist())
            codes = chunk.indices.to_numpy()
            values.append(self._values(meanings, drug_lists)[codes])
            marks.append(np.array([meaning.mark for meaning in meanings], dtype=np.uint8)[codes])
        together = np.concatenate(marks)
        return MarkerColumn(np.concatenate(values), together if together.any() else None, tuple(drug_lists))

    def refusal(self, text: str) -> ValueRefused:
        """Why a text was refused."""
        try:
            read_value(self.book, self.marker, text, self.column.factor)
        except ValueRefused as refused:
            return refused
        raise AssertionError("this text is not refused")

    def _meanings_of(self, texts: list[str]) -> list[_Meaning]:
        known = self._meanings
        if len(known) > MAX_TEXTS:
            known.clear()
        for text in texts:
            if text not in known:
                known[text] = self._meaning(text)
        return [known[text] for text in texts]

    def _values(self, meanings: list[_Meaning], drug_lists: dict[Drugs, int]) -> Column:
        """The values of distinct texts as a cohort holds them; drug lists are numbered as they come."""
        values = [
            drug_lists.setdefault(value, len(drug_lists)) if isinstance(value, tuple) else value
            for value, _ in meanings
        ]
        return np.array(values, dtype=DTYPES[self.marker.type])

    def _meaning(self, text: str) -> _Meaning:
        try:
            value = read_value(self.book, self.marker, text, self.column.factor)
        except ValueRefused:
            return _Meaning(self._unknown, Mark.REFUSED)
        if value is None:
            return _Meaning(self._unknown, Mark.NONE)
        if isinstance(value, str):
            return _Meaning(self._category[value], Mark.NONE)
        if isinstance(value, tuple):
            return _Meaning(value, Mark.NONE)
        if looks_like_fraction(self.marker, value):
            return _Meaning(self._unknown, Mark.FRACTION)
        if looks_like_other_unit(self.marker, value, self.column.factor):
            return _Meaning(self._unknown, Mark.OTHER_UNIT)
        return _Meaning(value, Mark.UNUSUAL if is_implausible(self.marker, value) else Mark.NONE)
