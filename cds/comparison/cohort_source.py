"""The patients of a cohort file, piece by piece, for a comparison."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cds.cohort import Cohort
from cds.errors import InputError
from cds.intake.assumptions import Assumptions, read_assumptions
from cds.intake.cohort_file import CohortPart, CohortReader, RefusedRow, add_slips, check_slips
from cds.intake.cohort_tables import READING
from cds.intake.formats import tables_of
from cds.intake.patient_id import stands_twice
from cds.intake.source import Source
from cds.intake.table import MAX_FAULTS
from cds.intake.text_rows import TextRows
from cds.rulebook.book import Rulebook


@dataclass
class CohortSource:
    """A cohort file (CSV, also gzip, Parquet or Arrow) and the rulebook that reads it.

    Iterating gives the patients piece by piece, with the assumptions filled in; rows that are refused
    are left out and gathered in `refused`. InputError where the whole file is doubtful.
    """

    path: Path
    book: Rulebook
    ignored: Collection[str] = ()
    assumptions: Assumptions | None = None
    refused: list[RefusedRow] = field(default_factory=list)

    def __iter__(self) -> Iterator[Cohort]:
        """The pieces, in the order of the file."""
        slips: dict[str, tuple[int, int]] = {}
        for part in self._parts():
            add_slips(slips, part.slips)
            self.refused += part.refused
            yield self._assumed(part.cohort)
        check_slips(slips, self.path.name)

    def _parts(self) -> Iterator[CohortPart]:
        with closing(Source(self.path)) as source:
            tables = tables_of(source, self.book, self.ignored, READING)
            reader = CohortReader(self.book, tables.header)
            first: dict[str, int] = {}
            for rows in tables:
                self._check_twice(first, rows)
                yield reader.part(rows)

    def _check_twice(self, first: dict[str, int], rows: TextRows) -> None:
        """InputError with both lines of every id that stands twice; `first` holds where each stood first."""
        faults = []
        for name, line in zip(rows.ids, rows.lines.tolist(), strict=True):
            if first.setdefault(name, line) != line and name.strip():
                faults.append(stands_twice(self.path.name, line, first[name]))
        if faults:
            raise InputError("The cohort file is refused: ids stand twice", faults[:MAX_FAULTS])

    def _assumed(self, cohort: Cohort) -> Cohort:
        return self.assumptions.fill(cohort, self.book) if self.assumptions else cohort


def open_cohort(
    path: Path, new: Rulebook, old: Rulebook, assume: Path | None = None, ignored: Collection[str] = ()
) -> CohortSource:
    """The cohort as the new rulebook reads it if it can, else as the old one does.

    `assume` names a file of assumptions. InputError if neither takes the header and the assumptions;
    it tells what the new one finds wrong.
    """
    try:
        return _opened(path, new, assume, ignored)
    except InputError as refused:
        with suppress(InputError):
            return _opened(path, old, assume, ignored)
        raise refused from None


def _opened(path: Path, book: Rulebook, assume: Path | None, ignored: Collection[str]) -> CohortSource:
    assumptions = read_assumptions(assume, book) if assume else None
    with closing(Source(path)) as source:
        tables_of(source, book, ignored, READING)
    return CohortSource(path, book, ignored, assumptions)
