"""`cds import`: turn study folders and MAFs into cohort files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cds.commands.arguments import Rules
from cds.errors import Fault, InputError

if TYPE_CHECKING:
    from cds.intake.cbioportal import StudyImport

app = typer.Typer(help="Turn a study folder or a MAF into a cohort file.", no_args_is_help=True)

Out = Annotated[Path, typer.Option(help="Cohort CSV to write, or a folder for cohort.csv.")]
Chosen = Annotated[
    list[str] | None,
    typer.Option("--sample", help="PATIENT=SAMPLE: the sample that stands for a patient with several."),
]


@app.command()
def cbioportal(
    study: Annotated[Path, typer.Argument(help="cBioPortal study folder.")],
    out: Out,
    sample: Chosen = None,
    rules: Rules = None,
) -> int:
    """Import a cBioPortal study folder; a mapping report is written beside the cohort."""
    from cds.intake.cbioportal import import_study
    from cds.rulebook.load import load

    return _write(import_study(study, load(rules), chosen=_chosen(sample)), out)


@app.command()
def maf(
    variants: Annotated[Path, typer.Argument(help="MAF (also .gz) with the variants of all samples.")],
    out: Out,
    clinical: Annotated[Path | None, typer.Option(help="Table with PATIENT_ID, SAMPLE_ID or both.")] = None,
    cna: Annotated[Path | None, typer.Option(help="Discrete copy numbers, genes by samples.")] = None,
    log2: Annotated[Path | None, typer.Option(help="Copy-number log2 ratios, genes by samples.")] = None,
    genes: Annotated[Path | None, typer.Option(help="Genes covered in the MAF's samples.")] = None,
    exome: Annotated[bool, typer.Option("--exome", help="The MAF's samples are whole exomes.")] = False,
    sample: Chosen = None,
    rules: Rules = None,
) -> int:
    """Import a MAF; a gene without a variant is negative only if --genes or --exome covers it."""
    from cds.intake.maf import MafFiles, import_maf
    from cds.rulebook.load import load

    files = MafFiles(variants, clinical, cna, log2, genes, exome)
    return _write(import_maf(files, load(rules), chosen=_chosen(sample)), out)


def _chosen(pairs: list[str] | None) -> dict[str, str]:
    """The chosen sample of each patient; InputError if a pair is none, or a patient stands twice."""
    chosen: dict[str, str] = {}
    faults = []
    for pair in pairs or ():
        patient, _, sample = pair.partition("=")
        if not patient or not sample or patient in chosen:
            faults.append(
                Fault(f"--sample {pair}", "is not one sample of one patient", "Write PATIENT=SAMPLE.")
            )
        chosen[patient] = sample
    if faults:
        raise InputError("A sample can't be chosen", faults)
    return chosen


def _write(imported: StudyImport, out: Path) -> int:
    """Write table and report, and tell what was understood and what was not."""
    from cds.intake.cbioportal import write

    table, *reports = write(imported, out)
    report = imported.report
    known = sum(bool(marker.known) for marker in report.markers)
    typer.echo(f"{len(imported.rows)} patients; {known} markers known for at least one of them.")
    typer.echo(f"Wrote {table}. What became of each marker: {reports[1]} (also {reports[0].name}).")
    if report.not_taken:
        typer.echo(f"{len(report.not_taken)} values were not taken: see VALUES NOT TAKEN there.")
    absent = [str(file["name"]) for file in report.files if "absent" in str(file["note"])]
    if absent:
        typer.echo(f"Absent, so unknown what they would tell: {', '.join(absent)}.")
    typer.echo(f"Next: cds rank {table} --out DIR; facts a study can't hold: --assume FILE.")
    return 0
