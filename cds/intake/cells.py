"""Codes to values: each distinct text of a column is read once, by the strict grammar of `values`.

Both the strict and the fast way of splitting a file end here, so that what a cell means can't
depend on how it was split.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cds.cohort import UNKNOWN, Column, Drugs
from cds.intake.header import ColumnOf
from cds.intake.lexicon import Codes, Lexicon
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


class Mark(IntEnum):
    """What was noticed about a text beside its value."""

    NONE = 0
    REFUSED = 1
    FRACTION = 2
    UNUSUAL = 3
    OTHER_UNIT = 4


@dataclass(frozen=True, eq=False)
class Cells:
    """A column read: the marker's values, marks per row (None: no row has one), and drug lists."""

    values: Column
    marks: Marks | None
    drug_lists: tuple[Drugs, ...] = ()


class CellReader:
    """Reads one column of a cohort file, piece by piece."""

    def __init__(self, book: Rulebook, column: ColumnOf, lexicon: Lexicon) -> None:
        """Values are kept by the lexicon's numbers."""
        self.book, self.column, self.lexicon = book, column, lexicon
        self.marker = column.marker
        self._category = {value: code for code, value in enumerate(self.marker.values)}
        self._forget()

    def _forget(self) -> None:
        self._age = self.lexicon.age
        self._values: Column = np.empty(0, dtype=DTYPES[self.marker.type])
        self._marks: Marks = np.empty(0, dtype=np.uint8)
        self._lists: tuple[Drugs, ...] = ()

    def read(self, codes: Codes) -> Cells:
        """Values and marks of a piece of the column."""
        if self._age != self.lexicon.age:
            self._forget()
        if len(self._values) < len(self.lexicon.texts):
            self._learn(self.lexicon.texts[len(self._values) :])
        marks = self._marks[codes] if self._marks.any() else None
        return Cells(self._values[codes], marks, self._lists)

    def refusal(self, code: int) -> ValueRefused:
        """Why a text was refused."""
        try:
            read_value(self.book, self.marker, self.lexicon.texts[code], self.column.factor)
        except ValueRefused as refused:
            return refused
        raise AssertionError("this text is not refused")

    def _learn(self, texts: list[str]) -> None:
        found = [self._read(text) for text in texts]
        values = np.array([value for value, _ in found], dtype=DTYPES[self.marker.type])
        self._values = np.concatenate([self._values, values])
        self._marks = np.concatenate([self._marks, np.array([mark for _, mark in found], dtype=np.uint8)])

    def _read(self, text: str) -> tuple[float, Mark]:
        nothing = np.nan if self.marker.type == "number" else UNKNOWN
        try:
            value = read_value(self.book, self.marker, text, self.column.factor)
        except ValueRefused:
            return nothing, Mark.REFUSED
        if value is None:
            return nothing, Mark.NONE
        if isinstance(value, str):
            return self._category[value], Mark.NONE
        if isinstance(value, tuple):
            return self._list(value), Mark.NONE
        if looks_like_fraction(self.marker, value):
            return nothing, Mark.FRACTION
        if looks_like_other_unit(self.marker, value, self.column.factor):
            return nothing, Mark.OTHER_UNIT
        return value, Mark.UNUSUAL if is_implausible(self.marker, value) else Mark.NONE

    def _list(self, drugs: Drugs) -> int:
        if drugs not in self._lists:
            self._lists = (*self._lists, drugs)
        return self._lists.index(drugs)
