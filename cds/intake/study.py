"""A cBioPortal study folder as tables: what its meta files name, and nothing else, is read.

Lines are tab separated without quoting; a file may be packed with gzip. Leading `#` lines
(clinical headers, `#version` of a MAF) are passed over. A ragged row, a duplicate column or id,
or a name that leaves the folder makes the study doubtful and refuses it, with every fault of the
file; a file that is named but absent is reported and leaves what it would tell unknown. Genes
under a former symbol are read under the one the mapping uses.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from cds.errors import Fault, InputError
from cds.intake.source import Source

Row = dict[str, str]
#: A study file may hold (unfold to) this many bytes; of the faults of a file the first are told.
MAX_BYTES, MAX_FAULTS = 2 << 30, 20
LFS_POINTER = b"version https://git-lfs"


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


def refuse(*faults: Fault) -> NoReturn:
    """Refuse the study."""
    raise InputError("The study is refused", faults)


def lines_of(path: Path) -> tuple[list[str], str]:
    """Lines of a UTF-8 file (also gzip) and the SHA-256 of its bytes; InputError if it is no such file."""
    raw, digest = _read(path)
    if raw.startswith(LFS_POINTER):
        refuse(Fault(path.name, "is a Git LFS pointer, not the data", "Fetch the data with `git lfs pull`."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        refuse(Fault(f"{path.name}:{line}", "not UTF-8", "Save as UTF-8."))
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        refuse(Fault(f"{path.name}:{line}", "holds a NUL byte", "Export the file again as UTF-8 text."))
    return text.replace("\r\n", "\n").split("\n"), digest


def _read(path: Path) -> tuple[bytes, str]:
    """The bytes of a file, unfolded if it is packed, and the digest of the file itself."""
    pieces: list[bytes] = []
    try:
        with Source(path) as source:
            if source.kind not in ("text", "gzip"):
                refuse(
                    Fault(path.name, f"is a {source.kind} file, not a table of text", "Export it as text.")
                )
            for block in source.blocks(1 << 22):
                pieces.append(block)
                if len(pieces) > MAX_BYTES >> 22:
                    refuse(Fault(path.name, f"holds more than {MAX_BYTES:,} bytes", "Keep the rows needed."))
            return b"".join(pieces), source.digest
    except InputError as error:
        raise InputError("The study is refused", error.faults) from None


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


class Former(dict[str, str]):
    """Former gene symbols and the symbol each is read under."""

    def __missing__(self, symbol: str) -> str:
        """Any other symbol stays as it is."""
        return symbol


def rows_of(
    lines: list[str],
    name: str,
    required: Collection[str],
    genes: Collection[str] | None = None,
    former: Former | None = None,
) -> Iterator[tuple[int, Row]]:
    """Rows of a table with their line numbers; with `genes`, only those of these genes.

    InputError lists every row that does not fit the header, once the sound rows were handed out.
    """
    start, header = _header(lines, name, required)
    now = former or Former()
    gene_at = header.index("Hugo_Symbol") if "Hugo_Symbol" in header else None
    faults = []
    for at, line in enumerate(lines[start + 1 :], start=start + 2):
        cells = line.split("\t")
        if line and len(cells) != len(header):
            problem = f"{len(cells)} cells where the header has {len(header)}"
            faults.append(Fault(f"{name}:{at}", problem, "Mend the row."))
        elif line:
            if gene_at is not None:
                cells[gene_at] = now[cells[gene_at]]
            if genes is None or gene_at is None or cells[gene_at] in genes:
                yield at, dict(zip(header, cells, strict=True))
    if faults:
        refuse(*faults[:MAX_FAULTS])


def _header(lines: list[str], name: str, required: Collection[str]) -> tuple[int, list[str]]:
    """Where the header stands, and its columns; InputError if one is missing or stands twice."""
    start = next((at for at, line in enumerate(lines) if line and not line.startswith("#")), None)
    if start is None:
        refuse(Fault(name, "holds no table", "Export it again."))
    header = lines[start].split("\t")
    place = f"{name}:{start + 1}"
    faults = [Fault(place, *_missing(column, header)) for column in required if column not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    faults += [Fault(place, f"column {column!r} stands twice", "Keep one of them.") for column in twice]
    if faults:
        refuse(*faults)
    return start, header


def _missing(column: str, header: list[str]) -> tuple[str, str]:
    """Problem and remedy of a column that is not there."""
    close = difflib.get_close_matches(column.lower(), [name.lower() for name in header], n=1)
    alike = next((name for name in header if close and name.lower() == close[0]), None)
    if len(header) == 1:
        return f"column {column} is missing", "Separate columns by tabs and name them in the first line."
    return f"column {column} is missing", f"Is it {alike!r}? Rename it." if alike else "Add the column."


def keyed(lines: list[str], name: str, key: str, required: Collection[str] = ()) -> dict[str, Row]:
    """Rows by a column of ids, which must be there and be different; `required` ids must be there."""
    table: dict[str, Row] = {}
    first: dict[str, int] = {}
    faults = []
    for at, row in rows_of(lines, name, (key, *required)):
        found = [fault for column in (key, *required) if (fault := _id_fault(column, row[column]))]
        earlier = first.setdefault(row[key], at)
        if earlier != at and row[key].strip():
            found.append((f"the {key} on this line stands on line {earlier} already", "Keep one row."))
        faults += [Fault(f"{name}:{at}", *fault) for fault in found]
        table[row[key]] = row
    if faults:
        refuse(*faults[:MAX_FAULTS])
    return table


def _id_fault(key: str, name: str) -> tuple[str, str] | None:
    """Problem and remedy of an id that is empty or has blanks around; the id itself is not shown."""
    if not name.strip():
        return f"{key} is empty", "Mend the row."
    if name != name.strip():
        return f"{key} has blanks around it", "Remove them, or it is another id."
    return None


def matrix_of(
    lines: list[str], name: str, profile: str, genes: Collection[str], former: Former | None = None
) -> Matrix:
    """The rows of the wanted genes of a gene-by-sample matrix."""
    cells: dict[str, dict[str, str | None]] = {}
    _, header = _header(lines, name, ("Hugo_Symbol",))
    samples = [column for column in header if column not in ("Hugo_Symbol", "Entrez_Gene_Id", "Cytoband")]
    for _, row in rows_of(lines, name, ("Hugo_Symbol",), genes, former):
        known = cells.setdefault(row["Hugo_Symbol"], {})
        for sample in samples:
            same = known.get(sample, row[sample]) == row[sample]
            known[sample] = row[sample] if same else None
    return Matrix(profile, frozenset(samples), cells)
