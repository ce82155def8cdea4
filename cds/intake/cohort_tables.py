"""A CSV cohort file (also gzip) as rows of text, split strictly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cds.intake.header import Header, read_header
from cds.intake.ids import ids_of
from cds.intake.source import Source, refuse
from cds.intake.table import HEAD, Faults, Row, StrictReader, TooManyFaults, check_start, whole_lines
from cds.intake.text_rows import TextRows, text_rows
from cds.rulebook.book import Rulebook


@dataclass(frozen=True)
class Reading:
    """How a file is read: bytes of a CSV block, rows of a part of other formats, fast way or not."""

    block: int = 8 << 20
    rows: int = 16_384
    fast: bool = True


READING = Reading()


class Block(NamedTuple):
    """Whole lines of the file, whether they are the last, and the number of the first."""

    text: bytes
    is_last: bool
    line: int


class CsvTables:
    """One pass over a CSV file, block by block."""

    def __init__(
        self, source: Source, book: Rulebook, ignored: Collection[str] = (), reading: Reading = READING
    ) -> None:
        """Read the header; InputError if it is refused."""
        self.faults = Faults(source.name)
        self._name, self._is_fast, self._found = source.name, reading.fast, False
        self._reader = StrictReader(self.faults)
        self._is_first = True
        self._pieces = whole_lines(source.blocks(reading.block), source.name)
        self.header: Header = self._header(book, ignored)

    def _header(self, book: Rulebook, ignored: Collection[str]) -> Header:
        """The first record; what follows it in its piece waits to be split."""
        for piece, is_last in self._pieces:
            if self._is_first:
                piece, self._is_first = piece[check_start(piece[:HEAD], self._name) :], False
            row, size = self._first_row(piece, is_last)
            if row is not None:
                self._pieces = chain([(piece[size:], is_last)], self._pieces)
                self.names = list(row.cells)
                return read_header(row.cells, book, self._name, ignored)
        refuse(f"{self._name}:1", "holds no rows", "Write a header and one row for each patient.")

    def _first_row(self, piece: bytes, is_last: bool) -> tuple[Row | None, int]:
        with suppress(TooManyFaults):
            row, size = self._reader.first_row(piece, is_last)
        self.faults.raise_if_any()
        return row, size

    def __iter__(self) -> Iterator[TextRows]:
        """The rest of the file; InputError with all its faults at the end, if there are any."""
        try:
            for block in self.blocks():
                rows = self._clean(block)
                rows = self._strict(block) if rows is None else rows
                self._found = self._found or len(rows) > 0
                if len(rows) and not self.faults.found:
                    yield rows
        except TooManyFaults:
            pass
        self.faults.raise_if_any()
        if not self._found:
            refuse(f"{self._name}:1", "has a header and no rows", "Write one row for each patient.")

    def blocks(self) -> Iterator[Block]:
        """The rest of the file, for whoever reads it in our place and says so by `skip`."""
        line = self._reader.line
        for text, is_last in self._pieces:
            yield Block(text, is_last, line)
            line += text.count(b"\n") + (text[-1:] not in b"\n")

    def skip(self, block: Block, rows: int) -> None:
        """The next block, of so many rows, was read by somebody else."""
        self._reader.line, self._found = block.line + rows, True

    def give_back(self, blocks: Iterable[Block]) -> None:
        """These blocks, and what follows them, are read here after all."""
        self._pieces = chain([(block.text, block.is_last) for block in blocks], self._pieces)

    def _clean(self, block: Block) -> TextRows | None:
        """The fast way; None if the block is not clean, or a record is open from the block before."""
        if not self._is_fast or self._reader.is_open:
            return None
        rows = text_rows(block.text, self.header, block.line)
        self._reader.line += len(rows or ())
        return rows

    def _strict(self, block: Block) -> TextRows:
        rows = list(self._reader.rows(block.text, block.is_last))
        cells = list(zip(*(row.cells for row in rows), strict=True)) or [()] * self.header.width
        columns = tuple(
            pa.chunked_array([pa.array(cells[column.at], pa.string()).dictionary_encode()])
            for column in self.header.columns
        )
        lines = np.array([row.line for row in rows], dtype=np.int64)
        return TextRows(ids_of(cells[self.header.id_at]), columns, lines)
