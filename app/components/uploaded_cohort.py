"""A cohort from an uploaded table, ranked as on the command line and kept for one visit.

During the run its files are in the data folder, readable by their owner only; afterwards in memory.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.batch.progress import Watch
from cds.batch.readable import write_csv
from cds.batch.results import schema_of
from cds.batch.run import rank_file
from cds.batch.stamp import stamp_of
from cds.batch.stored import Stored
from cds.report.cohort.run import CohortRun, read_run
from cds.report.files import cohort_files
from cds.rulebook.book import Rulebook
from cds.store.places import working_folder

SUFFIXES = ("csv", "parquet", "gz")


@dataclass(frozen=True, eq=False)
class RankedCohort:
    """A finished run with its files by name; `orders` has id, answer and both orders of every patient."""

    run: CohortRun
    orders: tuple[tuple[str, ...], ...]
    files: Mapping[str, bytes]

    @property
    def ranked(self) -> int:
        """How many patients were ranked."""
        return len(self.run)

    def report(self, book: Rulebook, shared: bool, form: str) -> bytes:
        """The cohort report in one format; `shared` holds aggregates only."""
        return next(iter(cohort_files(self.run, book, shared, [form]).values()))

    def archive(self) -> bytes:
        """All files as one ZIP, the same bytes for the same run."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, raw in sorted(self.files.items()):
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), raw)
        return packed.getvalue()


def rank_upload(name: str, raw: bytes, book: Rulebook, watch: Watch | None = None) -> RankedCohort:
    """Rank an uploaded cohort; InputError with every fault if the table is refused.

    `book` is the rulebook as the page shows it: refused if its files changed since it was read.
    `watch` is called with the share that is done, 0 to 1, and the number of patients.
    """
    suffix = Path(name).suffix.lower().lstrip(".")
    with working_folder() as folder:
        source, out = folder / f"cohort.{suffix if suffix in SUFFIXES else 'csv'}", folder / "out"
        source.write_bytes(raw)
        rank_file(source, out, watch=watch)
        run = read_run(out, book)
        files = {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.is_file()}
        ranking = _as_csv(Stored(out), book)
    return RankedCohort(run, _orders(ranking), {**files, "ranking.csv": ranking})


def _as_csv(stored: Stored, book: Rulebook) -> bytes:
    """The ranking as `cds rank --format csv` writes it."""
    text, stamp = io.BytesIO(), stamp_of(book, None)
    write_csv(text, schema_of(stored.layout).empty_table(), stored.layout, stamp, header=True)
    for table in stored.tables():
        write_csv(text, table, stored.layout, stamp, header=False)
    return text.getvalue()


def _orders(raw: bytes) -> tuple[tuple[str, ...], ...]:
    """Id, answer and both orders of every patient."""
    return tuple(tuple(row[:4]) for row in csv.reader(io.StringIO(raw.decode("utf-8"))))[1:]
