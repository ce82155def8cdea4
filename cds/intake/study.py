"""A cBioPortal study folder as tables: what its meta files name, and nothing else, is read.

Lines are tab separated without quoting. Leading `#` lines (clinical headers, `#version` of a
MAF) are passed over. A ragged row, a duplicate column or id, or a name that leaves the folder
makes the study doubtful and refuses it; a file that is named but absent is reported and leaves
what it would tell unknown.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cds.errors import Fault, InputError

Row = dict[str, str]


@dataclass(frozen=True)
class FileNote:
    """A file of the study: what it holds, whether it was read, and its digest."""

    name: str
    holds: str
    sha256: str | None = None
    note: str = "read"


@dataclass(frozen=True)
class Matrix:
    """Genes by samples. A gene whose rows contradict each other for a sample has cell None."""

    profile: str
    samples: frozenset[str]
    cells: Mapping[str, Mapping[str, str | None]]


@dataclass
class Study:
    """The tables of one study. `None` stands for a table the study does not hold."""

    name: str
    patients: dict[str, Row] = field(default_factory=dict)
    samples: dict[str, Row] = field(default_factory=dict)
    variants: dict[tuple[str, str], list[Row]] | None = None
    mutation_profiles: tuple[str, ...] = ()
    sequenced: frozenset[str] = frozenset()
    log2: Matrix | None = None
    discrete: Matrix | None = None
    zscores: Matrix | None = None
    panel_genes: dict[str, frozenset[str]] = field(default_factory=dict)
    panel_matrix: dict[str, Row] = field(default_factory=dict)
    panel_of_profile: dict[str, str] = field(default_factory=dict)
    files: list[FileNote] = field(default_factory=list)
    strange: list[tuple[str, str, str]] = field(default_factory=list)

    def samples_of(self, patient: str) -> list[str]:
        """Samples of a patient, in file order."""
        return [sample for sample, row in self.samples.items() if row["PATIENT_ID"] == patient]

    def panel(self, sample: str, profile: str) -> str | None:
        """The gene panel a sample was profiled on; None for no panel (or not profiled)."""
        named = self.panel_matrix.get(sample, {}).get(profile, "")
        if named and named.upper() != "NA":
            return named
        return self.panel_of_profile.get(profile)

    def in_panel_matrix(self, sample: str) -> bool:
        """Whether the panel matrix names a panel for the mutations of a sample."""
        row = self.panel_matrix.get(sample, {})
        return any(row.get(profile, "NA").upper() not in ("", "NA") for profile in self.mutation_profiles)


def number(cell: str) -> float | None:
    """A finite number, or None; nothing is guessed."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and cell.isascii() and "_" not in cell else None


def lines_of(path: Path) -> tuple[list[str], str]:
    """Lines of a UTF-8 file and the SHA-256 of its bytes."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        fault = Fault(path.name, error.strerror or "not readable", "Make the file readable.")
        raise InputError("The study can't be read", [fault]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            "The study is refused", [Fault(f"{path.name}:{line}", "not UTF-8", "Save as UTF-8.")]
        ) from None
    return text.replace("\r\n", "\n").split("\n"), hashlib.sha256(raw).hexdigest()


@dataclass(frozen=True)
class Meta:
    """A meta file: `key: value` lines."""

    name: str
    fields: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        """The value of a key; empty if it is absent."""
        return self.fields.get(key, "")

    @property
    def kind(self) -> tuple[str, str]:
        """Alteration type and data type, by which a data file is known."""
        return self["genetic_alteration_type"], self["datatype"]


def read_meta(path: Path) -> Meta:
    """Read a meta file, a case list or a gene panel."""
    lines, _ = lines_of(path)
    pairs = (line.partition(":") for line in lines if ":" in line and not line.startswith("#"))
    return Meta(path.name, {key.strip(): value.strip() for key, _, value in pairs})


def rows_of(
    lines: list[str], name: str, required: Collection[str], genes: Collection[str] | None = None
) -> Iterator[tuple[int, Row]]:
    """Rows of a table with their line numbers; with `genes`, only the rows of these genes."""
    start = next((at for at, line in enumerate(lines) if line and not line.startswith("#")), None)
    header = lines[start].split("\t") if start is not None else []
    missing = [column for column in required if column not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    faults = [Fault(name, f"column {column} is missing", "Add the column.") for column in missing]
    faults += [Fault(name, f"column {column!r} stands twice", "Keep one of them.") for column in twice]
    if faults:
        raise InputError("The study is refused", faults)
    gene_at = header.index("Hugo_Symbol") if genes is not None else 0
    for at, line in enumerate(lines[(start or 0) + 1 :], start=(start or 0) + 2):
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            problem = f"{len(cells)} cells where the header has {len(header)}"
            raise InputError("The study is refused", [Fault(f"{name}:{at}", problem, "Mend the row.")])
        if genes is None or cells[gene_at] in genes:
            yield at, dict(zip(header, cells, strict=True))


def keyed(lines: list[str], name: str, key: str, required: Collection[str] = ()) -> dict[str, Row]:
    """Rows by a column whose values must be there and be different."""
    table: dict[str, Row] = {}
    for at, row in rows_of(lines, name, (key, *required)):
        if not row[key].strip() or row[key] in table:
            problem = f"{key} {row[key]!r} is empty or stands twice"
            raise InputError("The study is refused", [Fault(f"{name}:{at}", problem, "Mend the row.")])
        table[row[key]] = row
    return table


def matrix_of(lines: list[str], name: str, profile: str, genes: Collection[str]) -> Matrix:
    """The rows of the wanted genes of a gene-by-sample matrix."""
    cells: dict[str, dict[str, str | None]] = {}
    header = next((line.split("\t") for line in lines if line and not line.startswith("#")), [])
    samples = [column for column in header if column not in ("Hugo_Symbol", "Entrez_Gene_Id", "Cytoband")]
    for _, row in rows_of(lines, name, ("Hugo_Symbol",), genes):
        known = cells.setdefault(row["Hugo_Symbol"], {})
        for sample in samples:
            same = known.get(sample, row[sample]) == row[sample]
            known[sample] = row[sample] if same else None
    return Matrix(profile, frozenset(samples), cells)
