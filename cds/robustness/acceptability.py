"""Rank acceptability: which share of all admissible weights gives an option each rank (SMAA).

All figures say how stable this rulebook's order is under other weights. None is a chance of
benefit. Shares are counted in whole numbers; options that tie share their ranks equally.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cds.cohort import Cohort
from cds.decision import decide
from cds.robustness.units import Field, fields
from cds.robustness.weights import DRAWS, Weights, near, wide
from cds.rulebook.book import Rulebook

Shares = NDArray[np.float64]
#: Apart enough to keep bands apart: no score of weights per million reaches it.
_BAND = float(2**40)


@dataclass(frozen=True, eq=False)
class Acceptability:
    """Shares for the ranked options of one patient; `columns` are their places in the rulebook.

    `held[i, r]` is the share of rank r + 1 with class and tier held, `dropped` the same on points
    alone; `ahead[i, j]` is p(i before j) + half of p(i equals j) on points alone; `central[i]` is
    the mean of the weights that put i first on points alone (zeros if none does), per million.
    """

    columns: tuple[int, ...]
    held: Shares
    dropped: Shares
    ahead: Shares
    central: Shares


def accept(field: Field, weights: Weights) -> Acceptability:
    """Acceptability of one field under draws of weights (draws x levels)."""
    scores = field.units.astype(float) @ weights.T.astype(float)  # whole numbers below 2**53: exact
    bands = np.unique(field.bands, return_inverse=True)[1].reshape(-1, 1)
    before, ties = _places(scores)
    held = _places(scores + bands * _BAND)
    first = np.where(before == 0, 1.0 / ties, 0.0)
    given = first.sum(axis=1, keepdims=True)
    central = np.divide(first @ weights, given, out=np.zeros((len(given), weights.shape[1])), where=given > 0)
    return Acceptability(field.columns, _shares(*held), _shares(before, ties), _ahead(scores), central)


def _places(scores: Shares) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Options x draws: how many options stand before this one, and how many share its place."""
    before = np.array([(scores > mine).sum(axis=0) for mine in scores], dtype=np.int64)
    ties = np.array([(scores == mine).sum(axis=0) for mine in scores], dtype=np.int64)
    return before.reshape(scores.shape), ties.reshape(scores.shape)


def _shares(before: NDArray[np.int64], ties: NDArray[np.int64]) -> Shares:
    """Options x ranks; a place shared by t options gives each 1/t of t ranks."""
    n, draws = before.shape
    whole = math.lcm(*range(1, n + 1))
    counts = np.zeros((n, n), dtype=np.int64)
    for option in range(n):
        seen = np.bincount(before[option] * (n + 1) + ties[option], minlength=n * (n + 1))
        for code in np.flatnonzero(seen):
            start, shared = divmod(int(code), n + 1)
            counts[option, start : start + shared] += seen[code] * (whole // shared)
    return counts / (whole * draws) if n else np.zeros((0, 0))


def _ahead(scores: Shares) -> Shares:
    twice = np.array([2 * (mine > scores).sum(axis=1) + (mine == scores).sum(axis=1) for mine in scores])
    return np.asarray(twice.reshape(len(scores), len(scores)) / (2 * max(scores.shape[1], 1)))


def mixture(parts: Iterable[tuple[int, Acceptability]], n: int) -> dict[int, tuple[float, Shares, Shares]]:
    """Per option column over weighted fields: share ranked, and shares of each rank, held and dropped.

    `parts` holds (count, acceptability); `n` is the number of options of the rulebook, and the
    length of the rows of shares. What is left to 1 is the share in which the option has no rank.
    """
    found: dict[int, tuple[float, Shares, Shares]] = {}
    listed = list(parts)
    total = sum(count for count, _ in listed)
    for column in sorted({column for _, part in listed for column in part.columns}):
        ranked, held, dropped = 0.0, np.zeros(n), np.zeros(n)
        for count, part in listed:
            if column in part.columns:
                place, ranks = part.columns.index(column), len(part.columns)
                ranked += count
                held[:ranks] += count * part.held[place]
                dropped[:ranks] += count * part.dropped[place]
        found[column] = ranked / total, held / total, dropped / total
    return found


class Acceptor:
    """Acceptability under fixed draws; equal fields are worked out once."""

    def __init__(self, book: Rulebook, draws: int = DRAWS, seed: int = 0) -> None:
        """Draw (or find) the weights of the default policy."""
        self.policy = book.policy[book.default_policy]
        self.draws, self.seed = draws, seed
        self._seen: dict[tuple[object, bool], Acceptability] = {}

    @cached_property
    def mean(self) -> Shares:
        """Mean of the wide weights, per million."""
        return np.asarray(wide(self.policy, self.draws, self.seed).mean(axis=0))

    def wide(self, field: Field) -> Acceptability:
        """Under all admissible weights."""
        return self._accept(field, True)

    def near(self, field: Field) -> Acceptability:
        """Under weights between half and double the declared ones."""
        return self._accept(field, False)

    def _accept(self, field: Field, is_wide: bool) -> Acceptability:
        key = field.key, is_wide
        if key not in self._seen:
            draw = wide if is_wide else near
            self._seen[key] = accept(field, draw(self.policy, self.draws, self.seed))
        return self._seen[key]


def cohort_acceptability(
    cohort: Cohort, book: Rulebook, draws: int = DRAWS, seed: int = 0, chunk: int = 4096
) -> Iterator[tuple[Acceptability, Acceptability]]:
    """Wide and near acceptability of each patient of a cohort, in order; any chunk gives the same."""
    acceptor = Acceptor(book, draws, seed)
    for start in range(0, len(cohort), chunk):
        decision = decide(cohort.part(start, start + chunk), book, ())
        for field in fields(decision.plan, decision.truths, decision.ranking):
            yield acceptor.wide(field), acceptor.near(field)
