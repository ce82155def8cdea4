"""A CSV cohort file (also gzip) as pieces of text columns, split strictly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from cds.intake.clean_rows import CleanRows, Part, table_of
from cds.intake.cohort_file import Table
from cds.intake.header import Header, read_header
from cds.intake.ids import ids_of
from cds.intake.source import Source, refuse
from cds.intake.table import HEAD, Faults, Row, StrictReader, TooManyFaults, check_start, whole_lines
from cds.rulebook.book import Rulebook


@dataclass(frozen=True)
class Reading:
    """How a file is read: bytes of a block, rows of a piece at least, and whether the fast way is tried."""

    block: int = 1 << 19
    rows: int = 16_384
    fast: bool = True


READING = Reading()


class Group(NamedTuple):
    """Blocks of whole lines that make one piece if they are clean; the line that they start with."""

    blocks: tuple[tuple[bytes, bool], ...]
    line: int
    end: int


class CsvTables:
    """One pass over a CSV file, in pieces of at least `rows` rows (the last may be smaller)."""

    def __init__(
        self, source: Source, book: Rulebook, ignored: Collection[str] = (), reading: Reading = READING
    ) -> None:
        """Read the header; InputError if it is refused."""
        self.faults = Faults(source.name)
        self._name, self._reading, self._found = source.name, reading, False
        self._reader = StrictReader(self.faults)
        self._is_first = True
        self._pieces = whole_lines(source.blocks(reading.block), source.name)
        self.header: Header = self._header(book, ignored)
        self._clean = CleanRows(self.header)
        self.lexicons = self._clean.lexicons

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

    def __iter__(self) -> Iterator[Table]:
        """The pieces; InputError with all faults of the file at the end, if there are any."""
        waiting: list[Part] = []
        try:
            for piece, is_last in self._pieces:
                if self._clean.must_forget and not self._reader.is_open:
                    yield from self._gathered(waiting)
                waiting.append(self._split(piece) or self._strictly(piece, is_last))
                self._found = self._found or len(waiting[-1].ids) > 0
                if sum(len(part.ids) for part in waiting) >= self._reading.rows and not self._reader.is_open:
                    yield from self._gathered(waiting)
        except TooManyFaults:
            pass
        self.faults.raise_if_any()
        if not self._found:
            refuse(f"{self._name}:1", "has a header and no rows", "Write one row for each patient.")
        yield from self._gathered(waiting)

    def groups(self) -> Iterator[Group]:
        """The rest of the file for somebody else to read, who must `accept` it group by group."""
        line = start = self._reader.line
        blocks: list[tuple[bytes, bool]] = []
        for text, is_last in self._pieces:
            blocks.append((text, is_last))
            line += text.count(b"\n") + (text[-1:] not in b"\n")
            if is_last or line - start >= self._reading.rows:
                yield Group(tuple(blocks), start, line)
                blocks, start = [], line

    def accept(self, group: Group) -> None:
        """The next group was read by somebody else."""
        self._reader.line, self._found = group.end, True

    def give_back(self, groups: Iterable[Group]) -> None:
        """These groups, and what follows them, are read here after all."""
        blocks = [block for group in groups for block in group.blocks]
        self._pieces = chain(blocks, self._pieces)

    def _gathered(self, waiting: list[Part]) -> Iterator[Table]:
        """What was split so far as one table, unless the file is doubtful anyway."""
        if waiting and not self.faults.found:
            yield table_of(waiting)
        waiting.clear()
        self._clean.forget()

    def _split(self, piece: bytes) -> Part | None:
        """The fast way; None if the piece is not clean, or a record is open from the piece before."""
        if not (self._reading.fast and piece) or self._reader.is_open:
            return None
        part = self._clean.part(piece, self._reader.line)
        self._reader.line += len(part.ids) if part else 0
        return part

    def _strictly(self, piece: bytes, is_last: bool) -> Part:
        rows = list(self._reader.rows(piece, is_last))
        columns = list(zip(*(row.cells for row in rows), strict=True)) or [()] * self.header.width
        pairs = zip(self.header.columns, self.lexicons, strict=True)
        codes = np.empty((len(self.lexicons), len(rows)), dtype=np.int32)
        for at, (column, lexicon) in enumerate(pairs):
            codes[at] = lexicon.codes(columns[column.at])
        lines = np.array([row.line for row in rows], dtype=np.int64)
        return Part(ids_of(columns[self.header.id_at]), codes, lines)
