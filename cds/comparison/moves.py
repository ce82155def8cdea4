"""Which patients a change of rulebook moves, and which changes give each of them the new result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field

from cds.cohort import UNKNOWN, Cohort, Column
from cds.comparison.causes import Names, Rows, causes
from cds.comparison.edits import Edit, edits
from cds.comparison.hybrids import ground, put_all_in
from cds.conditions import Mask
from cds.decision import Decision, decide
from cds.intake.cohort_file import RefusedRow
from cds.ranking import STATUSES
from cds.rulebook.base import Record
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker

#: Rulebooks with several changes that are kept for the next piece of a cohort.
KEPT = 256


class OptionMove(Record):
    """One option under one policy, before and after; None where a rulebook has no such option or rank."""

    policy: str
    option: str
    status: tuple[str | None, str | None]
    rank: tuple[int | None, int | None]


class Move(Record):
    """One patient who is moved.

    `because`: changes that move the patient by themselves, to the new result or to another one.
    `enough`: those of them that give the new result by themselves. `together`: where none does, a
    set that does, of which no change can be spared; empty too if the move can't be attributed.
    """

    patient: str
    answer: tuple[str, str]
    options: tuple[OptionMove, ...]
    because: tuple[str, ...]
    enough: tuple[str, ...] = ()
    together: tuple[str, ...] = ()


class RefusedPatient(Record):
    """A row of the cohort that was left out."""

    line: int
    problem: str
    remedy: str


class RulebookDiff(Record):
    """What changed, and whom it moves. `alone` counts the patients each acting change moves by itself."""

    old: str
    new: str
    edits: tuple[Edit, ...]
    patients: int | None = None
    moves: tuple[Move, ...] = ()
    alone: dict[str, int] = Field(default_factory=dict)
    refused: tuple[RefusedPatient, ...] = ()


@dataclass
class Comparison:
    """Two rulebooks, and the rulebooks between them that hold some of the changes."""

    old: Rulebook
    new: Rulebook
    edits: tuple[Edit, ...] = field(init=False)
    acting: dict[str, Edit] = field(init=False)
    _between: dict[Names, Rulebook] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find the changes."""
        self.edits = edits(self.old, self.new)
        self.acting = {edit.name: edit for edit in self.edits if edit.acts}

    def between(self, names: Names) -> Rulebook:
        """The old rulebook with these changes of the new one."""
        found = self._between.get(names)
        if found is None:
            put = [self.acting[name] for name in names]
            found = put_all_in(ground(self.old, self.new), self.new, put)
            if len(names) == 1 or len(self._between) < KEPT:
                self._between[names] = found
        return found

    def diff(self, pieces: Iterable[Cohort] | None = None, book: Rulebook | None = None) -> RulebookDiff:
        """The differences, and whom of a cohort they move.

        `pieces` are coded by `book`, by default the new rulebook.
        """
        named = {"old": _name(self.old), "new": _name(self.new), "edits": self.edits}
        if pieces is None:
            return RulebookDiff.model_validate(named)
        patients, moves, alone = 0, list[Move](), dict.fromkeys(self.acting, 0)
        for piece in pieces:
            patients += len(piece)
            seen = _Piece(self, piece, book or self.new)
            for name, mask in seen.alone.items():
                alone[name] += int(mask.sum())
            moves += seen.moves()
        found = {**named, "patients": patients, "moves": tuple(moves), "alone": alone}
        return RulebookDiff.model_validate(found)


class _Piece:
    """Some patients under the old rulebook, the new one, and the old one with each change alone."""

    def __init__(self, comparison: Comparison, cohort: Cohort, book: Rulebook) -> None:
        self.comparison, self.cohort, self.book = comparison, cohort, book
        self.before, self.after = self.decided(comparison.old), self.decided(comparison.new)
        self.alone: dict[str, Mask] = {}
        self.enough: dict[str, Mask] = {}
        for name in comparison.acting:
            between = self.decided(comparison.between((name,)))
            self.alone[name] = moved(self.before, between)
            self.enough[name] = self.alone[name] & ~moved(between, self.after)

    def decided(self, book: Rulebook) -> Decision:
        return decide(recoded(self.cohort, self.book, book), book)

    def moves(self) -> Iterator[Move]:
        """Everybody whose answer, status or rank is another one."""
        rows = np.flatnonzero(moved(self.before, self.after))
        enough = {row: self._named(self.enough, row) for row in rows.tolist()}
        several = np.array([row for row in rows.tolist() if not enough[row]], dtype=np.intp)
        together = causes(tuple(self.alone), several, lambda row: self._named(self.alone, row), self._gives)
        for row in rows.tolist():
            yield Move(
                patient=self.cohort.ids[row],
                answer=(self.before.answer_of(row).id, self.after.answer_of(row).id),
                options=tuple(_option_moves(self.before, self.after, row)),
                because=self._named(self.alone, row),
                enough=enough[row],
                together=together.get(row, ()),
            )

    def _named(self, masks: dict[str, Mask], row: int) -> Names:
        return tuple(name for name, mask in masks.items() if mask[row])

    def _gives(self, names: Names, rows: Rows) -> Mask:
        """Where the old rulebook with these changes has the result of the new one."""
        few = taken(self.cohort, rows)
        between, new = self.comparison.between(names), self.comparison.new
        here = decide(recoded(few, self.book, between), between)
        return ~moved(here, decide(recoded(few, self.book, new), new))


def taken(cohort: Cohort, rows: Rows) -> Cohort:
    """Some patients of a cohort, in this order."""
    columns = {name: column[rows] for name, column in cohort.columns.items()}
    return Cohort([cohort.ids[row] for row in rows.tolist()], columns, cohort.drug_lists)


def compare_rulebooks(old: Rulebook, new: Rulebook) -> Comparison:
    """Compare two rulebooks; `diff` of the result tells what changed and whom it moves."""
    return Comparison(old, new)


def with_refused(found: RulebookDiff, rows: Iterable[RefusedRow]) -> RulebookDiff:
    """The differences with the rows of the cohort that were left out."""
    refused = (RefusedPatient(line=row.line, problem=row.problem, remedy=row.remedy) for row in rows)
    return found.model_copy(update={"refused": tuple(refused)})


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
