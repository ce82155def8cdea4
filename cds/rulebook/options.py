"""Options that are ranked, comparators that are shown beside them, and the policies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds.rulebook.base import Backed, Citation, Flag, Id, Reading, Record, Text
from cds.vocabulary import Refused, Unavailable, Verification

Tier = Literal["A", "B", "C-", "D", "D-", "E", "F", "n/a"]
TIERS: tuple[Tier, ...] = ("A", "B", "C-", "D", "D-", "E", "F", "n/a")


class Line(Backed):
    """One line of evidence for a regimen; it always applies and gives the option its base."""

    id: Id
    text: Text
    checked: Reading
    as_published: Reading
    claims: tuple[Id, ...] = ()
    endpoint: Text | None = None
    value: Text | None = None
    interval: Text | None = None
    n: int | None = None
    species: Literal["human", "mouse", "cell line", "not applicable"] = "not applicable"
    endpoint_met: Flag | None = None


class Dose(Backed):
    """A human dose as published; never a dose to give."""

    text: Text


class Option(Record):
    """An everolimus regimen (or a rapalog the review names) that is ranked or refused."""

    id: Id
    label: Text
    short: Text
    partners: tuple[Text, ...] = ()
    tags: tuple[Id, ...] = ()
    tier: Tier
    tier_because: Text
    unavailable: Unavailable | None = None
    refused: dict[Literal["checked", "as_published"], Refused] = Field(default_factory=dict)
    refused_because: Text | None = None
    dose: Dose | None = None
    no_dose_because: Text | None = None
    cannot_claim: tuple[Text, ...] = ()
    lines: tuple[Line, ...] = ()


class Comparator(Backed):
    """A choice without everolimus that a board must see beside the ranking; never ranked."""

    id: Id
    label: Text
    drugs: tuple[Text, ...] = ()
    data: Text
    opened_by: tuple[Id, ...] = ()
    opened_when: Text | None = None


class Overlap(Backed):
    """A toxicity the partners of an option share."""

    option: Id
    organ: Id
    toxicity: Text


class Level(Record):
    """A level of evidence or of concern; its points stand in the policies."""

    id: Id
    sign: Literal["+", "-"]
    of: Literal["regimen", "marker", "safety", "published"]
    label: Text
    means: Text


class Axis(Record):
    """One fact that several markers tell; it counts once for each option and sign."""

    id: Id
    label: Text
    drug_class: Id | None = None


class Policy(Record):
    """How rules and evidence become points and an order."""

    id: Literal["checked", "as_published"]
    label: Text
    sentence: Text
    default: Flag
    weights: dict[Id, Annotated[int, Field(ge=0, le=1000)]]
    order: tuple[Literal["class", "tier", "points"], ...]
    floor: Flag
    hypotheses: Flag
    demoted_tier: Tier | None = None
    shows_refusals_of: Literal["checked"] | None = None
    constraints: tuple[tuple[Id, ...], ...] = ()


class Prior(Record):
    """Counted joint patterns of untested tumour markers, with the table they come from."""

    source: Citation
    n: int = Field(gt=0)
    markers: tuple[Id, ...] = Field(min_length=1)
    patterns: tuple[tuple[int, tuple[Text, ...]], ...] = Field(min_length=1)
    counted: dict[Id, dict[Text, int]]


class Common(Backed):
    """What every option brings with it, told once beside the table of toxicities."""

    text: Text


class Identity(Record):
    """`rules/rulebook.yaml`: which rulebook this is and what must stand on every output."""

    id: Id
    version: Text
    released: Text
    review_by: Text
    scope: Text
    no_predictive_marker: Text
    common_toxicity: Common | None = None
    review: Citation
    verification: Verification
