"""The answer for one patient, frozen: what was decided, by which rules, and what is not known.

These models are the published result schema (`cds schema`); `SCHEMA_VERSION` changes with them.
Sections that a run did not ask for are absent, never empty stand-ins.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from cds.risk.section import Estimate
from cds.rulebook.base import Record
from cds.stability import Contrast, Robustness
from cds.vocabulary import Kind, Recoverable, Status, Verification

SCHEMA_VERSION = "2.0"


class MarkerValue(Record):
    """A marker as it was read: its value in words, and where it came from."""

    marker: str
    label: str
    value: str
    shown: str
    unit: str | None = None
    origin: Literal["entered", "derived", "assumed"]
    details: dict[str, str] = Field(default_factory=dict)


class Contribution(Record):
    """One signed line of an option's score.

    `counted` is `yes`, `same_topic:<rule>`, `contradicted`, `prognostic_only`, `not_in_policy` or
    `no_level`; `would_be` is what the line would give if that did not stand in its way.
    """

    source: Literal["evidence", "rule", "model", "bound"]
    id: str
    label: str
    topic: str | None
    level: str | None
    units: int
    points: int
    would_be: int
    counted: str
    verification: Verification
    markers: tuple[str, ...] = ()


class Undetermined(Record):
    """A rule that can't be decided, and the unknown markers that would decide it."""

    rule: str
    kind: Kind
    label: str
    markers: tuple[str, ...]
    points: int = 0


class Reason(Record):
    """Why an option has its status: a code or rule id, and what can be done about it."""

    code: str
    label: str
    recoverable: Recoverable | None = None
    verification: Verification | None = None


class OptionResult(Record):
    """One option under one policy.

    `exclusions`, `cautions` and `monitors` are all that are true, also where something else
    decided the status; `reasons` is what decided it.
    """

    option: str
    label: str
    tier: str
    status: Status
    reasons: tuple[Reason, ...]
    rank: int | None
    tied: bool
    points: int
    base: int
    exclusions: tuple[Reason, ...]
    cautions: tuple[Reason, ...]
    monitors: tuple[Reason, ...]
    unverified: tuple[str, ...]
    contributions: tuple[Contribution, ...]
    undetermined: tuple[Undetermined, ...]


class PolicyResult(Record):
    """All options under one policy, in declared order."""

    policy: str
    label: str
    sentence: str
    options: tuple[OptionResult, ...]

    def ranked(self) -> tuple[OptionResult, ...]:
        """Ranked options, first rank first; inside a tie the declared order, which says nothing."""
        return tuple(sorted((o for o in self.options if o.rank), key=lambda o: o.rank or 0))

    def of(self, option: str) -> OptionResult:
        """The result of one option."""
        return next(result for result in self.options if result.option == option)


class LineDifference(Record):
    """One line's points under another policy and under the default one, and why they differ."""

    id: str
    label: str
    points: int
    default_points: int
    because: str


class Difference(Record):
    """One option under another policy and under the default one; line differences sum to the points'."""

    option: str
    label: str
    policy: str
    rank: int | None
    default_rank: int | None
    status: Status
    default_status: Status
    points: int
    default_points: int
    lines: tuple[LineDifference, ...]
    order_because: tuple[str, ...]


class Note(Record):
    """A note above the ranking that never changes it."""

    code: str
    rule: str
    label: str
    text: str


class Conflict(Record):
    """Values that contradict each other; both are kept."""

    code: str
    label: str
    text: str


class ComparatorShown(Record):
    """Another choice, shown beside the ranking."""

    id: str
    label: str
    data: str
    verification: Verification
    received: tuple[str, ...]
    opened: bool
    sources: tuple[str, ...]


class Provenance(Record):
    """Everything needed to make this answer again."""

    software: str
    rulebook: str
    rulebook_version: str
    rulebook_digest: str
    review_by: str
    model: str | None = None
    model_digest: str | None = None
    input_digest: str
    assumptions: dict[str, str] = Field(default_factory=dict)
    made_on: str | None = None
    past_review: bool = False


class ModelSection(Record):
    """What a named risk model says, beside the ranking: it never changes a status or a tier.

    A per-option model adds `policies`: the same options, statuses and tiers with its bounded
    points (contributions `model` and `bound`) and the ranks that follow. The order without it is
    the assessment's own. `not_counted` tells, by policy and option, why points are 0.
    """

    id: str
    version: str
    digest: str
    title: str
    estimand: Literal["prognostic", "per_option"]
    simulated: bool
    pinned: bool
    says: str
    cannot_say: tuple[str, ...]
    validity: str
    abstains: tuple[Reason, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    policies: tuple[PolicyResult, ...] = ()
    not_counted: dict[str, dict[str, str]] = Field(default_factory=dict)

    def policy(self, name: str) -> PolicyResult:
        """The result under one policy, with the model's points."""
        return next(result for result in self.policies if result.policy == name)


class Assessment(Record):
    """The full, frozen answer for one patient."""

    schema_version: str = SCHEMA_VERSION
    research_only: str
    predictive_markers: str
    patient: str
    answer: str
    answer_because: tuple[Reason, ...]
    first_place_differs: bool
    differs_because: tuple[str, ...]
    policies: tuple[PolicyResult, ...]
    differences: tuple[Difference, ...]
    notes: tuple[Note, ...]
    conflicts: tuple[Conflict, ...]
    information: tuple[Note, ...]
    comparators: tuple[ComparatorShown, ...]
    entered: tuple[MarkerValue, ...]
    derived: tuple[MarkerValue, ...]
    not_tested: tuple[str, ...]
    flags: tuple[str, ...] = ()
    provenance: Provenance
    robustness: Robustness | None = None
    contrasts: tuple[Contrast, ...] | None = None
    model: ModelSection | None = None

    @model_serializer(mode="wrap")
    def _without_absent_sections(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Sections that were not asked for leave no trace in the file."""
        data: dict[str, Any] = serialize(self)
        return {
            k: v for k, v in data.items() if v is not None or k not in ("robustness", "contrasts", "model")
        }

    @property
    def default(self) -> PolicyResult:
        """The result under the default policy."""
        return self.policies[0]

    @property
    def others(self) -> tuple[PolicyResult, ...]:
        """The results under the other policies."""
        return self.policies[1:]

    def policy(self, name: str) -> PolicyResult:
        """The result under one policy."""
        return next(result for result in self.policies if result.policy == name)
