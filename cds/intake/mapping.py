"""The mapping of a cBioPortal study onto markers: `rules/imports/cbioportal.yaml` as records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import BeforeValidator, Field, ValidationError

from cds.errors import Fault, RulebookError
from cds.intake.study import Former
from cds.locations import rules_folder
from cds.rulebook import strict_yaml
from cds.rulebook.base import Backed, Flag, Id, MarkerId, Record, Text
from cds.rulebook.markers import Decimal, Marker

Level = Literal["deep", "one_copy", "kept", "amplified"]


def _small(words: object) -> object:
    """Words that are compared without regard to letter case, in small letters."""
    if isinstance(words, list):
        return [word.lower() if isinstance(word, str) else word for word in words]
    return words


def _small_keys(pairs: object) -> object:
    """The same for the keys of a mapping; two keys must not become one."""
    if not isinstance(pairs, dict):
        return pairs
    small = {str(key).lower(): value for key, value in pairs.items()}
    if len(small) != len(pairs):
        raise ValueError("two words differ only in letter case")
    return small


Words = Annotated[tuple[Text, ...], BeforeValidator(_small)]
WordMap = Annotated[dict[Text, Text], BeforeValidator(_small_keys)]


class MarkerTable(Protocol):
    """What the importer needs of a rulebook: its markers by id, in file order."""

    @property
    def marker(self) -> Mapping[str, Marker]:
        """Markers by id."""


class ClinicalMap(Backed):
    """A clinical attribute that fills a marker; without `values` the marker is a number."""

    marker: MarkerId
    attributes: tuple[Text, ...] = Field(min_length=1)
    values: WordMap = Field(default_factory=dict)
    tells_nothing: Words = ()


class LeftUnknown(Record):
    """A marker that no study column fills, and why."""

    marker: MarkerId
    because: Text


class FormerSymbols(Backed):
    """For each gene, names it had before; files that use one are read as if they used the gene's own."""

    symbols: dict[Text, tuple[Text, ...]]


class CopyNumber(Backed):
    """Cut-offs on log2 ratios that hold for every gene, and the meaning of discrete levels."""

    one_copy: Decimal
    amplified: Decimal
    discrete: dict[Text, Level] = Field(min_length=1)


class Variants(Backed):
    """How a row of a MAF is read: its class, named changes, origin, and what leaves it open."""

    truncating: tuple[Text, ...] = Field(min_length=1)
    uncertain: tuple[Text, ...] = Field(min_length=1)
    silent: tuple[Text, ...] = ()
    known_loss: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    harmless: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    not_called: Words = ()
    somatic: Words = ()
    germline: Words = ()
    undecided_filters: Words = ()
    pathogenic_columns: tuple[Text, ...] = ()
    pathogenic: Words = ()
    population_columns: tuple[Text, ...] = ()
    normal_reads: int = Field(gt=0)
    normal_fraction: Decimal = Field(gt=0, lt=1)
    normal_depth: int = Field(gt=0)
    unmatched_attribute: Text
    unmatched: Words = ()


class Expression(Backed):
    """Which z-score profile is read where a study has several."""

    prefer: Text


class _Call(Record):
    """One marker that is called from a study's molecular data."""

    marker: MarkerId
    values: dict[Text, Text]

    @property
    def reads(self) -> tuple[str, ...]:
        """The genes the call reads."""
        raise NotImplementedError

    @property
    def gives(self) -> tuple[str, ...]:
        """The marker values the call can give."""
        return tuple(self.values.values())


class _OneGene(_Call):
    gene: Text

    @property
    def reads(self) -> tuple[str, ...]:
        """The gene of the call."""
        return (self.gene,)


class Suppressor(_OneGene):
    """Copy number and breaking variants of one gene together: lost, one hit, intact."""

    kind: Literal["suppressor"]
    deep: Decimal


class Activation(_OneGene):
    """Named codons (`E545`) or changes (`E545K`) of one gene, each list giving a value."""

    kind: Literal["activation"]
    hits: dict[Text, tuple[Text, ...]] = Field(min_length=1)

    @property
    def gives(self) -> tuple[str, ...]:
        """Values of the lists, then the declared ones."""
        return (*self.hits, *self.values.values())


class Truncation(_Call):
    """Breaking variants in any of several genes, with their origin."""

    kind: Literal["truncation"]
    genes: tuple[Text, ...] = Field(min_length=1)
    population_ids_undecide: Flag = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The genes of the call."""
        return self.genes


class Amplification(_OneGene):
    """Amplification of one gene, alone or together with another."""

    kind: Literal["amplification"]
    together_with: Text | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The gene and the one it may be amplified together with."""
        return (self.gene, self.together_with) if self.together_with else (self.gene,)


class ExpressionCall(_OneGene):
    """A z-score that stands in for high expression from a cut-off on."""

    kind: Literal["expression"]
    high: Decimal


Call = Annotated[
    Suppressor | Activation | Truncation | Amplification | ExpressionCall, Field(discriminator="kind")
]


class CallsBacking(Backed):
    """What the calls rest on as a whole."""


class StudyMapping(Record):
    """The whole mapping of a study format."""

    id: Id
    label: Text
    blank: Words
    clinical: tuple[ClinicalMap, ...]
    left_unknown: tuple[LeftUnknown, ...] = ()
    former_symbols: FormerSymbols
    copy_number: CopyNumber
    variants: Variants
    expression: Expression
    calls: tuple[Call, ...]
    calls_backing: CallsBacking

    @property
    def genes(self) -> frozenset[str]:
        """Every gene that a call reads."""
        return frozenset(gene for call in self.calls for gene in call.reads)

    @property
    def former(self) -> Former:
        """The symbol a former one is read under."""
        pairs = self.former_symbols.symbols.items()
        return Former({old: gene for gene, names in pairs for old in names})

    def is_blank(self, cell: str) -> bool:
        """Whether a cell says nothing."""
        return not cell.strip() or cell.strip().lower() in self.blank

    def filled(self) -> dict[str, tuple[str, ...]]:
        """Every marker the mapping fills and the values it can give (none for numbers)."""
        clinical = {entry.marker: tuple(entry.values.values()) for entry in self.clinical}
        return clinical | {call.marker: call.gives for call in self.calls}

    def faults(self, book: MarkerTable) -> Iterator[Fault]:
        """Markers and values that the rulebook lacks, and markers that are filled twice."""
        names = [entry.marker for entry in (*self.clinical, *self.calls, *self.left_unknown)]
        for name in names:
            if names.count(name) > 1 or name not in book.marker:
                yield Fault(f"{self.id}: {name}", "filled twice or not a marker", "Mend rules/imports/.")
        yield from self._former_faults()
        for name, values in self.filled().items():
            marker = book.marker.get(name)
            for value in values if marker else ():
                if marker and value not in marker.values:
                    yield Fault(
                        f"{self.id}: {name}", f"{value!r} is not a value of it", "Mend rules/imports/."
                    )
            if marker and (marker.type == "number") != (not values):
                yield Fault(
                    f"{self.id}: {name}", "a number takes no values, a category needs them", "Mend it."
                )

    def _former_faults(self) -> Iterator[Fault]:
        """Former symbols that could mean two genes, or stand for a gene that no call reads."""
        symbols = self.former_symbols.symbols
        all_old = [old for names in symbols.values() for old in names]
        for old in all_old:
            if all_old.count(old) > 1 or old in self.genes:
                yield Fault(f"{self.id}: {old}", "is the name of two genes", "Mend rules/imports/.")
        for gene in symbols.keys() - self.genes:
            yield Fault(
                f"{self.id}: {gene}", "has former symbols, but no call reads it", "Mend rules/imports/."
            )


def load_mapping(path: Path | None = None) -> StudyMapping:
    """Read the mapping that ships, or another; RulebookError with all faults."""
    path = path or rules_folder() / "imports" / "cbioportal.yaml"
    tree = strict_yaml.read(path, f"rules/imports/{path.name}")
    try:
        return StudyMapping.model_validate(tree.data)
    except ValidationError as error:
        faults = [_fault(tree, detail["loc"], detail["msg"]) for detail in error.errors(include_url=False)]
    raise RulebookError(f"{len(faults)} problem{'s' if len(faults) > 1 else ''} in {tree.name}", faults)


def _fault(tree: strict_yaml.Tree, where: tuple[str | int, ...], problem: str) -> Fault:
    # The kind of a call stands in pydantic's path but not in the file's.
    kinds = {"suppressor", "activation", "truncation", "amplification", "expression"}
    path = tuple(part for at, part in enumerate(where) if at == 0 or part not in kinds)
    name = ".".join(str(part) for part in path) or "mapping"
    return Fault(tree.place(path), f"{name}: {problem}", "Compare with the shipped mapping.")
