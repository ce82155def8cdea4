"""Which reader a cohort file needs, by its first bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from cds.intake.cohort_tables import CsvTables, Reading
from cds.intake.header import Header
from cds.intake.source import Source
from cds.intake.text_rows import TextRows
from cds.rulebook.book import Rulebook


class Tables(Protocol):
    """A cohort file, part by part."""

    header: Header

    def __iter__(self) -> Iterator[TextRows]:
        """The parts, once."""


def tables_of(source: Source, book: Rulebook, ignored: Collection[str], reading: Reading) -> Tables:
    """The reader for a file: CSV (also gzip), Parquet or Arrow."""
    if source.kind in ("text", "gzip"):
        return CsvTables(source, book, ignored, reading)
    from cds.intake.column_tables import ColumnTables

    return ColumnTables(source, book, ignored, reading.rows)
