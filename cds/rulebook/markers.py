"""Markers: what can be measured in, or said of, a patient."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds.rulebook.base import Citation, Flag, Id, MarkerId, Record, Text
from cds.rulebook.conditions import When
from cds.vocabulary import Unread, Verification

Decimal = Annotated[float, Field(allow_inf_nan=False)]


class Code(Record):
    """A code of a public terminology; present only where it was looked up.

    Attributes:
        system: The terminology.
        code: The code in it.
        display: The terminology's own name for it.
        source: Where the code was looked up.
    """

    system: Literal["HGNC", "LOINC", "NCIt"]
    code: Text
    display: Text | None = None
    source: Id


class Unit(Record):
    """Another unit a laboratory reports in: canonical value = reported x factor.

    Attributes:
        name: The unit as it is written in files, such as `mg/dL`.
        factor: Number by which a value in this unit is multiplied to give the marker's unit.
    """

    name: Text
    factor: Decimal = Field(gt=0)


class Cut(Record):
    """A declared cut point: rules may cut this marker's number here and nowhere else.

    Attributes:
        at: The number, in the marker's unit.
        meaning: What the cut separates.
        evidence: Where the cut was read; ours if it cites `own_definition`.
        verification: What our check of it found.
    """

    at: Decimal
    meaning: Text
    evidence: tuple[Citation, ...] = ()
    verification: Verification


class DerivedValue(Record):
    """A value of a derived marker and the condition under which it holds.

    Attributes:
        value: One of the marker's values.
        when: The condition under which it holds.
    """

    value: Text
    when: When


class FromDrugs(Record):
    """A yes/no fact read from a drug list: yes if any drug on it fits.

    `no` only if the list is declared complete and every drug on it is classified;
    otherwise unknown.

    Attributes:
        list: The marker that holds the drug list.
        drugs: Drugs that fit, by generic name.
        drug_class: Drugs of this class fit.
        but_not: Drugs that do not fit although they are of the class.
        outcome: The outcome that the drug must have had; any, if absent.
    """

    list: MarkerId
    drugs: tuple[Text, ...] = ()
    drug_class: Id | None = None
    but_not: tuple[Text, ...] = ()
    outcome: Text | None = None


class Step(Record):
    """Points a part of a score takes while its condition holds.

    Attributes:
        when: The condition of the step.
        points: Points it gives.
    """

    when: When
    points: int = Field(ge=0, le=100)


class Band(Record):
    """A value of a scored marker and the smallest sum that gives it.

    Attributes:
        value: One of the marker's values.
        at_least: Smallest sum that gives it.
    """

    value: Text
    at_least: int = Field(ge=0)


class Score(Record):
    """A clinical score (Child-Pugh): parts of disjoint steps, summed and cut into bands.

    Unknown parts count from their least to their most points; the value is known where both
    ends of the sum lie in one band. Bands stand from low to high.

    Attributes:
        given: The condition under which the score applies at all.
        parts: Parts of the score, each a list of disjoint steps.
        bands: The values, from the lowest sum to the highest.
    """

    given: When
    parts: tuple[tuple[Step, ...], ...] = Field(min_length=1)
    bands: tuple[Band, ...] = Field(min_length=1)


class AgainstLimit(Record):
    """A number held against the laboratory's own limit, entered as another marker.

    Attributes:
        number: The marker that holds the measured number.
        limit: The marker that holds the laboratory's limit.
        below: Value of this marker if the number is below the limit.
        otherwise: Value of this marker otherwise.
    """

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

    Attributes:
        id: Name in files and rules, snake_case.
        ref: Where the design or the literature lists it; `new` if nowhere.
        label: Name on screen and in reports.
        group: Group of the form it belongs to.
        concern: What it bears on: who is in scope, safety, the clinical course, the tumour, or the
            record itself.
        type: A word out of `values`, a number, or a list of drugs.
        values: Each value of a category and how it is printed.
        unit: Unit of a number; also in the CSV header.
        other_units: Other units that files may use.
        hard: Least and greatest number that is accepted at all.
        plausible: Least and greatest number that is accepted without a flag.
        fraction_slip: Whether a share may have been entered as 0 to 1 in place of percent.
        cuts: The numbers at which rules may cut.
        no_cut: Why a number has no cut.
        codes: Codes of public terminologies.
        help: What it is, how it is reported, and what an absent value means; shown on the form.
        evidence: Where the definition was read.
        unread: Why no rule reads it.
        recoverable: Whether the fact can change, so that a test or a treatment could open an option.
        derived: Values with their conditions; the first that is true holds.
        from_drugs: The drug list it is read from.
        score: The clinical score that gives it.
        against_limit: The number and the laboratory's limit that give it.
        enterable: Whether a derived marker may also be entered.
        stricter: All values of a derived marker that may be entered, the strictest first.
        complete_flag: For a drug list: the marker that says whether it is complete.
        received: For a drug list: whether the patient takes or took its drugs.
        fixed: Whether nothing can change the fact, so that no search for changes touches it.
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
    """A group of markers on the form, in the order of the file.

    Attributes:
        id: Name that markers give as their group.
        label: Heading on the form.
        help: What the group is for; shown below the heading.
    """

    id: Id
    label: Text
    help: Text


class DrugClass(Record):
    """A class that drugs belong to and rules speak of.

    Attributes:
        id: Name that drugs and rules use.
        label: Name on screen.
        help: What belongs to the class and what does not.
    """

    id: Id
    label: Text
    help: Text


class Drug(Record):
    """One drug by generic name, with its brands and the classes it belongs to.

    `classes` are known memberships, `not_classes` known non-memberships (table read, drug not
    in it is not such knowledge), everything else is unknown.

    Attributes:
        name: Generic name, in small letters.
        brands: Brand names under which a list may name it.
        classes: Classes it is known to be in.
        not_classes: Classes it is known not to be in.
        note: What a reader has to know of the classification.
        evidence: Where the classification was read.
        verification: What our check of it found.
        review_needed: Whether it was read on a secondary copy only.
    """

    name: Text
    brands: tuple[Text, ...] = ()
    classes: tuple[Id, ...] = ()
    not_classes: tuple[Id, ...] = ()
    note: Text | None = None
    evidence: tuple[Citation, ...] = ()
    verification: Verification
    review_needed: Flag = False
