"""A CSV cohort file (also gzip) as pieces of text columns, split strictly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from cds.intake.cells import texts_of
from cds.intake.cohort_file import Position, Table
from cds.intake.header import Header, read_header
from cds.intake.source import BLOCK, Source, refuse
from cds.intake.table import Faults, Row, StrictReader, TooManyFaults, check_start, whole_lines
from cds.rulebook.book import Rulebook


class CsvTables:
    """One pass over a CSV file. A piece is what stands in one block of bytes."""

    def __init__(
        self, source: Source, book: Rulebook, ignored: Collection[str] = (), block: int = BLOCK
    ) -> None:
        """Read the header; InputError if it is refused."""
        self.faults = Faults(source.name)
        self._name = source.name
        self._reader = StrictReader(self.faults)
        self._pieces = whole_lines(source.blocks(block))
        self._offset = 0
        self._waiting: list[Row] = []
        self.header: Header = self._header(book, ignored)

    def _header(self, book: Rulebook, ignored: Collection[str]) -> Header:
        for piece, is_last in self._pieces:
            start = check_start(piece[:64], self._name) if self._offset == 0 else 0
            self._waiting += self._rows(piece[start:], is_last)
            self._offset += len(piece)
            self.faults.raise_if_any()
            if self._waiting:
                return read_header(self._waiting.pop(0).cells, book, self._name, ignored)
        refuse(f"{self._name}:1", "holds no rows", "Write a header and one row for each patient.")

    def _rows(self, piece: bytes, is_last: bool) -> list[Row]:
        rows: list[Row] = []
        try:
            rows.extend(self._reader.rows(piece, is_last))
        except TooManyFaults:
            self._pieces = iter(())
        return rows

    def __iter__(self) -> Iterator[Table]:
        """The pieces; InputError with all faults of the file at the end, if there are any."""
        found = bool(self._waiting)
        if self._waiting:
            yield self._table(self._waiting)
        for piece, is_last in self._pieces:
            rows = self._rows(piece, is_last)
            self._offset += len(piece)
            found = found or bool(rows)
            if rows and not self.faults.found:
                yield self._table(rows)
        self.faults.raise_if_any()
        if not found:
            refuse(f"{self._name}:1", "has a header and no rows", "Write one row for each patient.")

    def _table(self, rows: Sequence[Row]) -> Table:
        columns = list(zip(*(row.cells for row in rows), strict=True))
        wanted = [texts_of(columns[column.at]) for column in self.header.columns]
        lines = np.array([row.line for row in rows], dtype=np.int64)
        end = Position(self._offset, self._reader.line)
        return Table(columns[self.header.id_at], wanted, lines, end)
