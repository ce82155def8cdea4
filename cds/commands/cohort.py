"""`cds digest`, `cds explain`, `cds summary`, `cds who-used`: what a finished cohort run holds."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from cds.commands.arguments import Rules
from cds.errors import Fault, InputError

Out = Annotated[Path, typer.Argument(help="Folder of a finished cohort run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NOT_KEPT = "Entered and derived values are not kept in the results of a cohort; they stand in {}."


def digest(out: Out) -> int:
    """Print the digest of a ranking: equal for equal rankings, whatever their format and order."""
    from cds.batch.digest import digest_of
    from cds.batch.stored import Stored

    stored = Stored(out)
    typer.echo(digest_of(stored.tables(), stored.layout))
    return 0


def explain(
    out: Out,
    patient: Annotated[str, typer.Option(help="Id of the patient.")],
    json: AsJson = False,
    full: Annotated[bool, typer.Option("--full", help="Every section of a report.")] = False,
    rules: Rules = None,
) -> int:
    """Expand one patient's stored masks into the full explanation; nothing is ranked anew."""
    from cds.batch.expand import explanation
    from cds.batch.stored import Stored
    from cds.rulebook.load import load

    stored = Stored(out)
    book = load(rules)
    assessment = explanation(stored, patient, book)
    if json:
        typer.echo(assessment.model_dump_json(indent=2))
        return 0
    from dataclasses import replace

    from cds.document import terminal
    from cds.report.case import document as case

    sections = case.SECTIONS if full else case.brief(assessment)
    shown = [name for name in sections if name != "markers"]
    terminal.render(replace(case.case_document(assessment, book, shown), band=()), terminal.console())
    typer.echo(NOT_KEPT.format(stored.run["input"]["name"]))
    if not full:
        typer.echo("Shortened. Every section: --full.")
    return 0


def summary(out: Out, json: AsJson = False, rules: Rules = None) -> int:
    """Show the counts of a cohort run: answers, first options, differences, what is missing."""
    import json as as_json

    from cds.batch.stored import Stored

    stored = Stored(out)
    counts = as_json.loads((stored.out / "summary.json").read_text(encoding="utf-8"))
    if json:
        typer.echo(as_json.dumps(counts, indent=1, ensure_ascii=False))
        return 0
    show_summary(counts, rules)
    return 0


def show_summary(counts: dict[str, Any], rules: Path | None) -> None:
    """Print the counts as tables; ids are explained where the rulebook is the run's own."""
    from cds.batch.words import words_of
    from cds.document.blocks import Document, Section
    from cds.document.terminal import console, render
    from cds.report.cohort.run_summary import blocks
    from cds.rulebook.load import load

    made_by = (
        f"{counts['software']}, rulebook {counts['rulebook_version']} ({counts['rulebook_digest'][:12]})"
    )
    book = load(rules)
    words = words_of(book) if book.digest == counts["rulebook_digest"] else {}
    section = Section(
        "summary",
        f"{counts['scored']:,} patient{'' if counts['scored'] == 1 else 's'} ranked",
        tuple(blocks(counts, words, book.answer)),
    )
    render(Document("Cohort", counts["research_only"], counts["meaning"], made_by, (section,)), console())


def who_used(
    outs: Annotated[list[Path], typer.Argument(help="Folders of finished cohort runs.")],
    rule: Annotated[str | None, typer.Option(help="Rule id.")] = None,
    rulebook: Annotated[str | None, typer.Option(help="Digest of a rulebook, or its start.")] = None,
    model: Annotated[str | None, typer.Option(help="Model id.")] = None,
) -> int:
    """List every patient that a rule, a rulebook or a model touched, as CSV: run, id, how."""
    from cds.batch.csv_out import quoted
    from cds.batch.recall import made_with
    from cds.batch.recall import who_used as touched

    if rule is None and rulebook is None and model is None:
        raise InputError(
            "Nothing to look for", [Fault("who-used", "no --rule, --rulebook or --model", "Name one.")]
        )
    found = touched(outs, rule, rulebook, model)
    first = next(found, None)
    typer.echo("run,id,how")
    for one in chain(() if first is None else (first,), found):
        typer.echo(",".join(map(quoted, one)))
    if first is None:
        rulebooks, models = made_with(outs)
        typer.echo(
            f"Nobody in these runs. They were made with rulebook {', '.join(rulebooks)}, "
            f"risk model {', '.join(models) or 'none'}.",
            err=True,
        )
    return 0
