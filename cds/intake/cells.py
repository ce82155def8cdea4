"""Cells to values: each distinct text of a column is read once, by the strict grammar of `values`.

Both the strict and the fast way of splitting a file end here, so that what a cell means can't
depend on how it was split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cds.cohort import UNKNOWN, Column, Drugs
from cds.intake.header import ColumnOf
from cds.intake.values import ValueRefused, is_implausible, looks_like_fraction, read_value
from cds.rulebook.book import Rulebook

Codes = NDArray[np.integer]
#: Distinct texts of one column that are kept; past it the memory is cleared.
MAX_KNOWN = 200_000


class Mark(IntEnum):
    """What was noticed about a text beside its value."""

    NONE = 0
    REFUSED = 1
    FRACTION = 2
    UNUSUAL = 3


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of text: `distinct[codes[i]]` stands in row i."""

    distinct: Sequence[str]
    codes: Codes


@dataclass(frozen=True, eq=False)
class Cells:
    """A column read: the marker's values, marks per row (None: no row has one), and drug lists."""

    values: Column
    marks: NDArray[np.uint8] | None
    drug_lists: tuple[Drugs, ...] = ()


class CellReader:
    """Reads one column of a cohort file, piece by piece."""

    def __init__(self, book: Rulebook, column: ColumnOf) -> None:
        """Keep what was read, so that equal texts are read once."""
        self.book, self.column = book, column
        self.marker = column.marker
        self._codes = {value: code for code, value in enumerate(self.marker.values)}
        self._known: dict[str, tuple[float | int | Drugs, Mark]] = {}

    def read(self, texts: Texts) -> Cells:
        """Values and marks of a piece of the column."""
        outcomes = [self._outcome(text) for text in texts.distinct]
        marks = np.array([mark for _, mark in outcomes] or [0], dtype=np.uint8)
        marked = marks[texts.codes] if marks.any() else None
        if self.marker.type == "drugs":
            return self._drugs(texts, [value for value, _ in outcomes], marked)
        dtype = np.float64 if self.marker.type == "number" else np.int8
        values = np.array([value for value, _ in outcomes] or [0], dtype=dtype)
        return Cells(values[texts.codes], marked)

    def refusal(self, text: str) -> ValueRefused:
        """Why a text was refused."""
        try:
            read_value(self.book, self.marker, text, self.column.factor)
        except ValueRefused as refused:
            return refused
        raise AssertionError("this text is not refused")

    def _outcome(self, text: str) -> tuple[float | int | Drugs, Mark]:
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[text] = self._read(text)
        return known

    def _read(self, text: str) -> tuple[float | int | Drugs, Mark]:
        nothing = np.nan if self.marker.type == "number" else UNKNOWN
        try:
            value = read_value(self.book, self.marker, text, self.column.factor)
        except ValueRefused:
            return nothing, Mark.REFUSED
        if value is None:
            return nothing, Mark.NONE
        if isinstance(value, str):
            return self._codes[value], Mark.NONE
        if isinstance(value, tuple):
            return value, Mark.NONE
        if looks_like_fraction(self.marker, value):
            return nothing, Mark.FRACTION
        if is_implausible(self.marker, value):
            return value, Mark.UNUSUAL
        return value, Mark.NONE

    def _drugs(
        self, texts: Texts, values: list[float | int | Drugs], marked: NDArray[np.uint8] | None
    ) -> Cells:
        lists: dict[Drugs, int] = {}
        index = [
            lists.setdefault(value, len(lists)) if isinstance(value, tuple) else UNKNOWN for value in values
        ]
        return Cells(np.array(index or [UNKNOWN], dtype=np.int32)[texts.codes], marked, tuple(lists))


def texts_of(cells: Sequence[str]) -> Texts:
    """A plain column of text as distinct texts and codes."""
    seen: dict[str, int] = {}
    codes = [seen.setdefault(cell, len(seen)) for cell in cells]
    return Texts(tuple(seen), np.array(codes, dtype=np.int32))
