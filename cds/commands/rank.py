"""`cds rank`: one patient or a cohort; `cds template`, `cds schema`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cds.commands.arguments import Assume, Model, Rules, day
from cds.commands.writing import writing
from cds.errors import Fault, InputError

PATIENT_SUFFIXES = (".yaml", ".yml", ".json")


def rank(
    source: Annotated[Path, typer.Argument(help="A patient (YAML, JSON) or a cohort (CSV, Parquet, Arrow).")],
    out: Annotated[Path | None, typer.Option(help="Folder for a cohort's results.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the frozen assessment.")] = False,
    assume: Assume = None,
    form: Annotated[
        str | None, typer.Option("--format", help="Cohort results as parquet (default), csv or jsonl.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="A cohort's column that is no marker.")] = None,
    rules: Rules = None,
    full: Annotated[bool, typer.Option("--full", help="One patient: every section of a report.")] = False,
    why: Annotated[bool, typer.Option("--why", help="One patient: why each stands over the next.")] = False,
    stability: Annotated[
        bool,
        typer.Option("--robustness", help="One patient: how stable the order is, and what would change it."),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the weights drawn for --robustness; default: 0.")
    ] = None,
    model: Model = None,
) -> int:
    """Rank the options for one patient, or for every patient of a cohort."""
    if source.suffix.lower() in PATIENT_SUFFIXES:
        many = {"--out": out, "--ignore": ignore, "--format": form}
        _refuse(many, "a cohort", "This file is one patient.")
        if not stability:
            _refuse({"--seed": seed}, "drawn weights", "Add --robustness.")
        return _rank_patient(source, json, full, assume, rules, why, seed or 0 if stability else None, model)
    one = {"--json": json, "--full": full, "--why": why, "--robustness": stability, "--seed": seed}
    _refuse(one, "one patient", "Rank the cohort with --out DIR, then `cds explain DIR --patient ID`.")
    return _rank_cohort(source, out, assume, form or "parquet", rules, tuple(ignore or ()), model)


def _refuse(given: Mapping[str, object], what: str, remedy: str) -> None:
    """InputError if something was asked for that would do nothing here."""
    said = [name for name, value in given.items() if value or type(value) is int]
    faults = [Fault(name, f"is for {what}", remedy) for name in said]
    if faults:
        raise InputError("These options do not go together", faults)


def _rank_patient(
    source: Path,
    json: bool,
    full: bool,
    assume: Path | None,
    rules: Path | None,
    why: bool,
    seed: int | None,
    model: str | None,
) -> int:
    """`seed`: None where the stability was not asked for; `model`: None where none was named."""
    from cds.commands.patient import assessed
    from cds.rulebook.load import load

    book = load(rules)
    assessment = assessed(source, book, assume, day(None), seed, why, model)
    if json:
        typer.echo(assessment.model_dump_json(indent=2))
        return 0
    from cds.document import terminal
    from cds.report.case import document as case

    shown = case.SECTIONS if full else case.brief(assessment)
    terminal.render(case.case_document(assessment, book, shown), terminal.console())
    if not full:
        typer.echo("Shortened. Every section: --full. As a document: cds report case.")
    return 0


def _rank_cohort(
    source: Path,
    out: Path | None,
    assume: Path | None,
    form: str,
    rules: Path | None,
    ignored: tuple[str, ...],
    model: str | None,
) -> int:
    from cds.batch.run import rank_file

    if out is None:
        raise InputError(
            "A cohort needs a folder for its results", [Fault("--out", "not given", "Add --out DIR.")]
        )
    code = rank_file(source, out, assume=assume, form=form, rules=rules, ignored=ignored, model=model)
    from cds.commands.cohort import summary

    summary(out, rules=rules)
    refused = ", refused rows in refused.csv" if code else ""
    beside = f" and risk.{form} beside it" if model else ""
    typer.echo(
        f"Wrote {out / f'ranking.{form}'}{beside}{refused}. One patient: cds explain {out} --patient ID"
    )
    return code


def template(
    out: Annotated[Path, typer.Argument(help="CSV file to write.")],
    rules: Rules = None,
) -> int:
    """Write the CSV template: one column for each marker that can be entered."""
    from cds.intake.template import header
    from cds.rulebook.load import load

    columns = ",".join(header(load(rules))) + "\n"
    with writing(out):
        out.write_text(columns, encoding="utf-8")
    typer.echo(f"Wrote {out}. Leave a cell empty where something is not known.")
    return 0


def schema() -> int:
    """Print the JSON Schema of the assessment."""
    import json

    from cds.result import Assessment

    typer.echo(json.dumps(Assessment.model_json_schema(), indent=2))
    return 0
