"""Options that are ranked, comparators that are shown beside them, and what gives them points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cds.rulebook.base import Backed, Citation, Counting, Flag, Id, Record, Text, TierId


class Tier(Record):
    """How good an option's evidence is, best first in the file; only those `nameable` can be named.

    Attributes:
        id: Name of the tier.
        label: What evidence puts an option into it.
        nameable: Whether its options can be named for discussion.
    """

    id: TierId
    label: Text
    nameable: Flag


class EvidenceLine(Backed):
    """One line of evidence for a regimen; it always applies and gives the option its base.

    Attributes:
        id: Name of the line, such as `O01.trial`.
        text: What was seen, in one sentence.
        counts: For each policy, by its id, how it counts the line.
        claims: Claims of the review it goes back to.
        endpoint: What was measured.
        value: The result, with its unit.
        interval: Its interval, with the level.
        n: Number of patients or animals.
        species: In whom or what it was measured.
        endpoint_met: Whether the goal fixed beforehand was reached.
    """

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
    """A human dose as published; never a dose to give.

    Attributes:
        text: The dose as published, in our words.
    """

    text: Text


class Option(Record):
    """A regimen that is ranked, refused by a policy, or not available at all.

    `unavailable` and the values of `refused` (by policy id) are codes of `reasons.yaml`.

    Attributes:
        id: Name in files and results; also the file's name.
        label: Name on screen and in reports.
        short: Name where room is short.
        partners: The drugs of the regimen beside the common one, by generic name.
        tags: Groups the option belongs to; rules may name them.
        tier: Class of the best evidence.
        tier_because: Why this tier, in one sentence.
        unavailable: Why no policy ranks it.
        refused: Policies that refuse it whatever the patient, each with a reason.
        refused_because: The reason in our words.
        dose: The dose as published.
        no_dose_because: Why no dose is shown; either this or `dose`.
        cannot_claim: What a reader might take from the evidence but must not.
        lines: Its evidence, line by line.
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
    """Another choice that a board must see beside the ranking; never ranked.

    Attributes:
        id: Name in files and results.
        label: Name on screen.
        drugs: Its drugs, by generic name.
        data: What is known of it, with figures.
        opened_by: Rules that, if true, open it for a patient.
        opened_when: The same in words.
    """

    id: Id
    label: Text
    drugs: tuple[Text, ...] = ()
    data: Text
    opened_by: tuple[Id, ...] = ()
    opened_when: Text | None = None


class Overlap(Backed):
    """A toxicity the partners of an option share.

    Attributes:
        option: The option.
        organ: Where the toxicity acts.
        toxicity: What it is.
    """

    option: Id
    organ: Id
    toxicity: Text


class Level(Record):
    """A level of evidence or of concern; its points stand in the policies.

    Attributes:
        id: Name that readings use.
        sign: Whether it gives or takes points.
        of: What it grades: a regimen, a marker, a safety fact, or a statement at face value.
        label: Name on screen.
        means: When a line or rule belongs to it.
    """

    id: Id
    sign: Literal["+", "-"]
    of: Literal["regimen", "marker", "safety", "published"]
    label: Text
    means: Text


class Topic(Record):
    """One thing that several markers speak of; its rules of one sign count once for each option.

    Attributes:
        id: Name that rules use.
        label: The one thing its rules speak of.
        drug_class: For earlier drugs: the only class its rules may speak of.
    """

    id: Id
    label: Text
    drug_class: Id | None = None


class Prior(Record):
    """Counted joint patterns of untested tumour markers, with the table they come from.

    Attributes:
        source: The table the counts come from.
        n: Number of patients counted.
        markers: The markers of a pattern, in order.
        patterns: How many patients show which values.
        counted: Patients for each value of each marker.
    """

    source: Citation
    n: int = Field(gt=0)
    markers: tuple[Id, ...] = Field(min_length=1)
    patterns: tuple[tuple[int, tuple[Text, ...]], ...] = Field(min_length=1)
    counted: dict[Id, dict[Text, int]]
