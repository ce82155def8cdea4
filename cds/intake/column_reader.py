"""One column of a cohort file, from text to values by the strict grammar of `values`.

Every format and every way of splitting ends here, so what a cell means can't depend on how it was
split.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

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
        self._known: dict[str, float | Drugs] = {}
        self._odd: dict[str, Mark] = {}

    def read(self, column: pa.ChunkedArray) -> MarkerColumn:
        """Values and marks of dictionary-encoded text."""
        drug_lists: dict[Drugs, int] = {}
        values: list[Column] = []
        marks: list[Marks] = []
        for chunk in column.chunks:
            texts, codes = chunk.dictionary.to_pylist(), chunk.indices.to_numpy()
            values.append(self._values(texts, drug_lists)[codes])
            marks.append(self._marks(texts)[codes] if self._odd else np.zeros(len(codes), dtype=np.uint8))
        together = np.concatenate(marks)
        return MarkerColumn(np.concatenate(values), together if together.any() else None, tuple(drug_lists))

    def refusal(self, text: str) -> ValueRefused:
        """Why a text was refused."""
        try:
            read_value(self.book, self.marker, text, self.column.factor)
        except ValueRefused as refused:
            return refused
        raise AssertionError("this text is not refused")

    def _values(self, texts: list[str], drug_lists: dict[Drugs, int]) -> Column:
        """The values of distinct texts as a cohort holds them; drug lists are numbered as they come."""
        found: list[Any] = [self._known.get(text) for text in texts]
        if None in found:
            self._learn(texts)
            found = [self._known[text] for text in texts]
        if self.marker.type == "drugs":
            found = [
                drug_lists.setdefault(value, len(drug_lists)) if isinstance(value, tuple) else value
                for value in found
            ]
        return np.array(found, dtype=DTYPES[self.marker.type])

    def _marks(self, texts: list[str]) -> Marks:
        return np.array([self._odd.get(text, Mark.NONE) for text in texts], dtype=np.uint8)

    def _learn(self, texts: list[str]) -> None:
        """Read the texts that are not known yet."""
        if len(self._known) > MAX_TEXTS:
            self._known.clear()
            self._odd.clear()
        for text in texts:
            if text not in self._known:
                self._known[text], mark = self._meaning(text)
                if mark:
                    self._odd[text] = mark

    def _meaning(self, text: str) -> tuple[float | Drugs, Mark]:
        """What a text stands for: a number, the code of a category, or drugs; and what is odd about it."""
        try:
            value = read_value(self.book, self.marker, text, self.column.factor)
        except ValueRefused:
            return self._unknown, Mark.REFUSED
        if value is None:
            return self._unknown, Mark.NONE
        if isinstance(value, str):
            return self._category[value], Mark.NONE
        if isinstance(value, tuple):
            return value, Mark.NONE
        if looks_like_fraction(self.marker, value):
            return self._unknown, Mark.FRACTION
        if looks_like_other_unit(self.marker, value, self.column.factor):
            return self._unknown, Mark.OTHER_UNIT
        return value, Mark.UNUSUAL if is_implausible(self.marker, value) else Mark.NONE
