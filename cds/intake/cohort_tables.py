"""A CSV cohort file (also gzip) as pieces of text columns, split strictly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from itertools import chain

import numpy as np

from cds.intake.cohort_file import Lines, Position, Table
from cds.intake.header import Header, read_header
from cds.intake.lexicon import Codes, Lexicon
from cds.intake.source import Source, refuse
from cds.intake.split import Splitter
from cds.intake.table import Faults, Row, StrictReader, TooManyFaults, check_start, whole_lines
from cds.rulebook.book import Rulebook

BLOCK = 1 << 20


class CsvTables:
    """One pass over a CSV file. A piece is what stands in one block of bytes."""

    def __init__(
        self,
        source: Source,
        book: Rulebook,
        ignored: Collection[str] = (),
        block: int = BLOCK,
        fast: bool = True,
    ) -> None:
        """Read the header; InputError if it is refused. Without `fast` all is split strictly."""
        self.faults = Faults(source.name)
        self._name, self._fast = source.name, fast
        self._reader = StrictReader(self.faults)
        self._pieces = whole_lines(source.blocks(block))
        self._offset = 0
        self._waiting: list[Row] = []
        self.header: Header = self._header(book, ignored)
        self.lexicons = [Lexicon() for _ in self.header.columns]
        wanted = [column.at for column in self.header.columns]
        self._splitter = Splitter(self.header.width, self.header.id_at, wanted, self.lexicons)

    def _header(self, book: Rulebook, ignored: Collection[str]) -> Header:
        """The first record; what follows it in its piece waits to be split."""
        for piece, is_last in self._pieces:
            if self._offset == 0:
                bom = check_start(piece[:64], self._name)
                piece, self._offset = piece[bom:], bom
            row, size = self._first_row(piece, is_last)
            self._offset += size
            if row is not None:
                self._pieces = chain([(piece[size:], is_last)], self._pieces)
                return read_header(row.cells, book, self._name, ignored)
        refuse(f"{self._name}:1", "holds no rows", "Write a header and one row for each patient.")

    def _first_row(self, piece: bytes, is_last: bool) -> tuple[Row | None, int]:
        with suppress(TooManyFaults):
            row, size = self._reader.first_row(piece, is_last)
        self.faults.raise_if_any()
        return row, size

    def __iter__(self) -> Iterator[Table]:
        """The pieces; InputError with all faults of the file at the end, if there are any."""
        found = False
        try:
            for piece, is_last in self._pieces:
                self._offset += len(piece)
                table = self._split(piece) or self._strictly(piece, is_last)
                found = found or len(table.ids) > 0
                if len(table.ids) and not self.faults.found:
                    yield table
        except TooManyFaults:
            pass
        self.faults.raise_if_any()
        if not found:
            refuse(f"{self._name}:1", "has a header and no rows", "Write one row for each patient.")

    def _split(self, piece: bytes) -> Table | None:
        """The fast way; None if the piece is not clean, or a record is open from the piece before."""
        if not (self._fast and piece) or self._reader.is_open:
            return None
        split = self._splitter.split(piece)
        if split is None:
            return None
        first = self._reader.line
        self._reader.line += len(split.ids)
        return self._table(split.ids, split.codes, np.arange(first, self._reader.line))

    def _strictly(self, piece: bytes, is_last: bool) -> Table:
        for lexicon in self.lexicons:
            if lexicon.is_full:
                lexicon.forget()
        rows = list(self._reader.rows(piece, is_last))
        columns = list(zip(*(row.cells for row in rows), strict=True)) or [()] * self.header.width
        codes = [
            lexicon.codes(columns[c.at])
            for c, lexicon in zip(self.header.columns, self.lexicons, strict=True)
        ]
        lines = np.array([row.line for row in rows], dtype=np.int64)
        return self._table(columns[self.header.id_at], np.array(codes), lines)

    def _table(self, ids: Sequence[str], codes: Codes, lines: Lines) -> Table:
        return Table(ids, codes, lines, Position(self._offset, self._reader.line))
