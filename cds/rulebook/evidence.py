"""Sources, claims of the review, and what was found wrong with them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cds.rulebook.base import Citation, Flag, Id, Record, Text
from cds.vocabulary import Leaning, Unused, Verification

SourceType = Literal[
    "trial",
    "series",
    "case",
    "preclinical",
    "genomic",
    "label",
    "regulator",
    "guideline",
    "knowledge_base",
    "review",
    "registry",
    "definition",
    "own_reading",
]


class Source(Record):
    """One publication, trial record, label or table, once.

    `identity` says whether its bibliographic identity was checked; `review_needed` marks what
    was read only on a secondary copy; `for_all_options` a source whose safety facts concern every option.

    Attributes:
        key: Name that citations use.
        type: What kind of publication it is; `definition` and `own_reading` are ours.
        title: Its title.
        authors: Its authors, or the first with et al.
        journal: Journal, volume and pages.
        year: Year of publication.
        doi: Digital object identifier.
        pmid: PubMed number.
        nct: Trial registration.
        url: Where it was read.
        design: Design of the study and how much of it was read.
        n: Number of patients or animals.
        for_all_options: Whether its safety facts concern every option.
        identity: Whether title, authors and number were compared with the original.
        review_needed: Whether it was read on a secondary copy only.
    """

    key: Id
    type: SourceType
    title: Text
    authors: Text | None = None
    journal: Text | None = None
    year: int | None = None
    doi: Text | None = None
    pmid: Text | None = None
    nct: Text | None = None
    url: Text | None = None
    design: Text | None = None
    n: int | None = Field(default=None, ge=0)
    identity: Verification
    review_needed: Flag = False
    for_all_options: Flag = False


class Place(Record):
    """Where a claim stands in the review: a section and line, or a row of Table 1.

    Attributes:
        section: Section of the review.
        line: Line of our copy.
        sentence: Sentence in the line.
        row: Row of its table.
    """

    section: Text
    line: int
    sentence: int | None = None
    row: Text | None = None


Direction = Literal[
    "supports",
    "argues_against",
    "caution",
    "prognostic_only",
    "mechanism",
    "context",
    "definition",
    "dose",
    "model",
    "safety",
    "future_only",
    "count",
    "other_drug",
    "overstatement",
]


class Claim(Record):
    """One statement of the review in our words, where it stands, and what our check found.

    A claim is used by the rules and evidence lines that cite it; one that none cites carries
    `unused_because`.

    Attributes:
        id: Name that rules and lines cite.
        place: Where the review says it.
        says: What it says, in our words.
        values: Figures it gives.
        kind: What it is about.
        options: Options it speaks of, or `all`.
        markers: Markers it speaks of.
        direction: What it would mean if it were true.
        verdict: What our check found.
        leaning: For `unchecked` only: which way our knowledge leans.
        check: How it was checked, and what was found.
        checked_against: Sources it was held against.
        unused_because: Why no rule and no line cites it.
    """

    id: Id
    place: Place
    says: Text
    values: Text | None = None
    kind: Text
    options: tuple[Id, ...] = ()
    markers: tuple[Text, ...] = ()
    direction: Direction
    verdict: Verification
    leaning: Leaning | None = None
    check: Text
    checked_against: tuple[Id, ...] = ()
    unused_because: Unused | None = None


class Inconsistency(Record):
    """A contradiction of the review with itself (`I-..`), and what follows for the rulebook.

    Attributes:
        id: Name.
        what: The contradiction.
        claims: Claims that contradict one another.
        place: Where they are.
        consequence: What follows for the rulebook.
    """

    id: Id
    what: Text
    claims: tuple[Id, ...]
    place: Text
    consequence: Text


class ReviewError(Record):
    """A statement of the review that a source contradicts (`E-..`).

    Attributes:
        id: Name.
        claims: Claims concerned.
        review_says: What the review says, in our words.
        source_says: What the source says.
        evidence: Where the source says it.
        verification: What our check found.
    """

    id: Id
    claims: tuple[Id, ...]
    review_says: Text
    source_says: Text
    evidence: tuple[Citation, ...] = ()
    verification: Verification
