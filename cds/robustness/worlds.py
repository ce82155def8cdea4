"""Worlds: every combination of the cells of some blocks, and what the rules say in each.

Cells carry the states of markers, derived ones included, so that the truths of rules come from
the same evaluator as everywhere else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cds.cohort import Column
from cds.conditions import Evaluator, Mask, Truth
from cds.plan import Chain
from cds.robustness.joining import joined
from cds.robustness.unknowns import Unknowns


class Worlds:
    """All combinations of the cells of the named blocks, first block slowest."""

    def __init__(self, unknowns: Unknowns, blocks: tuple[int, ...]) -> None:
        """`blocks` are positions in `unknowns.blocks`; without any there is one world."""
        sizes = [len(unknowns.blocks[block]) for block in blocks]
        self._unknowns, self.n = unknowns, math.prod(sizes)
        picked = np.indices(sizes).reshape(len(blocks), self.n)
        chosen = {
            name: column[cells]
            for block, cells in zip(blocks, picked, strict=True)
            for name, column in unknowns.blocks[block].states.items()
        }
        self._evaluator = Evaluator(_Columns(unknowns, self.n, chosen), unknowns.plan.book.marker)
        self._counted: dict[tuple[int, ...], list[Mask]] = {}

    def truth(self, row: int) -> Truth:
        """The truth of a rule in each world."""
        return self._evaluator.truth(self._unknowns.plan.rules[row].when)

    def any_true(self, rows: Iterable[int]) -> Mask:
        """Where at least one of these rules is true."""
        found = np.zeros(self.n, dtype=bool)
        for row in rows:
            found |= self.truth(row).true
        return found

    def counted(self, chain: Chain) -> list[Mask]:
        """For each rule of a chain: where it is the one that counts."""
        if chain.rows not in self._counted:
            taken = np.zeros(self.n, dtype=bool)
            masks = self._counted[chain.rows] = []
            for row in chain.rows:
                true = self.truth(row).true
                masks.append(true & ~taken)
                taken = taken | true
        return self._counted[chain.rows]

    def points(self, chain: Chain, per_row: Iterable[int]) -> NDArray[np.int64]:
        """What a chain gives in each world, with these points for its rules."""
        total = np.zeros(self.n, dtype=np.int64)
        for points, mask in zip(per_row, self.counted(chain), strict=True):
            if points:
                total += points * mask
        return total


class AllWorlds(dict[tuple[int, ...], Worlds]):
    """Worlds by their blocks, made when they are first asked for."""

    def __init__(self, unknowns: Unknowns) -> None:
        """Keep the unknowns whose blocks are combined."""
        super().__init__()
        self.unknowns = unknowns

    def __missing__(self, blocks: tuple[int, ...]) -> Worlds:
        """Make the worlds of these blocks."""
        worlds = self[blocks] = Worlds(self.unknowns, blocks)
        return worlds

    def size(self, blocks: Iterable[int]) -> int:
        """How many worlds these blocks have, without making them."""
        return math.prod(len(self.unknowns.blocks[block]) for block in blocks)

    def parts(self, blocks: Iterable[int], ties: Iterable[frozenset[int]]) -> list[tuple[int, ...]]:
        """Blocks that ties connect belong to one part; parts are independent of each other."""
        return [tuple(sorted(part)) for part in joined(sorted(blocks), ties)]


class _Columns(dict[str, Column]):
    """The chosen states; every other marker has its one state in all worlds."""

    def __init__(self, unknowns: Unknowns, n: int, chosen: dict[str, Column]) -> None:
        super().__init__(chosen)
        self._unknowns, self._n = unknowns, n

    def __missing__(self, name: str) -> Column:
        column = self[name] = np.repeat(self._unknowns.columns[name], self._n)
        return column
