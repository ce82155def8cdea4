"""Markers: what can be measured in, or said of, a patient."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds.rulebook.base import Citation, Flag, Id, MarkerId, Record, Text
from cds.rulebook.conditions import When
from cds.vocabulary import Unread, Verification

Decimal = Annotated[float, Field(allow_inf_nan=False)]


class Code(Record):
    """A code of a public terminology; present only where it was looked up."""

    system: Literal["HGNC", "LOINC", "NCIt"]
    code: Text
    display: Text | None = None
    source: Id


class Unit(Record):
    """Another unit a laboratory reports in: canonical value = reported x factor."""

    name: Text
    factor: Decimal = Field(gt=0)


class Cut(Record):
    """A declared cut point: rules may cut this marker's number here and nowhere else."""

    at: Decimal
    meaning: Text
    evidence: tuple[Citation, ...] = ()
    verification: Verification


class DerivedValue(Record):
    """A value of a derived marker and the condition under which it holds."""

    value: Text
    when: When


class FromDrugs(Record):
    """A yes/no fact read from a drug list: yes if any drug on it fits.

    `no` only if the list is declared complete and every drug on it is classified;
    otherwise unknown.
    """

    list: MarkerId
    drugs: tuple[Text, ...] = ()
    drug_class: Id | None = None
    but_not: tuple[Text, ...] = ()
    outcome: Text | None = None


class Step(Record):
    """Points a part of a score takes while its condition holds."""

    when: When
    points: int = Field(ge=0, le=100)


class Band(Record):
    """A value of a scored marker and the smallest sum that gives it."""

    value: Text
    at_least: int = Field(ge=0)


class Score(Record):
    """A clinical score (Child-Pugh): parts of disjoint steps, summed and cut into bands.

    Unknown parts count from their least to their most points; the value is known where both
    ends of the sum lie in one band. Bands stand from low to high.
    """

    given: When
    parts: tuple[tuple[Step, ...], ...] = Field(min_length=1)
    bands: tuple[Band, ...] = Field(min_length=1)


class AgainstLimit(Record):
    """A number held against the laboratory's own limit, entered as another marker."""

    number: MarkerId
    limit: MarkerId
    below: Text
    otherwise: Text


class Marker(Record):
    """One marker. A category has `values`; a number has a unit and ranges; `drugs` is a list.

    A derived marker has `derived` (first value whose condition is true; unknown if none is),
    `from_drugs`, `score` or `against_limit`; `derived` is asked first, then `score` or
    `against_limit`. If it may also be entered, the entered value fills what derivation leaves
    unknown; where both are known and differ a conflict is marked and the value that is first in
    `stricter` acts. `received` marks a list of drugs that the patient takes or took; `fixed` a
    fact that nothing can change, so that no search for changes touches it.
    """

    id: MarkerId
    ref: Text
    label: Text
    group: Id
    concern: Literal["scope", "safety", "clinical", "tumour", "record"]
    type: Literal["category", "number", "drugs"]
    values: dict[Text, Text] = Field(default_factory=dict)
    unit: Text | None = None
    other_units: tuple[Unit, ...] = ()
    hard: tuple[Decimal, Decimal] | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    fraction_slip: Flag = False
    cuts: tuple[Cut, ...] = ()
    no_cut: Text | None = None
    codes: tuple[Code, ...] = ()
    help: Text
    evidence: tuple[Citation, ...] = ()
    unread: Unread | None = None
    recoverable: Flag = False
    derived: tuple[DerivedValue, ...] = ()
    from_drugs: FromDrugs | None = None
    score: Score | None = None
    against_limit: AgainstLimit | None = None
    enterable: Flag = True
    stricter: tuple[Text, ...] = ()
    complete_flag: MarkerId | None = None
    received: Flag = False
    fixed: Flag = False

    @property
    def is_derived(self) -> bool:
        """Whether this marker is made of others."""
        makers = (self.derived or None, self.from_drugs, self.score, self.against_limit)
        return any(maker is not None for maker in makers)

    @property
    def column(self) -> str:
        """CSV header: the id, with the canonical unit for a number."""
        return f"{self.id} ({self.unit})" if self.unit else self.id


class Group(Record):
    """A group of markers on the form, in the order of the file."""

    id: Id
    label: Text
    help: Text


class DrugClass(Record):
    """A class that drugs belong to and rules speak of."""

    id: Id
    label: Text
    help: Text


class Drug(Record):
    """One drug by generic name, with its brands and the classes it belongs to.

    `classes` are known memberships, `not_classes` known non-memberships (table read, drug not
    in it is not such knowledge), everything else is unknown.
    """

    name: Text
    brands: tuple[Text, ...] = ()
    classes: tuple[Id, ...] = ()
    not_classes: tuple[Id, ...] = ()
    note: Text | None = None
    evidence: tuple[Citation, ...] = ()
    verification: Verification
    review_needed: Flag = False
