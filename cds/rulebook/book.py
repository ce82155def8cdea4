"""The Rulebook: everything in `rules/`, read and indexed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from cds.rulebook.base import Record
from cds.rulebook.evidence import Claim, Inconsistency, ReviewError, Source
from cds.rulebook.grades import Grade, Scheme
from cds.rulebook.identity import Identity
from cds.rulebook.markers import Drug, DrugClass, Group, Marker
from cds.rulebook.options import Comparator, EvidenceLine, Level, Option, Overlap, Prior, Tier, Topic
from cds.rulebook.panels import Panel
from cds.rulebook.pictures import Picture
from cds.rulebook.policies import Answer, Policy, ReasonText
from cds.rulebook.rules import Rule
from cds.wording import REASONS


@dataclass(frozen=True)
class Part:
    """A part of a rulebook: its file or folder, the model of its entries, and their key."""

    name: str
    path: str
    model: type[Record]
    key: str | None = "id"
    single: bool = False
    one_per_file: bool = False
    optional: bool = False


PARTS = (
    Part("identity", "rulebook.yaml", Identity, single=True),
    Part("sources", "sources.yaml", Source, key="key"),
    Part("claims", "claims", Claim, optional=True),
    Part("inconsistencies", "inconsistencies.yaml", Inconsistency, optional=True),
    Part("errors", "errors.yaml", ReviewError, optional=True),
    Part("groups", "groups.yaml", Group),
    Part("markers", "markers", Marker),
    Part("drug_classes", "drug_classes.yaml", DrugClass, optional=True),
    Part("drugs", "drugs.yaml", Drug, key="name", optional=True),
    Part("tiers", "tiers.yaml", Tier),
    Part("levels", "levels.yaml", Level),
    Part("topics", "topics.yaml", Topic, optional=True),
    Part("options", "options", Option, one_per_file=True),
    Part("comparators", "comparators.yaml", Comparator, optional=True),
    Part("overlaps", "overlaps.yaml", Overlap, key=None, optional=True),
    Part("rules", "effects", Rule, optional=True),
    Part("policies", "policies", Policy, one_per_file=True),
    Part("answers", "answers.yaml", Answer),
    Part("reasons", "reasons.yaml", ReasonText, optional=True),
    Part("priors", "priors.yaml", Prior, key=None, single=True, optional=True),
    Part("panels", "panels.yaml", Panel, optional=True),
    Part("grade_schemes", "grade_schemes.yaml", Scheme, optional=True),
    Part("grades", "grades.yaml", Grade, key="names", optional=True),
    Part("pathway", "pathway.yaml", Picture, key=None, single=True, optional=True),
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
    tiers: tuple[Tier, ...]
    levels: tuple[Level, ...]
    topics: tuple[Topic, ...]
    options: tuple[Option, ...]
    comparators: tuple[Comparator, ...]
    overlaps: tuple[Overlap, ...]
    rules: tuple[Rule, ...]
    policies: tuple[Policy, ...]
    answers: tuple[Answer, ...]
    reasons: tuple[ReasonText, ...]
    priors: Prior | None
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
        lines: list[Rule | EvidenceLine] = [line for option in self.options for line in option.lines]
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

    @cached_property
    def default_policy(self) -> str:
        """The id of the policy that answers and is shown first."""
        return next(policy.id for policy in self.policies if policy.default)

    @cached_property
    def policy_ids(self) -> tuple[str, ...]:
        """Every policy, the default one first."""
        default = self.default_policy
        return (default, *(policy.id for policy in self.policies if policy.id != default))

    @cached_property
    def answer(self) -> dict[str, Answer]:
        """Answers by id."""
        return {answer.id: answer for answer in self.answers}

    @cached_property
    def reason(self) -> dict[str, str]:
        """The words of every reason code."""
        own = {reason.id: reason.label for reason in self.reasons}
        return REASONS | {a.id: a.reason for a in self.answers if a.reason} | own

    @cached_property
    def tier_place(self) -> dict[str, int]:
        """The place of each tier, 0 for the best."""
        return {tier.id: place for place, tier in enumerate(self.tiers)}

    @cached_property
    def nameable_tiers(self) -> frozenset[str]:
        """Tiers whose options can be named."""
        return frozenset(tier.id for tier in self.tiers if tier.nameable)

    def with_parts(self, **changed: Any) -> Rulebook:
        """A rulebook with other entries in some parts; nothing is checked again."""
        same = {part.name: getattr(self, part.name) for part in fields(Rulebook)}
        return Rulebook(**{**same, **changed})

    def place(self, part: str, key: str) -> str:
        """`file:line` of an entry."""
        return self.places.get((part, key), f"rules/{part}")

    def resolve(self, names: Iterable[str], but_not: Iterable[str] = ()) -> tuple[str, ...]:
        """Option ids that these ids, tags or `all` name, in declared order."""
        wanted, unwanted = set(names), set(but_not)
        return tuple(
            option.id
            for option in self.options
            if wanted & {"all", option.id, *option.tags} and not unwanted & {option.id, *option.tags}
        )
