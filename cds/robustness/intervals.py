"""Exact ranges of scores and ranks over everything that is not known.

A score is a sum of terms, one for each axis and sign. Terms and exclusions that share an unknown
fact are worked out together, by enumerating the cells of their blocks; parts that share none
are worked out apart, and their least and most points are added. That is exact. Only worlds in
which the options concerned stay ranked count; the floor and the statuses are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from cds.plan import Chain
from cds.robustness.unknowns import MOST, Unknowns, excluding_rows
from cds.robustness.worlds import AllWorlds, Worlds

#: Up to so many worlds the ranks inside a band are enumerated together.
JOINT = 2**18


@dataclass(frozen=True)
class Extent:
    """Least and most; if not `exact` an outer bound: perhaps too wide, never too narrow."""

    low: int
    high: int
    exact: bool = True


@dataclass(frozen=True)
class Term:
    """What a chain gives to a sum: points for each of its rules, and the blocks it depends on."""

    chain: Chain
    points: tuple[int, ...]
    blocks: frozenset[int]


class Extents:
    """Ranges of scores, of score differences and of ranks of one patient under one policy."""

    def __init__(self, unknowns: Unknowns) -> None:
        """Nothing is enumerated yet."""
        self.unknowns, self.plan = unknowns, unknowns.plan
        self.worlds = AllWorlds(unknowns)

    # --- scores -------------------------------------------------------------------------------

    def score(self, column: int) -> Extent | None:
        """Range of an option's score while it stays ranked; None if it can't stay ranked."""
        return self._extent({column: 1})

    def lead(self, column: int, over: int) -> Extent | None:
        """Range of the score of one option minus that of another, while both stay ranked."""
        return self._extent({column: 1, over: -1})

    def _extent(self, signs: Mapping[int, int]) -> Extent | None:
        total = sum(sign * int(self.plan.base[column]) for column, sign in signs.items())
        low, high, exact = total, total, True
        terms = self.terms(signs)
        excluding = frozenset(row for column in signs for row in excluding_rows(self.plan, column))
        for part in self.parts(terms, excluding):
            found = self._part(part, terms, excluding)
            if found is None:
                return None
            low, high, exact = low + found.low, high + found.high, exact and found.exact
        return Extent(low, high, exact)

    def terms(self, signs: Mapping[int, int]) -> list[Term]:
        """The chains that matter to a signed sum of scores; what cancels is left out."""
        weighed, terms = self.plan.weighed, []
        for chain in self.plan.chains:
            named = [(column, sign) for column, sign in signs.items() if column in chain.options]
            points = tuple(sum(s * weighed[row, c].points for c, s in named) for row in chain.rows)
            if any(points):
                terms.append(Term(chain, points, self._read(chain.rows)))
        return terms

    def _read(self, rows: Iterable[int]) -> frozenset[int]:
        return frozenset[int]().union(*(self.unknowns.reads.get(row, ()) for row in rows))

    def parts(self, terms: list[Term], excluding: frozenset[int]) -> list[tuple[int, ...]]:
        """Independent groups of blocks; the empty group stands for what is decided."""
        ties = [term.blocks for term in terms] + [self._read([row]) for row in excluding]
        return [(), *self.worlds.parts(frozenset[int]().union(*ties), ties)]

    def _part(self, part: tuple[int, ...], terms: list[Term], excluding: frozenset[int]) -> Extent | None:
        mine = [term for term in terms if bool(term.blocks) == bool(part) and term.blocks <= {*part}]
        if self.worlds.size(part) > MOST:
            return _outer(mine, self.worlds[()])
        worlds = self.worlds[part]
        stays = ~worlds.any_true(self.rows(part, excluding))
        if not stays.any():
            return None
        total = np.sum([worlds.points(t.chain, t.points) for t in mine], axis=0, dtype=np.int64)
        kept = np.broadcast_to(total, stays.shape)[stays]
        exact = all(self.unknowns.blocks[block].exact for block in part)
        return Extent(int(kept.min()), int(kept.max()), exact)

    def rows(self, part: tuple[int, ...], rows: Iterable[int]) -> list[int]:
        """Of these rules those that the blocks of a part decide; for the empty part the decided ones."""
        reads = self.unknowns.reads
        return [row for row in rows if (reads.get(row, frozenset()) & {*part} if part else row not in reads)]


def _outer(terms: Iterable[Term], decided: Worlds) -> Extent:
    """Bound each term by itself: any rule that is not false may count, or none of them."""
    low = high = 0
    for term in terms:
        possible = []
        for row, points in zip(term.chain.rows, term.points, strict=True):
            truth = decided.truth(row)
            if not truth.false[0]:
                possible.append(points)
            if truth.true[0]:
                break
        else:
            possible.append(0)
        low, high = low + min(possible), high + max(possible)
    return Extent(low, high, exact=False)
