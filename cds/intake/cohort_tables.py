"""Cohort files as pieces of text: strict records from CSV (also gzip), typed columns from Parquet and Arrow."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from cds.intake.cells import texts_of
from cds.intake.cohort_file import Table
from cds.intake.header import Header, read_header
from cds.intake.source import Source
from cds.intake.table import BOM, Faults, Row, StrictReader, TooManyFaults, check_start, whole_lines
from cds.rulebook.book import Rulebook

ROWS = 65_536


@dataclass
class CsvTables:
    """A CSV file as pieces of text; `header` is known once the first piece was asked for."""

    source: Source
    book: Rulebook
    ignored: Collection[str] = ()
    rows: int = ROWS

    def __post_init__(self) -> None:
        """Read the header."""
        self._faults = Faults(self.source.name)
        self._reader = StrictReader(self._faults)
        self._records = self._read()
        first = next(self._records, None)
        self._faults.raise_if_any()
        assert first is not None, "check_start has seen a line"
        self.header: Header = read_header(first.cells, self.book, self.source.name, self.ignored)

    def __iter__(self) -> Iterator[Table]:
        """Pieces of at most `rows` rows; InputError with all faults at the end if there is any."""
        waiting: list[Row] = []
        found = False
        for record in self._records:
            found = True
            if self._faults.found:
                continue
            waiting.append(record)
            if len(waiting) >= self.rows:
                yield self._table(waiting)
                waiting = []
        self._faults.raise_if_any()
        if not found:
            self._faults.add(1, "has a header and no rows", "Write one row for each patient.")
            self._faults.raise_if_any()
        if waiting:
            yield self._table(waiting)

    def _read(self) -> Iterator[Row]:
        head = True
        try:
            for piece, is_last in whole_lines(self.source.blocks()):
                if head:
                    piece, head = piece[check_start(piece[:64], self.source.name) :], False
                yield from self._reader.rows(piece, is_last)
        except TooManyFaults:
            return
        if head:
            check_start(b"", self.source.name)

    def _table(self, records: list[Row]) -> Table:
        columns = list(zip(*(record.cells for record in records), strict=True))
        wanted = [texts_of(columns[column.at]) for column in self.header.columns]
        lines = np.array([record.line for record in records], dtype=np.int64)
        return Table(columns[self.header.id_at], wanted, lines)


__all__ = ["BOM", "ROWS", "CsvTables"]
