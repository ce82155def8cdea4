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


def read_pieces(path: Path, book: Rulebook) -> Iterator[Cohort]:
    """Pieces of a CSV cohort under one rulebook; InputError if the file or any row is refused."""
    tables = CsvTables(Source(path), book)
    reader = CohortReader(book, tables.header, tables.lexicons)
    for table in tables:
        piece = reader.piece(table)
        if piece.refused:
            faults = [Fault(f"{path.name}:{row.line}", row.problem, row.remedy) for row in piece.refused[:20]]
            raise InputError("The cohort has rows that are refused", faults)
        yield piece.cohort
