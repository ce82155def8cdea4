"""A part of a cohort file, ranked: patients decided together, as rows of the ranking and as counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cds.batch.ids import Hashes, hashes_of
from cds.batch.layout import Layout
from cds.batch.results import schema_of, table_of
from cds.batch.summary import Counts, add, counts_of, counts_of_rows
from cds.decision import decide
from cds.intake.assumptions import Assumptions
from cds.intake.cohort_file import CohortPart, RefusedRow
from cds.rulebook.book import Rulebook

#: Patients that are decided together: more do not fit the processor's cache.
CHUNK = 32_768


@dataclass(frozen=True, eq=False)
class RankedPart:
    """The ranking of a part, the rows refused, and what has to be known of it for the whole file.

    `slips` as in `CohortPart`; `hashes` has one number for each id that was read.
    """

    table: pa.Table
    refused: tuple[RefusedRow, ...]
    slips: Mapping[str, tuple[int, int]]
    hashes: Hashes
    counts: Counts


@dataclass(frozen=True, eq=False)
class PartRanker:
    """Ranks parts of a cohort under a rulebook, at most `chunk` patients at a time."""

    book: Rulebook
    layout: Layout
    assumptions: Assumptions | None = None
    chunk: int = CHUNK

    def rank(self, part: CohortPart) -> RankedPart:
        """Decide for the patients of one part."""
        counts = counts_of_rows(part)
        tables = [schema_of(self.layout).empty_table()]
        for table, more in self._decided(part):
            counts = add(counts, more)
            tables.append(table)
        return RankedPart(pa.concat_tables(tables), part.refused, part.slips, hashes_of(part.ids), counts)

    def _decided(self, part: CohortPart) -> Iterator[tuple[pa.Table, dict[str, Any]]]:
        for start in range(0, len(part.cohort), self.chunk):
            cohort = part.cohort.part(start, start + self.chunk)
            if self.assumptions is not None:
                cohort = self.assumptions.fill(cohort, self.book)
            decision = decide(cohort, self.book, self.layout.policies)
            stop = start + len(cohort)
            flags = {row - start: found for row, found in part.flags.items() if start <= row < stop}
            yield table_of(decision, self.layout, flags), counts_of(decision)
