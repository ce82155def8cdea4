"""A cohort from an uploaded table: ranked by the same run as on the command line, kept for one visit.

While it is ranked its files stand in the data folder, for the owner only; afterwards in memory.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.batch.progress import Watch
from cds.batch.readable import write_csv
from cds.batch.results import schema_of
from cds.batch.run import rank_file
from cds.batch.stamp import stamp_of
from cds.batch.stored import Stored
from cds.document.blocks import Block, Document, Facts, Paragraph, Table
from cds.report import phrases
from cds.report.cohort import document as cohort
from cds.report.cohort.run import CohortRun, read_run
from cds.report.files import cohort_files
from cds.rulebook.book import Rulebook
from cds.store.places import working_folder

SHOWN_ROWS = 200
SUFFIXES = ("csv", "parquet", "gz")


@dataclass(frozen=True, eq=False)
class RankedCohort:
    """A finished run with its files by name, and the ranking as text."""

    run: CohortRun
    rows: tuple[tuple[str, ...], ...]
    files: Mapping[str, bytes]

    @property
    def ranked(self) -> int:
        """How many patients were ranked."""
        return len(self.run)

    def archive(self) -> bytes:
        """All files as one ZIP, the same bytes for the same run."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, raw in sorted(self.files.items()):
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), raw)
        return packed.getvalue()


def rank_upload(name: str, raw: bytes, book: Rulebook, watch: Watch | None = None) -> RankedCohort:
    """Rank an uploaded cohort; InputError with every fault if the table is refused.

    `book` is the rulebook that ships, as the page shows it: refused if its files changed since it
    was read. `watch` hears the share that is done, 0 to 1, and the number of patients.
    """
    suffix = Path(name).suffix.lower().lstrip(".")
    with working_folder() as folder:
        source, out = folder / f"cohort.{suffix if suffix in SUFFIXES else 'csv'}", folder / "out"
        source.write_bytes(raw)
        rank_file(source, out, watch=watch)
        run = read_run(out, book)
        files = {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.is_file()}
        ranking = _as_csv(Stored(out), book)
    return RankedCohort(run, _rows(ranking), {**files, "ranking.csv": ranking})


def _as_csv(stored: Stored, book: Rulebook) -> bytes:
    """The ranking as `cds rank --format csv` writes it."""
    text, stamp = io.BytesIO(), stamp_of(book, None)
    write_csv(text, schema_of(stored.layout).empty_table(), stored.layout, stamp, header=True)
    for table in stored.tables():
        write_csv(text, table, stored.layout, stamp, header=False)
    return text.getvalue()


def _rows(raw: bytes) -> tuple[tuple[str, ...], ...]:
    """Id, answer and both orders of every patient."""
    return tuple(tuple(row[:4]) for row in csv.reader(io.StringIO(raw.decode("utf-8"))))[1:]


def dry_run(found: RankedCohort) -> Iterator[Block]:
    """What was read, and what was refused with its line and reason."""
    said = found.run.summary
    yield Paragraph(
        f"{said['read']} rows read, {said['scored']} can be ranked, {said['refused']} are refused. "
        "Nothing is kept: the results live in this visit only."
    )
    refused = tuple(tuple(row.values()) for row in found.run.refused)
    if refused:
        more = f"; the first {SHOWN_ROWS} are shown" if len(refused) > SHOWN_ROWS else ""
        columns = ("Line", "Id", "Column", "Code", "Problem", "Remedy")
        yield Table(f"Refused: {len(refused)} faults{more}", columns, refused[:SHOWN_ROWS])
    flags = said.get("flags") or {}
    if flags:
        pairs = tuple(
            (name.replace(":", ": "), phrases.count(number, "patient")) for name, number in flags.items()
        )
        yield Paragraph("Values that look odd; a suspected slip of unit counts as not known:", "caution")
        yield Facts(pairs)


def cohort_document(found: RankedCohort, book: Rulebook) -> Document:
    """The overview with patients, as in the board's report."""
    return cohort.compose(found.run, book, shared=False)


def cohort_file(found: RankedCohort, book: Rulebook, shared: bool, form: str) -> bytes:
    """The cohort report in one form; `shared` holds aggregates only."""
    return next(iter(cohort_files(found.run, book, shared, [form]).values()))


def patients_table(found: RankedCohort, page: int, size: int = 25) -> Table:
    """One page of patients with answer and both orders."""
    start = (page - 1) * size
    rows = found.rows[start : start + size]
    columns = ("Patient", "Answer", "Order, checked", "Order, as published")
    cut = tuple(
        (who, answer.replace("_", " "), one or "none", two or "none") for who, answer, one, two in rows
    )
    return Table(f"Patients {start + 1} to {start + len(cut)} of {found.ranked}", columns, cut)
