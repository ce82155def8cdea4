"""Rules: a condition on markers and what it does to options."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from cds.rulebook.base import Backed, Counting, Flag, Id, Record, Text
from cds.rulebook.conditions import When
from cds.vocabulary import Kind, Recoverable


class Review(Record):
    """Who read a rule, in which role, and when."""

    role: Text
    on: date


class Retired(Record):
    """Why and when an entry was retired, and what took its place."""

    on: date
    reason: Text
    replaced_by: Id | None = None


class Rule(Backed):
    """One rule. `options` and `but_not` hold option ids, tags, or `all`.

    Cautions, supports and opposes say in `counts`, by policy id, how each policy counts them;
    other kinds carry no points. Of the rules of one `topic` and sign only the heaviest counts for
    an option. `code` is the answer or reason a gate gives; `note` names the note an `informs`
    puts above the ranking.
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
