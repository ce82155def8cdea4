"""Import of a MAF alone, with a clinical table, copy numbers and the genes covered if there are any.

A MAF lists what was found, not what was looked at. So a gene without a variant is negative only
where the caller says that it was covered, by a list of genes or by declaring whole exomes, and
only in samples of which the MAF lists something. All else (variant classes, copy-number cut-offs,
clinical words) is read as in a cBioPortal study.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.errors import Fault
from cds.intake.cbioportal import StudyImport, checked_mapping, import_read
from cds.intake.mapping import MarkerTable, StudyMapping
from cds.intake.study import FileNote, Former, Matrix, Row, Study, keyed, lines_of, matrix_of, refuse, rows_of

PROFILE, DECLARED, UNDECLARED = "mutations", "declared", "not declared"
REQUIRED = ("Hugo_Symbol", "Tumor_Sample_Barcode", "Variant_Classification")


@dataclass(frozen=True)
class MafFiles:
    """The files of one import. `exome` says that every gene was covered in every sample of the MAF."""

    variants: Path
    clinical: Path | None = None
    discrete: Path | None = None
    log2: Path | None = None
    genes: Path | None = None
    exome: bool = False


def import_maf(
    files: MafFiles,
    book: MarkerTable,
    *,
    mapping: StudyMapping | None = None,
    chosen: Mapping[str, str] | None = None,
) -> StudyImport:
    """Import a MAF and what stands beside it; InputError if a file is doubtful."""
    mapping = checked_mapping(book, mapping)
    study = Study(files.variants.name)
    lines = _lines(study, files.variants, "variants")
    rows = rows_of(lines, files.variants.name, REQUIRED, former=mapping.former)
    found = [row for _, row in rows]
    _who(study, files, found)
    study.variants = {}
    for row in found:
        sample = row["Tumor_Sample_Barcode"]
        if sample not in study.samples:
            where = files.variants.name
            study.strange.append((where, sample, "variant of a sample that the clinical table lacks"))
        elif row["Hugo_Symbol"] in mapping.genes:
            study.variants.setdefault((sample, row["Hugo_Symbol"]), []).append(row)
    study.sequenced = frozenset(row["Tumor_Sample_Barcode"] for row in found)
    _coverage(study, files, mapping.former)
    if files.discrete:
        study.discrete = _matrix(study, files.discrete, "discrete", mapping)
    if files.log2:
        study.log2 = _matrix(study, files.log2, "log2", mapping)
    return import_read(study, book, mapping, chosen)


def _matrix(study: Study, path: Path, kind: str, mapping: StudyMapping) -> Matrix:
    """A gene-by-sample matrix; samples of it that nobody knows are told."""
    lines = _lines(study, path, f"{kind} copy number")
    matrix = matrix_of(lines, path.name, kind, mapping.genes, mapping.former)
    for sample in sorted(matrix.samples - study.samples.keys()):
        study.strange.append((path.name, sample, "a sample that no other file names"))
    return matrix


def _lines(study: Study, path: Path, holds: str) -> list[str]:
    lines, digest = lines_of(path)
    study.files.append(FileNote(path.name, holds, digest))
    return lines


def _who(study: Study, files: MafFiles, found: list[Row]) -> None:
    """Samples and patients: of the clinical table, or each barcode a patient of its own."""
    if files.clinical is None:
        barcodes = dict.fromkeys(row["Tumor_Sample_Barcode"] for row in found)
        study.samples = {barcode: {"PATIENT_ID": barcode} for barcode in barcodes}
        study.patients = {barcode: {} for barcode in barcodes}
        return
    name = files.clinical.name
    lines = _lines(study, files.clinical, "clinical")
    head = next((line.split("\t") for line in lines if line and not line.startswith("#")), [])
    if "SAMPLE_ID" not in head:
        lines = [
            line if line.startswith("#") or not line else f"{line}\t{_cell(line, head)}" for line in lines
        ]
    study.samples = keyed(lines, name, "SAMPLE_ID", ("PATIENT_ID",) if "PATIENT_ID" in head else ())
    for sample, row in study.samples.items():
        row.setdefault("PATIENT_ID", sample)
        study.patients.setdefault(row["PATIENT_ID"], {})


def _cell(line: str, head: list[str]) -> str:
    """The sample of a table that names patients only: one sample a patient, named like the patient."""
    if "PATIENT_ID" not in head:
        refuse(Fault("clinical table", "has neither SAMPLE_ID nor PATIENT_ID", "Add the column."))
    cells = line.split("\t")
    if cells == head:
        return "SAMPLE_ID"
    at = head.index("PATIENT_ID")
    return cells[at] if at < len(cells) else ""


def _coverage(study: Study, files: MafFiles, former: Former) -> None:
    """Which genes were looked at; undeclared leaves a gene without a variant unknown."""
    study.mutation_profiles = (PROFILE,)
    if files.exome:
        return
    if files.genes is None:
        study.panel_of_profile[PROFILE] = UNDECLARED
        return
    lines = _lines(study, files.genes, "genes covered")
    genes = frozenset(former[gene] for line in lines if not line.startswith("#") for gene in line.split())
    study.panel_of_profile[PROFILE], study.panel_genes[DECLARED] = DECLARED, genes
