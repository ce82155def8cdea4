"""Variations of one patient: other values for some markers, many at once, by the same evaluator.

A variation enters values before anything is derived. For a derived marker that is known (a drug
fact that replacing the drug would undo) it sets the state after derivation instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds import truths
from cds.cohort import Cohort, Column, Value, cohort_from_profiles, unknown_column
from cds.conditions import Evaluator
from cds.decision import ranked
from cds.derivation import States, derive
from cds.ranking import Ranking
from cds.rulebook.book import Rulebook

Picked = Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Variations:
    """For each changed marker its choices, and in each variation which of them; -1: as it is."""

    choices: Mapping[str, Sequence[Value]]
    picked: Picked
    n: int


def stacked(
    choices: Mapping[str, Sequence[Value]], parts: Sequence[Picked], sizes: Sequence[int]
) -> Variations:
    """Parts under each other; a marker that a part does not name stays as it is in it."""
    starts = np.cumsum([0, *sizes])
    picked = {name: np.full(int(starts[-1]), -1) for name in choices}
    for part, start, size in zip(parts, starts, sizes, strict=False):
        for name, column in part.items():
            picked[name][start : start + size] = column
    return Variations(choices, picked, int(starts[-1]))


def rank_all(
    book: Rulebook, cohort: Cohort, changed: Variations, policy: str, after: frozenset[str] = frozenset()
) -> Ranking:
    """The ranking of each variation under a policy; markers in `after` are set after derivation."""
    states = _states(book, cohort, changed, after)
    return ranked(book, policy, truths.evaluate(states, tuple(book.rule.values())), {})


def _states(book: Rulebook, cohort: Cohort, changed: Variations, after: frozenset[str]) -> States:
    columns = {name: np.repeat(column, changed.n) for name, column in cohort.columns.items()}
    for name in changed.choices:
        if name not in after:
            columns[name] = _changed(book, name, columns.get(name), changed)
    derived = derive(Cohort(tuple(map(str, range(changed.n))), columns, cohort.drug_lists), book)
    set_after = [name for name in changed.choices if name in after]
    states = {name: _changed(book, name, derived.columns[name], changed) for name in set_after}
    states = {**derived.columns, **states}
    return States(states, derived.conflicts, Evaluator(states, book.marker)) if set_after else derived


def _changed(book: Rulebook, name: str, now: Column | None, changed: Variations) -> Column:
    chosen = cohort_from_profiles(book, [{name: value} for value in changed.choices[name]]).columns[name]
    kept = unknown_column(book.marker[name], changed.n) if now is None else now
    picked = changed.picked[name]
    return np.where(picked >= 0, chosen[picked], kept).astype(chosen.dtype)


def order(ranks: NDArray[np.int8], ids: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The options of one column of ranks, place by place; options of one place tie."""
    places = sorted({int(rank) for rank in ranks if rank})
    return tuple(
        tuple(name for name, rank in zip(ids, ranks, strict=True) if rank == place) for place in places
    )


def first_differing_rank(ranks: NDArray[np.int8], others: NDArray[np.int8]) -> NDArray[np.int8]:
    """Per patient the first rank that other options hold; 0 where the order is the same."""
    found = np.zeros(ranks.shape[1], dtype=np.int8)
    for rank in range(len(ranks), 0, -1):
        found[((ranks == rank) != (others == rank)).any(axis=0)] = rank
    return found
