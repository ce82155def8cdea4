"""Small cohort files for tests, and ways to read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cds.intake.cohort_file import CohortPart, CohortReader, add_slips, check_slips
from cds.intake.cohort_tables import Reading
from cds.intake.formats import tables_of
from cds.intake.source import Source
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

BOOK = load()
HEADER = "id,histology,prior_map,resectability,age (years),platelets (10^9/L),necrosis (%),current_drugs"
ROW = "high_grade_conventional,relapsed,unresectable,34,210,40,none"
STRICT, FAST = Reading(fast=False), Reading()


def cohort_text(rows: Iterable[str], header: str = HEADER) -> bytes:
    """A cohort file of whole rows."""
    return "".join(line + "\n" for line in [header, *rows]).encode()


def patients(n: int) -> bytes:
    """A clean file of `n` equal patients."""
    return cohort_text(f"P{number},{ROW}" for number in range(1, n + 1))


def pieces(
    path: Path, reading: Reading = FAST, book: Rulebook = BOOK, ignored: Sequence[str] = ()
) -> list[CohortPart]:
    """All pieces of a file, with the checks that concern the whole file but duplicates."""
    with Source(path) as source:
        tables = tables_of(source, book, ignored, reading)
        reader = CohortReader(book, tables.header)
        found = [reader.part(rows) for rows in tables]
        source.check_unchanged()
    slips: dict[str, tuple[int, int]] = {}
    for piece in found:
        add_slips(slips, piece.slips)
    check_slips(slips, source.name)
    return found


def profiles_of(found: Iterable[CohortPart], book: Rulebook = BOOK) -> dict[str, dict[str, object]]:
    """What was understood, by id."""
    return {
        name: {m.id: value for m in book.markers if (value := piece.cohort.value(m, row)) is not None}
        for piece in found
        for row, name in enumerate(piece.cohort.ids)
    }
