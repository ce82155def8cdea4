"""Rank a cohort file: read it strictly, decide part by part, write what is whole or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds.batch.crew import Crew
from cds.batch.ids import Hashes, refuse_twice, suspects
from cds.batch.layout import layout_of, rule_table
from cds.batch.memory import keep_freed_memory
from cds.batch.output_folder import FORMS, RUN, digest_of_file, disk, output_folder, write_json
from cds.batch.pipeline import ahead
from cds.batch.progress import Watch, progress
from cds.batch.ranked_part import CHUNK, PartRanker, RankedPart
from cds.batch.ranking_writer import ranking_writer
from cds.batch.refused import refused_header, refused_lines
from cds.batch.stamp import stamp_of
from cds.batch.summary import Counts, add, tidy
from cds.errors import Fault, InputError
from cds.intake.assumptions import Assumptions, read_assumptions
from cds.intake.cohort_file import CohortPart, CohortReader, add_slips, check_slips
from cds.intake.cohort_tables import READING, CsvTables, Reading
from cds.intake.formats import Tables, tables_of
from cds.intake.source import Source, refuse
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

if TYPE_CHECKING:
    from cds.batch.risks import Risks


@dataclass(frozen=True)
class Options:
    """How a run works; nothing here but assumptions and policies changes a ranking.

    A CSV file of more than `alone_up_to` bytes is shared with `helpers` processes besides the run's own.
    `model` (ID, ID@VERSION or ID@DIGEST) adds a table of its risks beside the ranking.
    """

    form: str = "parquet"
    rules: Path | None = None
    assume: Path | None = None
    policies: tuple[str, ...] | None = None
    ignored: tuple[str, ...] = ()
    chunk: int = CHUNK
    threads: int = 2
    helpers: int = 2
    alone_up_to: int = 32 << 20
    reading: Reading = READING
    watch: Watch | None = None
    model: str | None = None


def rank_file(
    source: Path,
    out: Path,
    assume: Path | None = None,
    form: str = "parquet",
    rules: Path | None = None,
    **how: Any,
) -> int:
    """Rank every patient of a cohort file into the folder `out`; `how` are fields of `Options`.

    Returns 0, or 1 if some rows were refused. InputError (2): the file is refused. RulebookError or
    ModelError (3). Interrupted (4): stopped by somebody, the disk or the memory. After an error
    nothing is written, and earlier results in `out` are as they were.
    """
    options = Options(form=form, rules=rules, assume=assume, **how)
    if form not in FORMS:
        raise InputError(
            "The format is not known", [Fault("--format", repr(form), f"Use {', '.join(FORMS)}.")]
        )
    book = load(rules)
    assumptions = read_assumptions(assume, book) if assume else None
    run = _Run(source, book, assumptions, options)
    keep_freed_memory()
    with output_folder(out) as folder:
        counts = run.write(folder)
    return 1 if counts["refused"] else 0


def _risks(options: Options, book: Rulebook) -> Risks | None:
    """The named model; what it needs is loaded only if there is one."""
    if options.model is None:
        return None
    from cds.batch.risks import Risks
    from cds.risk.shelf import named

    return Risks(*named(options.model, book), book, layout_of(book, options.policies or book.policy_ids))


class _Run:
    def __init__(self, path: Path, book: Rulebook, assumptions: Assumptions | None, options: Options) -> None:
        self.path, self.book, self.options = path, book, options
        self.assumptions = assumptions
        self.layout = layout_of(book, options.policies or book.policy_ids)
        self.stamp = stamp_of(book, assumptions)
        self.ranker = PartRanker(book, self.layout, assumptions, options.chunk)
        self.risks = _risks(options, book)

    def write(self, folder: Path) -> Counts:
        """Write everything into an empty folder; returns the counts."""
        with Source(self.path) as source:
            counts = self._rank(source, folder)
            head = self.stamp.plain(dt.datetime.now(dt.UTC).date())
            if self.risks is not None:
                head["model"] = self.risks.head
                counts |= {"risk": self._write_risks(folder, self.risks, source.digest)}
            counts = tidy(counts)
            self._describe(folder, head, counts, source)
        return counts

    def _describe(self, folder: Path, head: dict[str, Any], counts: Counts, source: Source) -> None:
        """Write what the ranking is to be read with: points of rules, counts, and the run itself."""
        write_json(folder / "contributions.json", head | rule_table(self.book, self.layout.policies))
        write_json(folder / "summary.json", head | counts)
        with disk():
            digests = {path.name: digest_of_file(path) for path in sorted(folder.iterdir())}
        run = head | {
            "input": {"name": source.name, "bytes": source.size, "sha256": source.digest},
            **{key: counts[key] for key in ("read", "scored", "refused")},
            "format": self.options.form,
            "layout": self.layout.plain(),
            "files": digests,
        }
        write_json(folder / RUN, run)

    # --- the ranking --------------------------------------------------------------------------

    def _rank(self, source: Source, folder: Path) -> Counts:
        """Rank and write the patients; checks what only the whole file can show."""
        counts: Counts = {}
        slips: dict[str, tuple[int, int]] = {}
        hashes: list[Hashes] = []
        tables = self._tables(source)
        with (
            progress(source.size, watch=self.options.watch) as advance,
            closing(self._ranked(source, tables)) as parts,
        ):
            for part in self._written(parts, folder):
                counts = add(counts, part.counts)
                add_slips(slips, part.slips)
                hashes.append(part.hashes)
                advance(source.position, counts["read"])
        source.check_unchanged()
        check_slips(slips, source.name)
        self._check_ids(source, hashes)
        return counts

    def _check_ids(self, source: Source, hashes: list[Hashes]) -> None:
        suspected = suspects(hashes)
        if suspected:
            with Source(self.path) as again:
                refuse_twice(source.name, suspected, self._tables(again))

    def _tables(self, source: Source) -> Tables:
        return tables_of(source, self.book, self.options.ignored, self.options.reading)

    def _parts(self, tables: Tables) -> Iterator[CohortPart]:
        reader = CohortReader(self.book, tables.header)
        return (reader.part(rows) for rows in tables)

    def _ranked(self, source: Source, tables: Tables) -> Generator[RankedPart, None, None]:
        """What helpers make of a large file while its rows are clean, then what is made here."""
        options = self.options
        if isinstance(tables, CsvTables) and options.reading.fast and source.size > options.alone_up_to:
            with Crew(self._job(source, tables), options.helpers) as crew:
                yield from crew.ranked(tables)
        parts = self._parts(tables)
        if options.threads > 1:
            yield from ahead(map(self.ranker.rank, ahead(parts)))
        else:
            yield from map(self.ranker.rank, parts)

    def _job(self, source: Source, tables: CsvTables) -> dict[str, Any]:
        """What a helper has to know."""
        options = self.options
        return {
            "rules": str(options.rules.resolve()) if options.rules else None,
            "assume": str(options.assume.resolve()) if options.assume else None,
            "known": [self.stamp.rulebook_digest, self.stamp.assumptions],
            "name": source.name,
            "header": tables.names,
            "ignored": list(options.ignored),
            "policies": list(self.layout.policies),
            "chunk": options.chunk,
        }

    def _written(self, parts: Iterable[RankedPart], folder: Path) -> Iterator[RankedPart]:
        """Write the ranking and the refused rows."""
        with disk():
            writer = ranking_writer(folder / f"ranking.{self.options.form}", self.layout, self.stamp)
            refused = (folder / "refused.csv").open("wb", buffering=0)
        with closing(writer), refused:
            with disk():
                refused.write(refused_header())
            for part in parts:
                with disk():
                    writer.write(part.table)
                    refused.write(refused_lines(part.refused))
                yield part
            with disk():
                writer.finish()

    # --- beside the ranking -------------------------------------------------------------------

    def _write_risks(self, folder: Path, risks: Risks, digest: str) -> Counts:
        """Write the risks in a second pass over the same file."""
        from cds.batch.risks import decided, write

        with Source(self.path) as source, progress(source.size, watch=self.options.watch) as advance:
            parts = self._parts(self._tables(source))
            decisions = decided(parts, risks, self.assumptions, lambda n: advance(source.position, n))
            counts = write(folder / f"risk.{self.options.form}", risks, decisions, self.stamp)
            source.check_unchanged()
            if source.digest != digest:
                refuse(source.name, "was changed while it was ranked", "Rank again.")
        return counts
