"""Put mutants of the rulebook before the case files: a mutant is caught if any case then fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.cohort import Cohort, cohort_from_profiles
from cds.decision import POLICIES, Decision, decide
from cds.rulebook.book import Rulebook
from tests.assurance.rule_mutants import Mutant
from tests.case_files import KEYS, Case, Seen, cases


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

    def failing(self, book: Rulebook) -> str | None:
        """The first case that fails under a rulebook, or None."""
        try:
            decision = decide(self.cohort, book)
        except Exception as error:  # a mutant that can't even be decided is caught
            return type(error).__name__
        rows = self._suspects(decision)
        return next((str(self.cases[row]) for row in rows if self._fails(book, decision, row)), None)

    def _fails(self, book: Rulebook, decision: Decision, row: int) -> bool:
        seen, expect = Seen(book, decision, row), self.cases[row].expect
        try:
            return any(seen.say(key, wanted) != wanted for key, wanted in expect.items() if key in KEYS)
        except (KeyError, ValueError, StopIteration):
            return True

    def _suspects(self, decision: Decision) -> Iterator[int]:
        """Cases by how likely they fail: those decided differently first, then all others."""
        differ = differing(self.right, decision)
        yield from np.flatnonzero(differ).tolist()
        yield from np.flatnonzero(~differ).tolist()


def differing(one: Decision, other: Decision) -> NDArray[np.bool_]:
    """Patients for whom any status, tier, rank, score or answer differs."""
    differ = one.answer != other.answer
    if one.truths.true.shape == other.truths.true.shape:
        differ = differ | (one.truths.true != other.truths.true).any(axis=0)
        differ |= (one.truths.unknown != other.truths.unknown).any(axis=0)
    for name in POLICIES:
        for field in ("status", "tier", "rank", "points"):
            columns = (getattr(decision.rankings[name], field) for decision in (one, other))
            differ |= np.not_equal(*columns).any(axis=0)
    return differ


def survivors(court: Court, candidates: Iterable[Mutant]) -> list[Mutant]:
    """The mutants that no case catches."""
    return [mutant for mutant in candidates if court.failing(mutant.book) is None]
