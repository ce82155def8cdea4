"""One row of a MAF: what it does to the protein, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cds.intake.mapping import Variants
from cds.intake.study import number

Effect = Literal["none", "loss", "uncertain", "not_understood"]
Origin = Literal["somatic", "germline", "undecided", "not_told"]

_SHORT = "ARNDCQEGHILKMFPSTWYV*"
_LONG_NAMES = "Ala Arg Asn Asp Cys Gln Glu Gly His Ile Leu Lys Met Phe Pro Ser Thr Trp Tyr Val Ter"
_THREE = dict(zip(_LONG_NAMES.split(" "), _SHORT, strict=True))
_SUBSTITUTION = re.compile(r"(?:p\.)?\(?([A-Z])(\d+)([A-Z*])\)?", re.ASCII)
_LONG = re.compile("|".join(_THREE))


@dataclass(frozen=True)
class Variant:
    """A variant as the calls see it; `change` is a substitution such as `E545K`, else None."""

    gene: str
    kind: str
    effect: Effect
    origin: Origin
    change: str | None
    shown: str
    in_population: bool

    @property
    def sound(self) -> bool:
        """Whether the variant counts for what it does: its origin leaves nothing open."""
        return self.origin != "undecided"

    @property
    def readable(self) -> bool:
        """Of a known class, and with its protein change where the class is a substitution."""
        unnamed = self.kind == "Missense_Mutation" and self.change is None
        return self.effect != "not_understood" and not unnamed

    def is_one_of(self, names: Sequence[str]) -> bool:
        """Whether it is a sound substitution of one of these codons, or one of these changes."""
        if not (self.sound and self.readable) or not self.change or self.change.endswith("*"):
            return False
        return self.change in names or self.change[:-1] in names


def read_variant(row: Mapping[str, str], words: Variants, matched: bool) -> Variant:
    """Read one MAF row; `matched` is False where the sample has no normal of the patient."""
    gene = row["Hugo_Symbol"]
    change = _change(row)
    shown = next((row[name] for name in ("HGVSp_Short", "HGVSp") if row.get(name)), "change not given")
    return Variant(
        gene,
        row["Variant_Classification"].strip(),
        _effect(words, gene, row, change),
        _origin(words, row, matched),
        change,
        f"{gene} {shown} ({row['Variant_Classification']})",
        _in_population(words, row),
    )


def _change(row: Mapping[str, str]) -> str | None:
    """The substitution a row names in one-letter code; None for any other change."""
    for column in ("HGVSp_Short", "HGVSp", "Amino_Acid_Change", "Protein_Change"):
        text = _LONG.sub(lambda found: _THREE[found[0]], row.get(column, "").rpartition(":")[2].strip())
        found = _SUBSTITUTION.fullmatch(text)
        if found:
            return "".join(found.groups())
    return None


def _effect(words: Variants, gene: str, row: Mapping[str, str], change: str | None) -> Effect:
    kind, status = row["Variant_Classification"].strip(), row.get("Mutation_Status", "").strip().lower()
    if kind in words.silent or status in words.not_called or change in words.harmless.get(gene, ()):
        return "none"
    if kind in words.truncating or change in words.known_loss.get(gene, ()):
        return "loss"
    return "uncertain" if kind in words.uncertain else "not_understood"


def _origin(words: Variants, row: Mapping[str, str], matched: bool) -> Origin:
    """Germline counts only where a source calls it pathogenic; a normal that shows it undecides."""
    status = row.get("Mutation_Status", "").strip().lower()
    if status in words.germline:
        return "germline" if _called_pathogenic(words, row) else "undecided"
    filters = {part.strip().lower() for part in re.split(r"[;,]", row.get("FILTER", ""))}
    normal = _normal(words, row)
    if filters & set(words.undecided_filters) or normal == "shows":
        return "undecided"
    if normal == "clear" or (status in words.somatic and matched):
        return "somatic"
    return "not_told"


def _called_pathogenic(words: Variants, row: Mapping[str, str]) -> bool:
    """Whether every significance a source gives is one of the pathogenic words."""
    cells = [row.get(column, "").strip().lower() for column in words.pathogenic_columns]
    said = [part.strip().replace(" ", "_") for cell in cells if cell for part in re.split(r"[;,&|]", cell)]
    return bool(said) and all(part in words.pathogenic for part in said)


def _normal(words: Variants, row: Mapping[str, str]) -> Literal["shows", "clear", "not_told"]:
    """Whether the patient's normal shows the variant."""
    depth, reads = _count(row, "n_depth"), _count(row, "n_alt_count")
    other = _count(row, "n_ref_count")
    depth = (
        depth if depth is not None else (other + reads if other is not None and reads is not None else None)
    )
    if reads is None or not depth:
        return "not_told"
    if reads >= words.normal_reads and reads / depth >= words.normal_fraction:
        return "shows"
    return "clear" if depth >= words.normal_depth else "not_told"


def _count(row: Mapping[str, str], column: str) -> int | None:
    text = row.get(column, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _in_population(words: Variants, row: Mapping[str, str]) -> bool:
    """Whether a population database knows the variant: an rs number, or a frequency above 0."""
    for column in words.population_columns:
        text = row.get(column, "").strip().lower()
        if text.startswith("rs") or (number(text) or 0) > 0:
            return True
    return False
