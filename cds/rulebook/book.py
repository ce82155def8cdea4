"""The Rulebook: everything in `rules/`, read and indexed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from cds.rulebook.base import Record
from cds.rulebook.evidence import Claim, Inconsistency, ReviewError, Source
from cds.rulebook.grades import Grade, Scheme
from cds.rulebook.markers import Drug, DrugClass, Group, Marker
from cds.rulebook.options import Axis, Comparator, Identity, Level, Line, Option, Overlap, Policy, Prior
from cds.rulebook.panels import Panel
from cds.rulebook.pictures import Picture
from cds.rulebook.rules import Rule


@dataclass(frozen=True)
class Shelf:
    """A part of `rules/`: its file or folder, the model of its entries, and their key."""

    name: str
    path: str
    model: type[Record]
    key: str | None = "id"
    single: bool = False
    one_per_file: bool = False
    optional: bool = False


SHELVES = (
    Shelf("identity", "rulebook.yaml", Identity, single=True),
    Shelf("sources", "sources.yaml", Source, key="key"),
    Shelf("claims", "claims", Claim),
    Shelf("inconsistencies", "inconsistencies.yaml", Inconsistency),
    Shelf("errors", "errors.yaml", ReviewError),
    Shelf("groups", "groups.yaml", Group),
    Shelf("markers", "markers", Marker),
    Shelf("drug_classes", "drug_classes.yaml", DrugClass),
    Shelf("drugs", "drugs.yaml", Drug, key="name"),
    Shelf("levels", "levels.yaml", Level),
    Shelf("axes", "axes.yaml", Axis),
    Shelf("options", "options", Option, one_per_file=True),
    Shelf("comparators", "comparators.yaml", Comparator),
    Shelf("overlaps", "overlaps.yaml", Overlap, key=None),
    Shelf("rules", "effects", Rule),
    Shelf("policies", "policies", Policy, one_per_file=True),
    Shelf("priors", "priors.yaml", Prior, key=None, single=True),
    Shelf("panels", "panels.yaml", Panel, optional=True),
    Shelf("grade_schemes", "grade_schemes.yaml", Scheme, optional=True),
    Shelf("grades", "grades.yaml", Grade, key="names", optional=True),
    Shelf("pathway", "pathway.yaml", Picture, key=None, single=True, optional=True),
)


@dataclass(frozen=True, eq=False)
class Rulebook:
    """A loaded rulebook. Order is file order: options, markers and rules keep it everywhere."""

    identity: Identity
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    inconsistencies: tuple[Inconsistency, ...]
    errors: tuple[ReviewError, ...]
    groups: tuple[Group, ...]
    markers: tuple[Marker, ...]
    drug_classes: tuple[DrugClass, ...]
    drugs: tuple[Drug, ...]
    levels: tuple[Level, ...]
    axes: tuple[Axis, ...]
    options: tuple[Option, ...]
    comparators: tuple[Comparator, ...]
    overlaps: tuple[Overlap, ...]
    rules: tuple[Rule, ...]
    policies: tuple[Policy, ...]
    priors: Prior
    panels: tuple[Panel, ...]
    grade_schemes: tuple[Scheme, ...]
    grades: tuple[Grade, ...]
    pathway: Picture | None
    digest: str
    places: dict[tuple[str, str], str]

    @cached_property
    def marker(self) -> dict[str, Marker]:
        """Markers by id."""
        return {marker.id: marker for marker in self.markers}

    @cached_property
    def option(self) -> dict[str, Option]:
        """Options by id."""
        return {option.id: option for option in self.options}

    @cached_property
    def rule(self) -> dict[str, Rule]:
        """Rules by id, retired ones left out."""
        return {rule.id: rule for rule in self.rules if rule.retired is None}

    @cached_property
    def drug(self) -> dict[str, Drug]:
        """Drugs by generic name and by brand."""
        names = {brand.lower(): drug for drug in self.drugs for brand in drug.brands}
        return names | {drug.name: drug for drug in self.drugs}

    @cached_property
    def claim(self) -> dict[str, Claim]:
        """Claims by id."""
        return {claim.id: claim for claim in self.claims}

    @cached_property
    def claims_of(self) -> dict[str, tuple[str, ...]]:
        """The claims each rule and each evidence line cites, by its id."""
        lines: list[Rule | Line] = [line for option in self.options for line in option.lines]
        return {item.id: item.claims for item in [*self.rules, *lines]}

    @cached_property
    def source(self) -> dict[str, Source]:
        """Sources by key."""
        return {source.key: source for source in self.sources}

    @cached_property
    def level(self) -> dict[str, Level]:
        """Levels by id."""
        return {level.id: level for level in self.levels}

    @cached_property
    def policy(self) -> dict[str, Policy]:
        """Policies by id."""
        return {policy.id: policy for policy in self.policies}

    def with_shelves(self, **changed: Any) -> Rulebook:
        """A rulebook with other entries on some shelves; nothing is checked again."""
        kept = {held.name: getattr(self, held.name) for held in fields(Rulebook)}
        return Rulebook(**{**kept, **changed})

    def place(self, shelf: str, key: str) -> str:
        """`file:line` of an entry."""
        return self.places.get((shelf, key), f"rules/{shelf}")

    def resolve(self, names: Iterable[str], but_not: Iterable[str] = ()) -> tuple[str, ...]:
        """Option ids that these ids, tags or `all` name, in declared order."""
        wanted, unwanted = set(names), set(but_not)
        return tuple(
            option.id
            for option in self.options
            if wanted & {"all", option.id, *option.tags} and not unwanted & {option.id, *option.tags}
        )
