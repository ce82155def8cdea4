"""The order constraints between weights: a partial order, its up-sets, and its linear extensions.

An up-set holds, with each level, every level that must weigh at least as much. Up-sets are the
corners of the admissible weights: what holds for every up-set holds for every admissible weight.
Sets of levels are bit masks; bit i is level i.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Constraints = tuple[tuple[str, ...], ...]
#: Counts of linear extensions must fit 63 bits; the tables below must fit memory.
MAX_UP_SETS = 2**17


@dataclass(frozen=True)
class WeightOrder:
    """Levels and the chains `(heavier, ..., lighter)` that their weights must obey (>=)."""

    levels: tuple[str, ...]
    constraints: Constraints

    @cached_property
    def above(self) -> tuple[int, ...]:
        """For each level the mask of the levels directly above it."""
        index = {level: bit for bit, level in enumerate(self.levels)}
        masks = [0] * len(self.levels)
        for chain in self.constraints:
            for high, low in itertools.pairwise(chain):
                masks[index[low]] |= 1 << index[high]
        return tuple(masks)

    @cached_property
    def up_sets(self) -> tuple[int, ...]:
        """Every up-set as a mask, smaller sets first, the empty set included."""
        found, layer = [0], {0}
        while layer:
            layer = {up_set | 1 << level for up_set in layer for level in self._next(up_set)}
            found += sorted(layer)
            if len(found) > MAX_UP_SETS:
                raise ValueError(f"more than {MAX_UP_SETS:,} up-sets: add order constraints to the policy")
        if found[-1] != (1 << len(self.levels)) - 1:
            raise ValueError("the order constraints of the policy go in a circle")
        return tuple(found)

    def _next(self, up_set: int) -> list[int]:
        """The levels that may come next once those of the up-set have come."""
        return [
            level
            for level, above in enumerate(self.above)
            if not up_set >> level & 1 and above & up_set == above
        ]

    @cached_property
    def corners(self) -> NDArray[np.int64]:
        """Up-sets x levels: 1 where the level is in the up-set; without the empty set."""
        masks = np.array(self.up_sets[1:], dtype=np.int64)
        return masks[:, None] >> np.arange(len(self.levels)) & 1

    @cached_property
    def _counts(self) -> dict[int, int]:
        """For each up-set: in how many orders the remaining levels can come."""
        counts: dict[int, int] = {}
        for up_set in reversed(self.up_sets):
            after = [counts[up_set | 1 << level] for level in self._next(up_set)]
            counts[up_set] = sum(after) or 1
        return counts

    @property
    def linear_extensions(self) -> int:
        """How many total orders obey the constraints."""
        return self._counts[0]

    def draw(self, raw: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Uniform linear extensions, heaviest level first.

        `raw` holds uniform 64-bit words, draws x levels; the result has the same shape. The next
        level is chosen with probability proportional to the number of orders that then remain.
        """
        if self.linear_extensions >= 2**63:
            raise ValueError("too many total orders to count: add order constraints to the policy")
        successors, chosen, cumulated, total = self._tables
        at = np.zeros(len(raw), dtype=np.int64)
        drawn = np.empty(raw.shape, dtype=np.int64)
        for step in range(raw.shape[1]):
            ticket = (raw[:, step] % total[at]).astype(np.int64)
            pick = (ticket[:, None] >= cumulated[at]).sum(axis=1)
            drawn[:, step] = chosen[at, pick]
            at = successors[at, pick]
        return drawn

    @cached_property
    def _tables(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
        """Per up-set: what follows it, by which level, cumulated counts of orders, and their total."""
        position = {up_set: place for place, up_set in enumerate(self.up_sets)}
        shape = (len(self.up_sets), len(self.levels))
        successors, chosen = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        cumulated = np.full(shape, np.iinfo(np.int64).max)
        for place, up_set in enumerate(self.up_sets):
            so_far = 0
            for pick, level in enumerate(self._next(up_set)):
                after = up_set | 1 << level
                so_far += self._counts[after]
                successors[place, pick], chosen[place, pick] = position[after], level
                cumulated[place, pick] = so_far
        total = np.array([self._counts[up_set] for up_set in self.up_sets], dtype=np.uint64)
        return successors, chosen, cumulated, total


@lru_cache(maxsize=8)
def weight_order(levels: tuple[str, ...], constraints: Constraints) -> WeightOrder:
    """The order of these levels; its tables are made once."""
    return WeightOrder(levels, constraints)
