"""The mapping of a cBioPortal study onto markers: `rules/imports/cbioportal.yaml` as records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import BeforeValidator, Field, ValidationError

from cds.errors import Fault, RulebookError
from cds.intake.calls import Call
from cds.intake.study import Former
from cds.locations import rules_folder
from cds.rulebook import strict_yaml
from cds.rulebook.base import Backed, Id, MarkerId, Record, Text
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
    """A clinical attribute that fills a marker; without `values` the marker is a number.

    Attributes:
        marker: The marker it fills.
        attributes: Columns that give it, the first that is present.
        values: The study's word for each value.
        tells_nothing: Words that leave it unknown.
    """

    marker: MarkerId
    attributes: tuple[Text, ...] = Field(min_length=1)
    values: WordMap = Field(default_factory=dict)
    tells_nothing: Words = ()


class LeftUnknown(Record):
    """A marker that no study column fills, and why.

    Attributes:
        marker: The marker.
        because: Why no column fills it.
    """

    marker: MarkerId
    because: Text


class FormerSymbols(Backed):
    """For each gene, names it had before; files that use one are read as if they used the gene's own.

    Attributes:
        symbols: Earlier symbols of each gene.
    """

    symbols: dict[Text, tuple[Text, ...]]


class CopyNumber(Backed):
    """Cut-offs on log2 ratios that hold for every gene, and the meaning of discrete levels.

    Attributes:
        one_copy: Log2 ratio at or below which one copy is lost.
        amplified: Log2 ratio at or above which a gene is amplified.
        discrete: Meaning of each discrete level.
    """

    one_copy: Decimal
    amplified: Decimal
    discrete: dict[Text, Level] = Field(min_length=1)


class Variants(Backed):
    """How a row of a MAF is read: its class, named changes, origin, and what leaves it open.

    Attributes:
        truncating: Classes that break the protein.
        uncertain: Classes whose effect is open.
        silent: Classes that change nothing.
        known_loss: Named changes of a gene that lose its function.
        harmless: Named changes of a gene that are harmless.
        not_called: Words for a call that was not made.
        somatic: Words for a somatic variant.
        germline: Words for an inherited variant.
        undecided_filters: Filters that leave a variant open.
        pathogenic_columns: Columns that name a pathogenic variant.
        pathogenic: Words in them that do.
        population_columns: Columns with identifiers of population databases.
        normal_reads: Reads in the normal sample from which a variant counts as seen there.
        normal_fraction: The same as a share of its reads.
        normal_depth: Least depth at which that share is believed.
        unmatched_attribute: Column that says whether there was a normal sample.
        unmatched: Words in it that say there was none.
    """

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
    """Which z-score profile is read where a study has several.

    Attributes:
        prefer: Part of the name of the profile that is read.
    """

    prefer: Text


class CallsBacking(Backed):
    """What the calls rest on as a whole."""


class StudyMapping(Record):
    """The whole mapping of a study format.

    Attributes:
        id: Name; also the file's name.
        label: Name on screen.
        blank: Cells that say nothing, in any letter case.
        clinical: Markers filled from clinical columns.
        left_unknown: Markers that no column fills.
        former_symbols: Earlier symbols of genes.
        copy_number: How copy number is read.
        variants: How variants are read.
        expression: How expression is read.
        calls: Markers called from molecular data.
        calls_backing: What the calls rest on.
    """

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
