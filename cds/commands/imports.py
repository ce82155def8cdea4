"""`cds import`: turn study folders into cohort files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Turn study folders into cohort files.", no_args_is_help=True)


@app.callback()
def _import() -> None:
    """Keep `cds import cbioportal` a subcommand while it is the only one."""


@app.command()
def cbioportal(
    study: Annotated[Path, typer.Argument(help="cBioPortal study folder.")],
    out: Annotated[Path, typer.Option(help="Cohort CSV to write.")],
    rules: Annotated[Path | None, typer.Option(help="Another rules folder.")] = None,
) -> int:
    """Import a cBioPortal study folder; a mapping report is written beside the cohort."""
    from cds.intake.cbioportal import import_study, write
    from cds.rulebook.load import load

    imported = import_study(study, load(rules))
    written = write(imported, out)
    known = sum(bool(marker.known) for marker in imported.report.markers)
    typer.echo(f"{len(imported.rows)} patients; {known} markers known for at least one of them.")
    typer.echo("Wrote " + ", ".join(str(path) for path in written))
    return 0
