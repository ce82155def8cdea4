"""Reads a cBioPortal study folder into a Study, guided by its meta files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from cds.errors import Fault, InputError
from cds.intake.study import (
    FileNote,
    Former,
    Meta,
    Study,
    keyed,
    lines_of,
    matrix_of,
    read_meta,
    refuse,
    rows_of,
)

#: What is read of a study, by alteration type and data type of the meta file.
KINDS = {
    ("CLINICAL", "PATIENT_ATTRIBUTES"): "patients",
    ("CLINICAL", "SAMPLE_ATTRIBUTES"): "samples",
    ("MUTATION_EXTENDED", "MAF"): "variants",
    ("COPY_NUMBER_ALTERATION", "LOG2-VALUE"): "log2 copy number",
    ("COPY_NUMBER_ALTERATION", "DISCRETE"): "discrete copy number",
    ("MRNA_EXPRESSION", "Z-SCORE"): "expression z-scores",
    ("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX"): "gene panel matrix",
}


def read_study(
    folder: Path, genes: Collection[str], prefer_zscores: str = "", former: Former | None = None
) -> Study:
    """Read what the importer needs of these genes, also where they stand under a `former` symbol.

    InputError if the folder is no study or is doubtful.
    """
    if not folder.is_dir():
        raise InputError(
            "The study can't be read", [Fault(str(folder), "not a folder", "Name a study folder.")]
        )
    return _Folder(folder, frozenset(genes), prefer_zscores, former or Former()).read()


class _Folder:
    def __init__(self, folder: Path, genes: frozenset[str], prefer_zscores: str, former: Former) -> None:
        self.folder, self.genes, self.prefer, self.former = folder, genes, prefer_zscores, former
        metas = [read_meta(path) for path in sorted(folder.glob("meta_*.txt"))]
        self.metas = [meta for meta in metas if meta["data_filename"]]
        names = [meta["cancer_study_identifier"] for meta in metas]
        self.study = Study(next((name for name in names if name), folder.name))

    def read(self) -> Study:
        """All tables, then a note on every file that was passed over."""
        self._clinical()
        self._variants()
        self._matrices()
        self._case_lists()
        self._panels()
        self._passed_over()
        return self.study

    def _named(self, holds: str) -> list[tuple[Meta, list[str]]]:
        """Metas of one kind with the lines of their data files; absent files are noted."""
        found = []
        for meta in self.metas:
            if KINDS.get(meta.kind) != holds:
                continue
            name = meta["data_filename"]
            if Path(name).name != name:
                refuse(Fault(meta.name, f"{name!r} leaves the folder", "Name a file beside the meta file."))
            path = self.folder / name
            if not path.exists() and (self.folder / f"{name}.gz").exists():
                path = self.folder / f"{name}.gz"
            if not path.exists():
                self.study.files.append(FileNote(name, holds, note=f"named by {meta.name}, but absent"))
                continue
            lines, digest = lines_of(path)
            self.study.files.append(FileNote(name, holds, digest))
            found.append((meta, lines))
        return found

    def _one(self, holds: str, prefer: str = "") -> tuple[Meta, list[str]] | None:
        """The only file of a kind; of several the preferred one, else the first by name."""
        found = self._named(holds)
        ordered = sorted(found, key=lambda entry: prefer not in entry[0]["stable_id"])
        for meta, _ in ordered[1:]:
            self._note(meta["data_filename"], "not used: the study has another file of this kind")
        return ordered[0] if ordered else None

    def _note(self, name: str, note: str) -> None:
        files = self.study.files
        self.study.files = [
            FileNote(file.name, file.holds, file.sha256, note) if file.name == name else file
            for file in files
        ]

    def _clinical(self) -> None:
        patients, samples = self._one("patients"), self._one("samples")
        if samples is None:
            fault = Fault(self.folder.name, "no clinical sample file", self._sample_remedy())
            raise InputError("The study can't be read", [fault])
        name = samples[0]["data_filename"]
        self.study.samples = keyed(samples[1], name, "SAMPLE_ID", ("PATIENT_ID",))
        if patients is not None:
            self.study.patients = keyed(patients[1], patients[0]["data_filename"], "PATIENT_ID")
        for sample, row in self.study.samples.items():
            if patients is not None and row["PATIENT_ID"] not in self.study.patients:
                self.study.strange.append((name, sample, "sample of a patient that the patient file lacks"))
            self.study.patients.setdefault(row["PATIENT_ID"], {})

    def _sample_remedy(self) -> str:
        """What most likely keeps the clinical sample file from being found."""
        named = [meta["data_filename"] for meta in self.metas if KINDS.get(meta.kind) == "samples"]
        if named:
            return f"{named[0]} is named by its meta file, but absent; it tells which sample is whose."
        if any(self.folder.glob("data_clinical*")):
            return (
                "A clinical file is there, but no meta file says what it holds: add meta_clinical_sample.txt."
            )
        return "It tells which sample is whose; is this the folder of a study?"

    def _variants(self) -> None:
        for meta, lines in self._named("variants"):
            self.study.variants = {} if self.study.variants is None else self.study.variants
            self.study.mutation_profiles += (meta["stable_id"] or "mutations",)
            self._panel_of(meta)
            required = ("Hugo_Symbol", "Tumor_Sample_Barcode", "Variant_Classification")
            for at, row in rows_of(lines, meta["data_filename"], required, self.genes, self.former):
                self._variant(f"{meta['data_filename']}:{at}", row)

    def _variant(self, place: str, row: dict[str, str]) -> None:
        gene, sample = row["Hugo_Symbol"], row["Tumor_Sample_Barcode"]
        if sample not in self.study.samples:
            self.study.strange.append((place, sample, "variant of a sample that the sample file lacks"))
        elif self.study.variants is not None:
            self.study.variants.setdefault((sample, gene), []).append(row)

    def _matrices(self) -> None:
        found = {name: self._one(name) for name in ("log2 copy number", "discrete copy number")}
        found["expression z-scores"] = self._one("expression z-scores", self.prefer)
        made = {}
        for holds, entry in found.items():
            if entry is not None:
                meta, lines = entry
                self._panel_of(meta)
                made[holds] = matrix_of(
                    lines, meta["data_filename"], meta["stable_id"], self.genes, self.former
                )
                self._strangers(meta["data_filename"], made[holds].samples)
        self.study.log2 = made.get("log2 copy number")
        self.study.discrete = made.get("discrete copy number")
        self.study.zscores = made.get("expression z-scores")

    def _strangers(self, name: str, samples: Collection[str]) -> None:
        """Samples of a file that the sample file lacks: what they hold belongs to nobody."""
        for sample in sorted(set(samples) - self.study.samples.keys()):
            self.study.strange.append((name, sample, "a sample that the sample file lacks"))

    def _panel_of(self, meta: Meta) -> None:
        if meta["gene_panel"]:
            self.study.panel_of_profile[meta["stable_id"]] = meta["gene_panel"]

    def _case_lists(self) -> None:
        for path in sorted((self.folder / "case_lists").glob("*.txt")):
            case_list = read_meta(path)
            category = case_list["case_list_category"]
            if case_list["stable_id"].endswith("_sequenced") or category == "all_cases_with_mutation_data":
                found = frozenset(case_list["case_list_ids"].split())
                self.study.sequenced |= found
                self.study.files.append(
                    FileNote(f"case_lists/{path.name}", "sequenced samples", lines_of(path)[1])
                )
                self._strangers(f"case_lists/{path.name}", found)
        if self.study.variants is not None and not self.study.sequenced:
            note = "absent: without it, or a panel matrix, a gene without a variant stays unknown"
            self.study.files.append(FileNote("case_lists", "sequenced samples", note=note))

    def _panels(self) -> None:
        matrix = self._one("gene panel matrix")
        plain = self.folder / "data_gene_matrix.txt"
        if matrix is None and plain.is_file():
            lines, digest = lines_of(plain)
            self.study.files.append(FileNote(plain.name, "gene panel matrix", digest))
            self.study.panel_matrix = keyed(lines, plain.name, "SAMPLE_ID")
        elif matrix is not None:
            self.study.panel_matrix = keyed(matrix[1], matrix[0]["data_filename"], "SAMPLE_ID")
        for path in self._panel_files():
            panel = read_meta(path)
            if panel["stable_id"] and panel["gene_list"]:
                self.study.panel_genes[panel["stable_id"]] = frozenset(
                    self.former[gene] for gene in panel["gene_list"].split()
                )
                self.study.files.append(FileNote(path.name, "gene panel", lines_of(path)[1]))

    def _panel_files(self) -> Sequence[Path]:
        return sorted(path for path in self.folder.glob("data_gene_panel*.txt") if "matrix" not in path.name)

    def _passed_over(self) -> None:
        known = {file.name for file in self.study.files}
        for meta in self.metas:
            if meta["data_filename"] not in known:
                read = [datatype for alteration, datatype in KINDS if alteration == meta.kind[0]]
                why = (
                    f"of this kind only {' and '.join(read)}" if read else "this kind of data fills no marker"
                )
                note = f"not read: {why}"
                self.study.files.append(FileNote(meta["data_filename"], " ".join(meta.kind), note=note))
                known.add(meta["data_filename"])
        for path in sorted(self.folder.glob("data_*.txt")):
            if path.name not in known:
                self.study.files.append(
                    FileNote(path.name, "unknown", note="not read: no meta file names it")
                )
