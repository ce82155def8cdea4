"""Options that are ranked, comparators that are shown beside them, and what gives them points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cds.rulebook.base import Backed, Citation, Counting, Flag, Id, Record, Text, TierId


class Tier(Record):
    """How good an option's evidence is, best first in the file; only those `nameable` can be named."""

    id: TierId
    label: Text
    nameable: Flag


class EvidenceLine(Backed):
    """One line of evidence for a regimen; it always applies and gives the option its base."""

    id: Id
    text: Text
    counts: dict[Id, Counting]
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
    """A regimen that is ranked, refused by a policy, or not available at all.

    `unavailable` and the values of `refused` (by policy id) are codes of `reasons.yaml`.
    """

    id: Id
    label: Text
    short: Text
    partners: tuple[Text, ...] = ()
    tags: tuple[Id, ...] = ()
    tier: TierId
    tier_because: Text
    unavailable: Id | None = None
    refused: dict[Id, Id] = Field(default_factory=dict)
    refused_because: Text | None = None
    dose: Dose | None = None
    no_dose_because: Text | None = None
    cannot_claim: tuple[Text, ...] = ()
    lines: tuple[EvidenceLine, ...] = ()


class Comparator(Backed):
    """Another choice that a board must see beside the ranking; never ranked."""

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


class Topic(Record):
    """One thing that several markers speak of; its rules of one sign count once for each option."""

    id: Id
    label: Text
    drug_class: Id | None = None


class Prior(Record):
    """Counted joint patterns of untested tumour markers, with the table they come from."""

    source: Citation
    n: int = Field(gt=0)
    markers: tuple[Id, ...] = Field(min_length=1)
    patterns: tuple[tuple[int, tuple[Text, ...]], ...] = Field(min_length=1)
    counted: dict[Id, dict[Text, int]]
