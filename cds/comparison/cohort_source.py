"""The patients of a cohort file, piece by piece, for a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
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
        _check_header(path, new)
    except InputError:
        _check_header(path, old)
        return _pieces(path, old), old
    return _pieces(path, new), new


def _check_header(path: Path, book: Rulebook) -> None:
    with closing(Source(path)) as source:
        CsvTables(source, book)


def _pieces(path: Path, book: Rulebook) -> Iterator[Cohort]:
    with closing(Source(path)) as source:
        tables = CsvTables(source, book)
        reader = CohortReader(book, tables.header, tables.lexicons)
        for table in tables:
            piece = reader.piece(table)
            if piece.refused:
                rows = piece.refused[:20]
                faults = [Fault(f"{path.name}:{row.line}", row.problem, row.remedy) for row in rows]
                raise InputError("The cohort has rows that are refused", faults)
            yield piece.cohort
