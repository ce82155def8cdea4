"""`cds model`: list, show, import, simulate and apply risk models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cds.commands.arguments import Rules
from cds.commands.train import Data, deriving, read_cohort, store_model
from cds.commands.writing import writing
from cds.errors import Fault, InputError

app = typer.Typer(help="List, show, import, simulate and apply risk models.", no_args_is_help=True)


@app.command("list")
def list_() -> int:
    """List the trained models."""
    from cds.commands.browse import table
    from cds.risk.shelf import read_record, shelved

    records = [read_record(folder) for folder in shelved()]
    if not records:
        typer.echo("No risk model is on the shelf; rankings need none.")
        return 0
    rows = (
        (
            record.manifest.declaration.id,
            record.manifest.declaration.version,
            record.manifest.declaration.estimand,
            record.manifest.declaration.outcome.words,
            record.validity,
            record.digest[:12],
        )
        for record in records
    )
    table("Risk models", ("Id", "Version", "Kind", "Outcome", "Validity", "Digest"), rows)
    return 0


@app.command()
def show(model: Annotated[str, typer.Argument(help="Model id, or a path to its folder.")]) -> int:
    """Print a model's card."""
    from cds.risk.shelf import folder_of, read_record

    folder = folder_of(model)
    read_record(folder)
    typer.echo((folder / "card.md").read_text(encoding="utf-8"))
    return 0


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A joblib or pickle file of a scikit-learn model.")],
    trust_sha256: Annotated[str, typer.Option(help="SHA-256 of the file: says that you trust it.")],
    declaration: Annotated[Path, typer.Option(help="What the model reads and says (YAML).")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    rules: Rules = None,
) -> int:
    """Turn a trusted pickle of scikit-learn into a stored model; opening a pickle can run any code."""
    import datetime as dt

    from cds.risk.adopt import adopt
    from cds.risk.declaration import read_declaration
    from cds.risk.estimators import restore
    from cds.risk.foreign import open_foreign
    from cds.rulebook.load import load

    book, declared = load(rules), read_declaration(declaration)
    if out.name != declared.id:
        fault = Fault(out.name, f"the model is called {declared.id}", "Name the folder as the model.")
        raise InputError("The folder has another name than the model", [fault])
    fitted = restore(open_foreign(file, trust_sha256))
    cohort = read_cohort(data, declared, book)
    today = dt.datetime.now(dt.UTC).date()
    adopted = adopt(declared, cohort, book, fitted, today=today)
    with writing(out):
        store_model(out, adopted, declaration.read_bytes())
    typer.echo(f"Wrote {out.name} from {file.name}; predictions have no interval.")
    return 0


@app.command()
def simulate(
    plan: Annotated[Path, typer.Argument(help="What is to be drawn (YAML).")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
) -> int:
    """Draw an invented registry with a regimen column and known effects."""
    from cds.risk.simulator import as_csv, read_simulation
    from cds.risk.simulator import simulate as drawn

    wanted = read_simulation(plan)
    with writing(out):
        out.write_text(as_csv(drawn(wanted)), encoding="utf-8")
    typer.echo(f"SIMULATED: wrote {wanted.patients} invented patients to {out.name}")
    return 0


@app.command()
def apply(
    model: Annotated[str, typer.Argument(help="Model id, or a path to its folder.")],
    cohort: Annotated[Path, typer.Argument(help="Cohort CSV.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    explain: Annotated[bool, typer.Option("--explain", help="Add shares by marker; slow.")] = False,
    ignore: Annotated[list[str] | None, typer.Option(help="A column that is no marker.")] = None,
    rules: Rules = None,
) -> int:
    """Write what a model says of each patient of a cohort, with --explain also its shares by marker.

    Figures beside a ranking come of `cds rank COHORT --out DIR --model ID`, which takes any size and
    assumptions; only the shares need this command.
    """
    from cds.risk import apply as over
    from cds.risk.shelf import named
    from cds.risk.training_data import read_patients
    from cds.rulebook.load import load

    book = load(rules)
    loaded, _ = named(model, book)
    patients = read_patients(cohort, loaded.declaration, book, deriving(book), ignore or [])
    if explain:
        typer.echo(over.cost(loaded, len(patients)), err=True)
    lines = [over.columns(loaded, explain), *over.rows(loaded, patients, explain)]
    cells = (",".join(map(_cell, line)) + "\n" for line in lines)
    with writing(out):
        out.write_text("".join(cells), encoding="utf-8")
    typer.echo(f"Wrote {len(patients)} patients to {out.name}; {loaded.validity}")
    return 0


def _cell(cell: str | float | None) -> str:
    """Numbers as they are, text neutralised for spreadsheets."""
    from cds.batch.csv_out import quoted

    return "" if cell is None else quoted(cell) if isinstance(cell, str) else f"{cell:.12g}"
