"""Rules: a condition on markers and what it does to options."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from cds.rulebook.base import Backed, Counting, Flag, Id, Record, Text
from cds.rulebook.conditions import When
from cds.vocabulary import Kind, Recoverable


class Review(Record):
    """Who read a rule, in which role, and when.

    Attributes:
        role: Role of the reader, such as paediatric oncologist; never a name.
        on: Date of the reading.
    """

    role: Text
    on: date


class Retired(Record):
    """Why and when an entry was retired, and what took its place.

    Attributes:
        on: Date.
        reason: Why.
        replaced_by: The rule that took its place.
    """

    on: date
    reason: Text
    replaced_by: Id | None = None


class Rule(Backed):
    """One rule. `options` and `but_not` hold option ids, tags, or `all`.

    Cautions, supports and opposes say in `counts`, by policy id, how each policy counts them;
    other kinds carry no points. Of the rules of one `topic` and sign only the heaviest counts for
    an option. `code` is the answer or reason a gate gives; `note` names the note an `informs`
    puts above the ranking.

    Attributes:
        id: Name of the rule; never used again for another.
        kind: What it does when it is true; see [kinds of rule](#kinds-of-rule).
        label: What a reader is told when it is true.
        options: Options it concerns: ids, tags, or `all`.
        but_not: Ids or tags taken out of them.
        not_all_because: Why a fact about the common drug does not concern every option.
        when: The condition.
        topic: What it speaks of; rules of one topic and sign count once for an option.
        counts: For cautions, supports and opposes: by policy id, how each policy counts it.
        code: For a gate: the answer or refusal it gives.
        note: For `informs`: the note above the ranking.
        recoverable: How what it takes away can be undone.
        mixed: Whether it is meant to speak against another rule of the same markers.
        rationale: Why, in our words.
        claims: Claims of the review it goes back to.
        since: Version of the rulebook that brought it.
        reviewed: The clinician's reading, if there was one.
        retired: Why it no longer holds, if so.
    """

    id: Id
    kind: Kind
    label: Text
    options: tuple[Id, ...] = Field(min_length=1)
    but_not: tuple[Id, ...] = ()
    not_all_because: Text | None = None
    when: When
    topic: Id | None = None
    counts: dict[Id, Counting] = Field(default_factory=dict)
    code: Id | None = None
    note: Id | None = None
    recoverable: Recoverable | None = None
    mixed: Flag = False
    rationale: Text
    claims: tuple[Id, ...] = ()
    since: Text
    reviewed: Review | None = None
    retired: Retired | None = None
