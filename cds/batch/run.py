"""Rank a cohort file: read it strictly, decide piece by piece, write what is whole or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds.batch import finish
from cds.batch.crew import Crew
from cds.batch.files import write_json
from cds.batch.ids import refuse_twice, suspects
from cds.batch.journal import Journal, Part, State, locked
from cds.batch.layout import FORMAT_VERSION, layout_of, rule_table
from cds.batch.memory import keep_freed_memory
from cds.batch.pipeline import ahead
from cds.batch.progress import Watch, progress
from cds.batch.refused import refused_header, refused_lines
from cds.batch.sinks import flushed, opened_at, sink_for
from cds.batch.stages import Decider, Outcome, read
from cds.batch.stamp import stamp_of
from cds.batch.stopping import interruptible, output_folder
from cds.batch.summary import Counts, tidy
from cds.errors import Fault, InputError
from cds.intake.assumptions import Assumptions, read_assumptions
from cds.intake.cohort_file import CohortReader, check_slips
from cds.intake.cohort_tables import READING, CsvTables, Reading
from cds.intake.formats import Tables, tables_of
from cds.intake.source import ChangedInput, Source, refuse
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

if TYPE_CHECKING:
    from cds.batch.risks import Risks

FORMS = ("parquet", "csv", "jsonl")


@dataclass(frozen=True)
class Options:
    """How a run works; nothing here changes a ranking, and `part` and `form` only its files.

    A CSV file of more than `alone_up_to` bytes is read by `helpers` processes besides the run's own.
    `model` (ID, ID@VERSION or ID@DIGEST) adds a table of its risks beside the ranking.
    """

    form: str = "parquet"
    rules: Path | None = None
    assume: Path | None = None
    policies: tuple[str, ...] | None = None
    ignored: tuple[str, ...] = ()
    resume: bool = False
    chunk: int = 32_768
    part: int = 768 << 20
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

    Returns 0, or 1 if some rows were refused. InputError (2): the file is refused and nothing is
    written. RulebookError (3). Interrupted (4): call again with `resume=True`.
    """
    options = Options(form=form, rules=rules, assume=assume, **how)
    if form not in FORMS:
        raise InputError(
            "The format is not known", [Fault("--format", repr(form), f"Use {', '.join(FORMS)}.")]
        )
    book = load(rules)
    assumptions = read_assumptions(assume, book) if assume else None
    risks = _risks(options, book)
    keep_freed_memory()
    with output_folder(out), locked(out), interruptible():
        run = _Run(source, out, book, assumptions, options, risks).run()
    return 1 if run["refused"] else 0


def _risks(options: Options, book: Rulebook) -> Risks | None:
    """The named model; what it needs is loaded only if there is one."""
    if options.model is None:
        return None
    from cds.batch.risks import Risks
    from cds.risk.shelf import named

    return Risks(*named(options.model, book), book, layout_of(book, options.policies or book.policy_ids))


class _Run:
    def __init__(
        self,
        path: Path,
        out: Path,
        book: Rulebook,
        assumptions: Assumptions | None,
        options: Options,
        risks: Risks | None,
    ) -> None:
        self.path, self.out, self.book, self.options = path, out, book, options
        self.journal = Journal(out)
        self.work = self.journal.work
        self.layout = layout_of(book, options.policies or book.policy_ids)
        self.stamp = stamp_of(book, assumptions)
        self.decider = Decider(book, self.layout, assumptions, options.chunk)
        self.risks = risks
        self.state = State()

    def run(self) -> dict[str, Any]:
        """The whole run; returns what `run.json` holds."""
        with Source(self.path) as source:
            self.state = self.journal.begin(self._job(source), self.options.resume)
            if not finish.is_sealed(self.work):
                self._seal(source, self._ranked(source))
        return finish.move(self.work, self.out)

    def _ranked(self, source: Source) -> str:
        """Rank and write everything; returns the digest of the input."""
        try:
            tables = self._tables(source)
            if not (self.state.end and self.state.so_far):
                return self._rank(source, tables)
            with Source(self.path) as again:
                again.expect(self.state.so_far)
                tables.go_on_from(again, self.state.end)
                return self._rank(again, tables)
        except InputError as error:
            if not isinstance(error, ChangedInput):
                self.journal.clear()
            raise

    def _job(self, source: Source) -> dict[str, Any]:
        """What must be the same for a run to be taken up again."""
        return {
            "input": source.name,
            "input_bytes": source.size,
            "rulebook": self.stamp.rulebook_digest,
            "software": self.stamp.software,
            "output_format": FORMAT_VERSION,
            "assumptions": self.stamp.assumptions,
            "model": self.risks and self.risks.head,
            "format": self.options.form,
            "policies": list(self.layout.policies),
            "ignored": list(self.options.ignored),
            "part": self.options.part,
            "block": self.options.reading.block,
            "rows": self.options.reading.rows,
        }

    # --- ranking ------------------------------------------------------------------------------

    def _rank(self, source: Source, tables: Tables) -> str:
        outcomes = self._outcomes(source, tables)
        with progress(source.size, watch=self.options.watch) as advance, closing(outcomes):
            for patients in self._written(outcomes):
                advance(source.position, patients)
        source.check_unchanged()
        check_slips(self.state.slips, source.name)
        suspected = suspects(self.journal.ids(self.state.parts))
        if suspected:
            with Source(self.path) as again:
                refuse_twice(source.name, suspected, self._tables(again))
        return source.digest

    def _outcomes(self, source: Source, tables: Tables) -> Generator[Outcome, None, None]:
        """What helpers make of a large file while its rows are clean, then what is made here."""
        options = self.options
        if isinstance(tables, CsvTables) and options.reading.fast and source.size > options.alone_up_to:
            job = {
                "rules": str(options.rules.resolve()) if options.rules else None,
                "assume": str(options.assume.resolve()) if options.assume else None,
                "known": [self.stamp.rulebook_digest, self.stamp.assumptions],
                "name": source.name,
                "header": tables.names,
                "ignored": list(options.ignored),
                "policies": list(self.layout.policies),
                "chunk": options.chunk,
            }
            with Crew(job, options.helpers) as crew:
                yield from crew.outcomes(tables)
        steps = read(tables, CohortReader(self.book, tables.header, tables.lexicons))
        if options.threads > 1:
            yield from ahead(self.decider.outcomes(ahead(steps)))
        else:
            yield from self.decider.outcomes(steps)

    def _tables(self, source: Source) -> Tables:
        return tables_of(source, self.book, self.options.ignored, self.options.reading)

    def _written(self, outcomes: Iterator[Outcome]) -> Iterator[int]:
        """Write outcomes; after every part the journal tells how far the run got."""
        part = Part(self.journal, self.state, self.options.part)
        sink = sink_for(self.options.form, self.work, self.layout, self.stamp, self.state.taken)
        with closing(sink), opened_at(self.work / "refused.csv", self.state.refused_size) as refused:
            if not self.state.refused_size:
                refused.write(refused_header())
            for outcome in outcomes:
                sink.write(outcome.table)
                refused.write(refused_lines(outcome.refused))
                if part.take(outcome):
                    part.end(sink.end_part(), flushed(refused))
                yield self.state.counts["read"]
            if part.is_open:
                part.end(sink.end_part(), flushed(refused))

    # --- the end ------------------------------------------------------------------------------

    def _seal(self, source: Source, digest: str) -> None:
        """Write the small files; all that is left are moves."""
        said, counts = self.stamp.plain(dt.datetime.now(dt.UTC).date()), self.state.counts
        names = [f"ranking.{self.options.form}", "refused.csv", "contributions.json", "summary.json"]
        if self.risks is not None:
            names.insert(1, f"risk.{self.options.form}")
            said["model"] = self.risks.head
            counts = counts | {"risk": self._beside(names[1], self.risks, digest)}
        counts = tidy(counts)
        if self.options.form == "parquet":
            finish.gather_parts(self.work, self.state.parts)
        write_json(self.work / "contributions.json", said | rule_table(self.book, self.layout.policies))
        write_json(self.work / "summary.json", said | counts)
        run = said | {
            "input": {"name": source.name, "bytes": source.size, "sha256": digest},
            **{key: counts[key] for key in ("read", "scored", "refused")},
            "format": self.options.form,
            "layout": self.layout.plain(),
        }
        finish.seal(self.work, run, names)

    def _beside(self, name: str, risks: Risks, digest: str) -> Counts:
        """Write the risks in a second pass over the same file; interrupted, it starts anew."""
        from cds.batch.risks import pieces, write

        with Source(self.path) as source, progress(source.size, watch=self.options.watch) as advance:
            tables = self._tables(source)
            steps = read(tables, CohortReader(self.book, tables.header, tables.lexicons))
            decisions = pieces(steps, risks, self.decider.assumptions, lambda n: advance(source.position, n))
            counts = write(self.work / name, risks, decisions, self.stamp)
            source.check_unchanged()
            if source.digest != digest:
                refuse(source.name, "was changed while it was ranked", "Rank again.")
        return counts
