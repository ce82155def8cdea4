"""The stages of a run: split and read, decide, and make tables; each works while the next does."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cds.batch.ids import Hashes, hashes_of
from cds.batch.layout import Layout
from cds.batch.results import schema_of, table_of
from cds.batch.summary import Counts, add, counts_of, counts_of_rows
from cds.decision import decide
from cds.intake.assumptions import Assumptions
from cds.intake.cohort_file import CohortReader, Piece, Position, RefusedRow, Table
from cds.rulebook.book import Rulebook


@dataclass(frozen=True, eq=False)
class Step:
    """A piece of the file, read: patients, hashed ids, and where the file stands behind it."""

    piece: Piece
    ids: Hashes
    end: Position
    so_far: tuple[int, str]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A step, decided: its ranking table, what was refused, its counts, and where the file stands."""

    table: pa.Table
    refused: tuple[RefusedRow, ...]
    slips: Mapping[str, tuple[int, int]]
    ids: Hashes
    counts: Counts
    end: Position
    so_far: tuple[int, str]


def read(tables: Iterable[Table], reader: CohortReader) -> Iterator[Step]:
    """Turn text into patients."""
    for table in tables:
        yield step_of(table, reader)


def step_of(table: Table, reader: CohortReader) -> Step:
    """One table as patients."""
    return Step(reader.piece(table), hashes_of(table.ids), table.end, table.so_far)


@dataclass(frozen=True, eq=False)
class Decider:
    """Turns patients into ranking tables, at most `chunk` patients at a time."""

    book: Rulebook
    layout: Layout
    assumptions: Assumptions | None = None
    chunk: int = 32_768

    def outcomes(self, steps: Iterable[Step]) -> Generator[Outcome, None, None]:
        """Decide step by step."""
        for step in steps:
            yield self.outcome(step)

    def outcome(self, step: Step) -> Outcome:
        """Decide for the patients of one step."""
        piece, counts = step.piece, counts_of_rows(step.piece)
        tables = [schema_of(self.layout).empty_table()]
        for table, more in self._decided(piece):
            counts = add(counts, more)
            tables.append(table)
        ranking = pa.concat_tables(tables)
        return Outcome(ranking, piece.refused, piece.slips, step.ids, counts, step.end, step.so_far)

    def _decided(self, piece: Piece) -> Iterator[tuple[pa.Table, dict[str, Any]]]:
        for start in range(0, len(piece.cohort), self.chunk):
            cohort = piece.cohort.part(start, start + self.chunk)
            if self.assumptions is not None:
                cohort = self.assumptions.fill(cohort, self.book)
            decision = decide(cohort, self.book, self.layout.policies)
            stop = start + len(cohort)
            flags = {row - start: said for row, said in piece.flags.items() if start <= row < stop}
            yield table_of(decision, self.layout, flags), counts_of(decision)
