"""How far one weight can move, the others as declared, before the order or the first place changes.

Ranges are exact and whole: the points per half unit of one level. An end that is None is open.
A level is fragile if the order stops holding inside the range that the order constraints allow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.robustness.units import Field
from cds.rulebook.policies import Policy
from cds.stability import WeightHolds

Bounds = tuple[int | None, int | None]


@dataclass(frozen=True)
class WeightRange:
    """Whole-number ranges of one level's weight, `held` with class and tier, `dropped` on points alone."""

    level: str
    declared: int
    allowed: Bounds
    order_held: Bounds
    order_dropped: Bounds
    first_held: Bounds
    first_dropped: Bounds

    @property
    def turns_first(self) -> bool:
        """On points alone the first place changes inside what the constraints allow."""
        return _ends_inside(self.first_dropped, self.allowed)

    @property
    def turns_first_held(self) -> bool:
        """The same with class and tier held."""
        return _ends_inside(self.first_held, self.allowed)

    def told(self) -> WeightHolds:
        """As a record of the assessment."""
        return WeightHolds(**vars(self), fragile=self.fragile, fragile_held=self.fragile_held)

    @property
    def fragile(self) -> bool:
        """On points alone the order stops holding inside what the constraints allow."""
        return _ends_inside(self.order_dropped, self.allowed)

    @property
    def fragile_held(self) -> bool:
        """The same with class and tier held."""
        return _ends_inside(self.order_held, self.allowed)


def _ends_inside(holding: Bounds, allowed: Bounds) -> bool:
    low, high = holding
    above_floor = low is not None and low > (allowed[0] or 0)
    return above_floor or (high is not None and (allowed[1] is None or high < allowed[1]))


def weight_ranges(field: Field, policy: Policy) -> tuple[WeightRange, ...]:
    """One range for each level of the policy that some ranked option counts."""
    declared = np.array(list(policy.weights.values()), dtype=np.int64)
    scores = field.units @ declared
    order = _pairs(scores, field.bands)
    first = _first(scores, field.bands)
    flat = (0,) * len(field.bands)
    return tuple(
        WeightRange(
            level=name,
            declared=weight,
            allowed=_allowed(policy, name),
            order_held=_holds(field, level, scores, weight, order),
            order_dropped=_holds(field, level, scores, weight, _pairs(scores, flat)),
            first_held=_holds(field, level, scores, weight, first),
            first_dropped=_holds(field, level, scores, weight, _first(scores, flat)),
        )
        for level, (name, weight) in enumerate(policy.weights.items())
        if field.units[:, level].any()
    )


def _pairs(scores: NDArray[np.int64], bands: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbours inside each band; the one in front scores more, or as much."""
    listed = sorted(enumerate(bands), key=lambda item: (-item[1], -scores[item[0]], item[0]))
    return [(a, b) for (a, mine), (b, other) in itertools.pairwise(listed) if mine == other]


def _first(scores: NDArray[np.int64], bands: tuple[int, ...]) -> list[tuple[int, int]]:
    """Each first option against each other of its band."""
    top = [place for place, band in enumerate(bands) if band == max(bands)]
    best = max((scores[place] for place in top), default=0)
    firsts = [place for place in top if scores[place] == best]
    return [(first, other) for first in firsts for other in top if other != first]


def _holds(
    field: Field, level: int, scores: NDArray[np.int64], declared: int, pairs: Iterable[tuple[int, int]]
) -> Bounds:
    """The weights for which every pair stays as it is: ahead stays ahead, equal stays equal."""
    lows, highs = [0], list[int]()
    for front, back in pairs:
        lead = int(scores[front] - scores[back])
        slope = int(field.units[front, level] - field.units[back, level])
        if lead == 0 and slope:
            return declared, declared
        if slope > 0:
            lows.append(declared + -lead // slope + 1)
        elif slope < 0:
            highs.append(declared + -(lead // slope) - 1)
    return max(lows), min(highs, default=None)


def _allowed(policy: Policy, level: str) -> Bounds:
    """What the order constraints leave to one weight while the others stay as declared."""
    above, below = set(_next_to(policy, level, 0)), set(_next_to(policy, level, 1))
    return max(below, default=0), min(above, default=None)


def _next_to(policy: Policy, level: str, side: int) -> Iterator[int]:
    for chain in policy.constraints:
        for pair in itertools.pairwise(chain):
            if pair[1 - side] == level:
                yield policy.weights[pair[side]]
