"""`cds rules`: check, list, show and compare rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cds.commands import browse
from cds.errors import Fault, InputError

app = typer.Typer(help="Check, list and show the rules.", no_args_is_help=True)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Rules folder; default: the shipped one.")] = None,
) -> int:
    """Prove what a rulebook can be proven to hold; exit 3 lists every fault."""
    from cds.checks.rulebook_check import check as prove
    from cds.rulebook.load import load

    book = load(folder)
    report = prove(book)
    for line in report.lines:
        typer.echo(line)
    return 3 if report.faults else 0


@app.command()
def schema(
    kind: Annotated[str | None, typer.Argument(help="Kind of file; default: all of them.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write a file for each kind into this folder.")] = None,
) -> int:
    """Print the JSON Schema of rulebook files, by which editors complete and check them."""
    import json

    from cds.commands.writing import writing
    from cds.curation.schema import KINDS, schema_of, write_schemas

    if out is not None:
        with writing(out):
            write_schemas(out, [kind] if kind else KINDS)
        return 0
    whole = schema_of(kind) if kind else {name: schema_of(name) for name in KINDS}
    typer.echo(json.dumps(whole, indent=2, ensure_ascii=False))
    return 0


browse.shelf("rules", "the rules, with what they do under each policy", app)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Rules folder before.")],
    new: Annotated[Path, typer.Argument(help="Rules folder after.")],
    cohort: Annotated[
        Path | None, typer.Option(help="A cohort as `cds rank` takes it: whom do the changes move?")
    ] = None,
    assume: Annotated[Path | None, typer.Option(help="Facts assumed where they are not known.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="A cohort's column that is no marker.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole comparison.")] = False,
) -> int:
    """Tell what changed between two rulebooks, and which patients each change moves."""
    from cds.comparison.cohort_source import open_cohort
    from cds.comparison.moves import compare_rulebooks, with_refused
    from cds.comparison.words import lines
    from cds.rulebook.load import load

    if cohort is None and (assume or ignore):
        fault = Fault("--assume, --ignore", "are about a cohort", "Add --cohort FILE.")
        raise InputError("No cohort was named", [fault])
    before, after = load(old), load(new)
    if cohort is None:
        found = compare_rulebooks(before, after).diff()
    else:
        source = open_cohort(cohort, after, before, assume, tuple(ignore or ()))
        found = compare_rulebooks(before, after).diff(source, source.book)
        found = with_refused(found, source.refused)
    typer.echo(found.model_dump_json(indent=2) if json else "\n".join(lines(found)))
    return 1 if found.refused else 0
