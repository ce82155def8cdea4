"""`cds report`: a case or a cohort as a document; `cds report verify` makes a report again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cds.commands.arguments import Assume, Date, Model, Rules, day

Out = Annotated[Path, typer.Option(help="Folder for the reports.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of samples and drawn weights; default: 0.")]

app = typer.Typer(help="Reports of a case or a cohort, and their verification.", no_args_is_help=True)


@app.command()
def case(
    patient: Annotated[Path, typer.Argument(help="A patient (YAML, JSON).")],
    out: Out = Path("reports"),
    form: Annotated[
        str, typer.Option("--format", help="One or more of html, pdf, docx, md, json, fhir.")
    ] = "html,pdf",
    assume: Assume = None,
    rules: Rules = None,
    seed: Seed = None,
    date: Date = None,
    short: Annotated[bool, typer.Option("--short", help="Without stability, next test and flips.")] = False,
    model: Model = None,
) -> int:
    """Write the report of one patient; HTML, PDF and JSON hold the data to verify it."""
    from cds.commands.patient import assessed
    from cds.errors import Fault, InputError
    from cds.report.files import FORMATS, case_files, check_formats, write
    from cds.rulebook.load import load

    if short and seed is not None:
        fault = Fault("--seed", "is for drawn weights", "Leave out --short, which shows none.")
        raise InputError("These options do not go together", [fault])
    formats = _formats(form)
    check_formats(formats, FORMATS)
    made_on, book = day(date), load(rules)
    drawn = None if short else seed or 0
    assessment = assessed(patient, book, assume, made_on, drawn, not short, model)
    _tell(write(out, case_files(assessment, book, formats)))
    return 0


@app.command()
def cohort(
    results: Annotated[Path, typer.Argument(help="Folder that `cds rank COHORT --out` wrote.")],
    board: Annotated[
        bool | None,
        typer.Option("--board/--shared", help="With patients, or aggregates only (cells under 5 hidden)."),
    ] = None,
    out: Out = Path("reports"),
    form: Annotated[str, typer.Option("--format", help="One or more of html, pdf, docx, md.")] = "html,pdf",
    source: Annotated[
        Path | None, typer.Option(help="The ranked file: adds stability and tests, worked out per patient.")
    ] = None,
    assume: Annotated[Path | None, typer.Option(help="The assumptions of the run.")] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="A column that is no marker, as in the run.")
    ] = None,
    follow_up: Annotated[
        Path | None, typer.Option(help="CSV id,time,event (months, 0 or 1): adds survival by risk.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The risk model for --follow-up, ID or ID@VERSION.")
    ] = None,
    seed: Seed = None,
    rules: Rules = None,
) -> int:
    """Write the overview of a ranked cohort."""
    from cds.errors import Fault, InputError
    from cds.report.cohort.extras import NOTHING, Given, work_out
    from cds.report.cohort.run import read_run
    from cds.report.files import COHORT_FORMATS, check_formats, cohort_files, write
    from cds.rulebook.load import load

    if board is None:
        remedy = "Add --board (with patients) or --shared (aggregates only)."
        raise InputError(
            "Who the report is for is not said", [Fault("--board or --shared", "not given", remedy)]
        )
    if source is None and (assume or ignore or follow_up or seed is not None):
        fault = Fault(
            "--assume, --ignore, --follow-up, --seed", "need the patients", "Add --source COHORT_FILE."
        )
        raise InputError("The patients of the run are not given", [fault])
    if (follow_up is None) != (model is None):
        fault = Fault("--follow-up, --model", "only one of them is given", "Survival by risk needs both.")
        raise InputError("Survival can't be shown", [fault])
    formats = _formats(form)
    check_formats(formats, COHORT_FORMATS)
    book = load(rules)
    run, more = read_run(results, book), NOTHING
    if source is not None:
        risk = None
        if model is not None:
            from cds.risk.shelf import named

            risk, _ = named(model, book)
        more = work_out(run, Given(source, assume, tuple(ignore or ()), follow_up, risk), book, seed or 0)
    _tell(write(out, cohort_files(run, book, not board, formats, more)), holds_patients=board)
    return 0


@app.command()
def verify(
    report: Annotated[Path, typer.Argument(help="A report (HTML, PDF, JSON).")],
    rules: Rules = None,
) -> int:
    """Read the data in a report, rank again, and say whether the same comes out (exit 1 if not)."""
    from cds.report.verification import verify as check
    from cds.rulebook.load import load

    verdict = check(report, load(rules))
    for line in verdict.lines:
        typer.echo(line)
    return 0 if verdict.reproduced else 1


def _formats(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _tell(paths: list[Path], holds_patients: bool = True) -> None:
    for path in paths:
        typer.echo(f"Wrote {path} ({path.stat().st_size:,} bytes)")
    typer.echo("Holds patient data." if holds_patients else "Holds aggregates only, cells under 5 hidden.")
