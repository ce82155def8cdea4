"""`cds import`: turn study folders into cohort files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Turn study folders into cohort files.", no_args_is_help=True)


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


@app.command()
def maf(
    variants: Annotated[Path, typer.Argument(help="MAF with the variants of all samples.")],
    out: Annotated[Path, typer.Option(help="Cohort CSV to write.")],
    clinical: Annotated[Path | None, typer.Option(help="Table with PATIENT_ID, SAMPLE_ID or both.")] = None,
    cna: Annotated[Path | None, typer.Option(help="Discrete copy numbers, genes by samples.")] = None,
    log2: Annotated[Path | None, typer.Option(help="Copy-number log2 ratios, genes by samples.")] = None,
    genes: Annotated[Path | None, typer.Option(help="Genes covered in the MAF's samples.")] = None,
    exome: Annotated[bool, typer.Option("--exome", help="The MAF's samples are whole exomes.")] = False,
    rules: Annotated[Path | None, typer.Option(help="Another rules folder.")] = None,
) -> int:
    """Import a MAF; a gene without a variant is negative only if --genes or --exome covers it."""
    from cds.intake.cbioportal import write
    from cds.intake.maf import MafFiles, import_maf
    from cds.rulebook.load import load

    imported = import_maf(MafFiles(variants, clinical, cna, log2, genes, exome), load(rules))
    written = write(imported, out)
    known = sum(bool(marker.known) for marker in imported.report.markers)
    typer.echo(f"{len(imported.rows)} patients; {known} markers known for at least one of them.")
    typer.echo("Wrote " + ", ".join(str(path) for path in written))
    return 0
