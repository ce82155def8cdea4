"""Which patients a change of rulebook moves, and which single change moves each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field

from cds.cohort import UNKNOWN, Cohort, Column
from cds.comparison.edits import Edit, edits
from cds.comparison.hybrids import ground, put_in
from cds.conditions import Mask
from cds.decision import Decision, decide
from cds.ranking import ANSWERS, STATUSES
from cds.rulebook.base import Record
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker


class OptionMove(Record):
    """One option under one policy, before and after; None where a rulebook has no such option or rank."""

    policy: str
    option: str
    status: tuple[str | None, str | None]
    rank: tuple[int | None, int | None]


class Move(Record):
    """One patient who is moved: by which changes alone, or (none) only by several together."""

    patient: str
    answer: tuple[str, str]
    options: tuple[OptionMove, ...]
    because: tuple[str, ...]


class RulebookDiff(Record):
    """What changed, and whom it moves. `alone` counts the patients each acting change moves by itself."""

    old: str
    new: str
    edits: tuple[Edit, ...]
    patients: int | None = None
    moves: tuple[Move, ...] = ()
    alone: dict[str, int] = Field(default_factory=dict)


@dataclass
class Comparison:
    """Two rulebooks and, for each acting change, the old one with that change alone."""

    old: Rulebook
    new: Rulebook
    edits: tuple[Edit, ...] = field(init=False)
    single: dict[str, Rulebook] = field(init=False)

    def __post_init__(self) -> None:
        """Find the changes and lay out the rulebooks between."""
        self.edits = edits(self.old, self.new)
        base = ground(self.old, self.new)
        self.single = {edit.name: put_in(base, self.new, edit) for edit in self.edits if edit.acts}

    def diff(self, pieces: Iterable[Cohort] | None = None, book: Rulebook | None = None) -> RulebookDiff:
        """The differences, and whom of a cohort they move.

        `pieces` are coded by `book`, by default the new rulebook.
        """
        named = {"old": _name(self.old), "new": _name(self.new), "edits": self.edits}
        if pieces is None:
            return RulebookDiff.model_validate(named)
        patients, moves, alone = 0, list[Move](), dict.fromkeys(self.single, 0)
        for piece in pieces:
            patients += len(piece)
            moved = self._moved_alone(piece, book or self.new)
            for name, mask in moved.items():
                alone[name] += int(mask.sum())
            moves += self._moves(piece, book or self.new, moved)
        found = {**named, "patients": patients, "moves": tuple(moves), "alone": alone}
        return RulebookDiff.model_validate(found)

    def _moved_alone(self, cohort: Cohort, book: Rulebook) -> dict[str, Mask]:
        """Per change: which patients it moves by itself."""
        before = decide(recoded(cohort, book, self.old), self.old)
        found = {}
        for name, between in self.single.items():
            after = decide(recoded(cohort, book, between), between)
            found[name] = moved(before, after)
        return found

    def _moves(self, cohort: Cohort, book: Rulebook, alone: dict[str, Mask]) -> Iterator[Move]:
        before = decide(recoded(cohort, book, self.old), self.old)
        after = decide(recoded(cohort, book, self.new), self.new)
        for row in np.flatnonzero(moved(before, after)):
            yield Move(
                patient=cohort.ids[int(row)],
                answer=(ANSWERS[before.answer[row]].value, ANSWERS[after.answer[row]].value),
                options=tuple(_option_moves(before, after, int(row))),
                because=tuple(name for name, mask in alone.items() if mask[row]),
            )


def compare_rulebooks(old: Rulebook, new: Rulebook) -> Comparison:
    """Compare two rulebooks; `diff` of the result tells what changed and whom it moves."""
    return Comparison(old, new)


def recoded(cohort: Cohort, book: Rulebook, other: Rulebook) -> Cohort:
    """The same patients for another rulebook: values by name; what it does not know is left out."""
    columns: dict[str, Column] = {}
    for name, column in cohort.columns.items():
        there = other.marker.get(name)
        if there is not None and there.type == book.marker[name].type:
            columns[name] = _recoded(column, book.marker[name], there)
    lists = {name: found for name, found in cohort.drug_lists.items() if name in columns}
    return Cohort(cohort.ids, columns, lists)


def _recoded(column: Column, marker: Marker, there: Marker) -> Column:
    if marker.type != "category" or tuple(marker.values) == tuple(there.values):
        return column
    known = list(there.values)
    codes = [known.index(value) if value in known else UNKNOWN for value in marker.values]
    return np.array([*codes, UNKNOWN], dtype=column.dtype)[column]


def moved(before: Decision, after: Decision) -> Mask:
    """Where answer, status or rank of any option differ, under any policy."""
    differs = before.answer != after.answer
    for policy in before.rankings:
        for _, old, new in _both(before, after, policy):
            for name in ("status", "rank"):
                differs |= _row(before, policy, name, old) != _row(after, policy, name, new)
    return np.asarray(differs)


def _both(before: Decision, after: Decision, policy: str) -> Iterator[tuple[str, int | None, int | None]]:
    """Every option of either rulebook with its column in each."""
    here = {option.id: column for column, option in enumerate(before.plans[policy].options)}
    there = {option.id: column for column, option in enumerate(after.plans[policy].options)}
    for option in {**here, **there}:
        yield option, here.get(option), there.get(option)


def _row(decision: Decision, policy: str, name: str, column: int | None) -> Column:
    """Statuses or ranks of one option; an option that is not there has status -1 and no rank."""
    if column is None:
        return np.full(len(decision.cohort), -1 if name == "status" else 0, dtype=np.int8)
    found: Column = getattr(decision.rankings[policy], name)[column]
    return found


def _option_moves(before: Decision, after: Decision, row: int) -> Iterator[OptionMove]:
    for policy in before.rankings:
        for option, old, new in _both(before, after, policy):
            sides = ((before, old), (after, new))
            status = [int(_row(decision, policy, "status", column)[row]) for decision, column in sides]
            rank = [int(_row(decision, policy, "rank", column)[row]) for decision, column in sides]
            if status[0] != status[1] or rank[0] != rank[1]:
                yield OptionMove(
                    policy=policy,
                    option=option,
                    status=(_status(status[0]), _status(status[1])),
                    rank=(rank[0] or None, rank[1] or None),
                )


def _status(code: int) -> str | None:
    return None if code < 0 else STATUSES[code].value


def _name(book: Rulebook) -> str:
    return f"{book.identity.id} {book.identity.version} ({book.digest[:12]})"
