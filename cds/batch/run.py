"""Rank a cohort file: read it strictly, decide piece by piece, write what is whole or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cds import __version__
from cds.batch.csv_out import quoted
from cds.batch.files import put, write_json
from cds.batch.layout import Layout, layout_of, rule_table
from cds.batch.readable import Stamp, readable
from cds.batch.results import schema_of, table_of
from cds.batch.summary import add, counts_of, tidy
from cds.decision import POLICIES, decide
from cds.errors import Fault, InputError
from cds.intake.assumptions import Assumptions, read_assumptions
from cds.intake.cohort_file import CohortReader, Piece
from cds.intake.cohort_tables import CsvTables
from cds.intake.source import Source
from cds.notice import NOT_A_CHANCE, RESEARCH_ONLY
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

FORMS = ("parquet", "csv")
CHUNK = 16_384
REFUSED = ("line", "id", "column", "code", "problem", "remedy")


def rank_file(
    source: Path,
    out: Path,
    assume: Path | None = None,
    form: str = "parquet",
    rules: Path | None = None,
    policies: tuple[str, ...] = POLICIES,
    chunk: int = CHUNK,
    ignored: tuple[str, ...] = (),
) -> int:
    """Rank every patient of a cohort file into the folder `out`.

    Returns 0, or 1 if some rows were refused. InputError (2) if the file is refused: nothing is
    written then. RulebookError (3) if the rulebook is.
    """
    if form not in FORMS:
        raise InputError(
            "The format is not known", [Fault("--format", form, f"Use one of: {', '.join(FORMS)}.")]
        )
    book = load(rules)
    assumptions = read_assumptions(assume, book) if assume else None
    created = not out.exists()
    work = out / ".work"
    try:
        work.mkdir(parents=True, exist_ok=True)
        job = _Job(Source(source), work, book, assumptions, form, policies, chunk)
        counts = job.run(ignored)
        job.finish(out)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        if created:
            shutil.rmtree(out, ignore_errors=True)
        raise
    shutil.rmtree(work)
    return 1 if counts["refused"] else 0


class _Job:
    def __init__(
        self,
        source: Source,
        work: Path,
        book: Rulebook,
        assumptions: Assumptions | None,
        form: str,
        policies: tuple[str, ...],
        chunk: int,
    ) -> None:
        self.source, self.work, self.book, self.assumptions = source, work, book, assumptions
        self.form, self.policies, self.chunk = form, policies, chunk
        self.layout: Layout = layout_of(book, policies)
        self.stamp = Stamp(RESEARCH_ONLY, f"{book.identity.id} {book.identity.version} {book.digest[:12]}")
        self.counts: dict[str, Any] = {}
        self.seen: dict[str, int] = {}
        self.twice: list[Fault] = []

    def run(self, ignored: tuple[str, ...]) -> dict[str, Any]:
        tables = CsvTables(self.source, self.book, ignored)
        reader = CohortReader(self.book, tables.header, tables.lexicons)
        with (
            _ranking_writer(
                self.form, self.work / f"ranking.{self.form}", self.layout, self.stamp, self.meta()
            ) as ranking,
            (self.work / "refused.csv").open("w", encoding="utf-8", newline="") as refused,
        ):
            refused.write(",".join(REFUSED) + "\r\n")
            for table in tables:
                self._unique(table.ids, table.lines)
                piece = reader.piece(table)
                for row in piece.refused:
                    refused.write(",".join(quoted(str(getattr(row, name))) for name in REFUSED) + "\r\n")
                self._decide(piece, ranking)
        if self.twice:
            raise InputError("The cohort file is refused: ids stand twice", self.twice[:20])
        reader.slips.check(self.source.name)
        self.source.check_unchanged()
        return self.counts

    def _unique(self, ids: Any, lines: Any) -> None:
        for name, line in zip(ids, lines.tolist(), strict=True):
            first = self.seen.setdefault(name, line)
            if first != line and name.strip():
                problem = f"the id on this line stands on line {first} already"
                self.twice.append(Fault(f"{self.source.name}:{line}", problem, "Give every patient one row."))

    def _decide(self, piece: Piece, ranking: Any) -> None:
        n = len(piece.cohort)
        for start in range(0, max(n, 1), self.chunk):
            cohort = piece.cohort.part(start, start + self.chunk)
            if self.assumptions:
                cohort = self.assumptions.fill(cohort, self.book)
            decision = decide(cohort, self.book, self.policies)
            flags = {
                row - start: said for row, said in piece.flags.items() if start <= row < start + len(cohort)
            }
            part = Piece(cohort, flags, piece.refused if start == 0 else (), len(cohort))
            if start == 0:
                part = Piece(cohort, flags, piece.refused, len(cohort) + piece.read - n)
            self.counts = add(self.counts, counts_of(decision, part))
            if n:
                ranking.write(table_of(decision, self.layout, flags))

    def meta(self) -> dict[str, Any]:
        identity = self.book.identity
        today = dt.datetime.now(dt.UTC).date()
        return {
            "research_only": RESEARCH_ONLY,
            "meaning": NOT_A_CHANCE,
            "no_predictive_marker": identity.no_predictive_marker,
            "software": f"evr-cds {__version__}",
            "rulebook": identity.id,
            "rulebook_version": identity.version,
            "rulebook_digest": self.book.digest,
            "review_by": identity.review_by,
            "past_review": today > dt.date.fromisoformat(identity.review_by),
            "made_on": today.isoformat(),
            "model": None,
            "policies": list(self.policies),
            "assumptions": {"why": self.assumptions.why, "markers": dict(self.assumptions.said)}
            if self.assumptions
            else None,
        }

    def finish(self, out: Path) -> None:
        (out / "run.json").unlink(missing_ok=True)
        meta = self.meta()
        made = [f"ranking.{self.form}", "refused.csv"]
        write_json(self.work / "contributions.json", meta | rule_table(self.book, self.policies))
        write_json(self.work / "summary.json", meta | tidy(self.counts))
        made += ["contributions.json", "summary.json"]
        digests = {name: _digest(self.work / name) for name in made}
        for stale in FORMS:
            (out / f"ranking.{stale}").unlink(missing_ok=True)
        for name in made:
            put(self.work / name, out / name)
        source = {"name": self.source.name, "bytes": self.source.size, "sha256": self.source.digest}
        run = meta | {"input": source, "read": self.counts["read"], "scored": self.counts["scored"]}
        run |= {"refused": self.counts["refused"], "format": self.form, "files": digests}
        write_json(out / "run.json", run | {"layout": self.layout.plain()})


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _ParquetOut:
    def __init__(self, path: Path, layout: Layout, stamp: Stamp, meta: dict[str, Any]) -> None:
        schema = schema_of(layout).with_metadata(
            {"research_only": meta["research_only"], "rulebook": stamp.rulebook, "software": meta["software"]}
        )
        self.schema = schema
        self.writer = pq.ParquetWriter(path, schema)

    def __enter__(self) -> _ParquetOut:
        return self

    def write(self, table: Any) -> None:
        self.writer.write_table(table.cast(self.schema))

    def __exit__(self, *_: object) -> None:
        self.writer.close()


class _CsvOut:
    def __init__(self, path: Path, layout: Layout, stamp: Stamp) -> None:
        self.file = path.open("wb")
        self.layout, self.stamp, self.first = layout, stamp, True
        self.write(schema_of(layout).empty_table())

    def __enter__(self) -> _CsvOut:
        return self

    def write(self, table: Any) -> None:
        readable(table, self.layout, self.stamp).write_csv(
            self.file, include_header=self.first, line_terminator="\r\n"
        )
        self.first = False

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _ranking_writer(form: str, path: Path, layout: Layout, stamp: Stamp, meta: dict[str, Any]) -> Any:
    return _ParquetOut(path, layout, stamp, meta) if form == "parquet" else _CsvOut(path, layout, stamp)
