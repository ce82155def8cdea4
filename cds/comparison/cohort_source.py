"""The patients of a cohort file, piece by piece, for a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cds.cohort import Cohort
from cds.errors import Fault, InputError
from cds.intake.cohort_file import CohortReader
from cds.intake.cohort_tables import CsvTables
from cds.intake.source import Source
from cds.rulebook.book import Rulebook


def open_cohort(path: Path, new: Rulebook, old: Rulebook) -> tuple[Iterator[Cohort], Rulebook]:
    """Pieces of a CSV cohort and the rulebook that reads it: the new one if it can, else the old one.

    InputError if neither takes the header; later, from the pieces, if a row is refused.
    """
    try:
        return _pieces(path.name, CsvTables(Source(path), new), new), new
    except InputError:
        return _pieces(path.name, CsvTables(Source(path), old), old), old


def _pieces(name: str, tables: CsvTables, book: Rulebook) -> Iterator[Cohort]:
    reader = CohortReader(book, tables.header, tables.lexicons)
    for table in tables:
        piece = reader.piece(table)
        if piece.refused:
            faults = [Fault(f"{name}:{row.line}", row.problem, row.remedy) for row in piece.refused[:20]]
            raise InputError("The cohort has rows that are refused", faults)
        yield piece.cohort
