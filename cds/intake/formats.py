"""Which reader a cohort file needs, by its first bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from cds.intake.cohort_file import Table
from cds.intake.cohort_tables import CsvTables, Reading
from cds.intake.header import Header
from cds.intake.lexicon import Lexicon
from cds.intake.source import Source
from cds.rulebook.book import Rulebook


class Tables(Protocol):
    """A cohort file in pieces."""

    header: Header
    lexicons: list[Lexicon]

    def __iter__(self) -> Iterator[Table]:
        """The pieces, once."""


def tables_of(source: Source, book: Rulebook, ignored: Collection[str], reading: Reading) -> Tables:
    """The reader for a file: CSV (also gzip), Parquet or Arrow."""
    if source.kind in ("text", "gzip"):
        return CsvTables(source, book, ignored, reading)
    from cds.intake.column_tables import ColumnTables

    return ColumnTables(source, book, ignored, reading.rows)
