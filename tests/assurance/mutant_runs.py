"""Put mutants of the rulebook before the case files: a mutant is caught if any case then fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cds.cohort import Cohort, cohort_from_profiles
from cds.decision import Decision, decide
from cds.rulebook.book import Rulebook
from tests.assurance.rule_mutants import Mutant
from tests.assurance.rule_table import Said, expected, shown
from tests.case_files import KEYS, Case, Seen, cases
from tests.policies import POLICIES


@dataclass(frozen=True, eq=False)
class Court:
    """The cases as one cohort, and what the right rulebook decides for them."""

    book: Rulebook
    cases: tuple[Case, ...]
    cohort: Cohort
    right: Decision

    @classmethod
    def of(cls, book: Rulebook) -> Court:
        """All case files under a rulebook."""
        listed = tuple(cases())
        cohort = cohort_from_profiles(book, [case.profile(book) for case in listed], map(str, listed))
        return cls(book, listed, cohort, decide(cohort, book))

    def failing(self, mutant: Mutant) -> str | None:
        """The first case that fails under a mutant, or None."""
        try:
            decision = decide(self.cohort, mutant.book)
        except Exception as error:  # a mutant that can't even be decided is caught
            return type(error).__name__
        rows = self._suspects(mutant, decision)
        failed = next((row for row in rows if self._fails(mutant.book, decision, row)), None)
        if failed is not None:
            return str(self.cases[failed])
        return "rule table" if self._misses_the_table(mutant, decision) else None

    def _misses_the_table(self, mutant: Mutant, decision: Decision) -> bool:
        if mutant.where not in self.table:
            return False
        row = self.undecided_row.get(mutant.where)
        if row is None:
            return False
        found = shown(decision, row, frozenset([mutant.where]))
        return found.get(mutant.where) != self.table[mutant.where]

    @cached_property
    def table(self) -> dict[str, Said]:
        """The hand-written table of rules and options."""
        return expected()

    @cached_property
    def undecided_row(self) -> dict[str, int]:
        """For each rule a case in which it can't be decided."""
        unknown = self.right.truths.unknown
        rules = enumerate(self.book.rule)
        return {rule: int(unknown[row].argmax()) for row, rule in rules if unknown[row].any()}

    def undecided(self, decision: Decision) -> dict[str, Said]:
        """What the engine shows of each rule in its undecided case."""
        found: dict[str, Said] = {}
        for rule, row in self.undecided_row.items():
            found |= shown(decision, row, frozenset([rule]))
        return found

    def _fails(self, book: Rulebook, decision: Decision, row: int) -> bool:
        seen, expect = Seen(book, decision, row), self.cases[row].expect
        try:
            return any(seen.say(key, wanted) != wanted for key, wanted in expect.items() if key in KEYS)
        except (KeyError, ValueError, StopIteration):
            return True

    def _suspects(self, mutant: Mutant, decision: Decision) -> Iterator[int]:
        """Cases that could fail: those decided differently, then those the changed rule concerns."""
        differ = differing(self.right, decision)
        yield from np.flatnonzero(differ).tolist()
        places = [list(book.rule).index(mutant.where) for book in (self.book, mutant.book)
                  if mutant.where in book.rule]  # fmt: skip
        for one, place in zip((self.right, decision), places, strict=False):
            differ_now = one.truths.true[place] | (one.truths.unknown[place] & self.asks_unverified)
            yield from np.flatnonzero(differ_now & ~differ).tolist()
            differ |= differ_now
        if not places:
            yield from np.flatnonzero(~differ).tolist()

    @cached_property
    def asks_unverified(self) -> NDArray[np.bool_]:
        """Cases that say which unknown markers could take an option away."""
        keys = ("unverified", "as_published_unverified")
        return np.array([any(key in case.expect for key in keys) for case in self.cases])


def differing(one: Decision, other: Decision) -> NDArray[np.bool_]:
    """Patients for whom any marker, status, tier, rank, score, conflict or answer differs."""
    differ = one.answer != other.answer
    for name in POLICIES:
        for field in ("status", "tier", "rank", "points", "cautions"):
            columns = (getattr(decision.rankings[name], field) for decision in (one, other))
            differ |= np.not_equal(*columns).any(axis=0)
    for name, column in one.states.columns.items():
        there = other.states.columns[name]
        differ |= (column != there) & ~((column != column) & (there != there))
    for name in one.states.conflicts.keys() | other.states.conflicts.keys():
        differ |= one.states.conflicts.get(name, False) != other.states.conflicts.get(name, False)
    if one.truths.true.shape == other.truths.true.shape:
        differ |= (one.truths.true != other.truths.true).any(axis=0)
        differ |= (one.truths.unknown != other.truths.unknown).any(axis=0)
    return differ


def survivors(court: Court, candidates: Iterable[Mutant]) -> list[Mutant]:
    """The mutants that no case catches."""
    return [mutant for mutant in candidates if court.failing(mutant) is None]
