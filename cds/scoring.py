"""Points: per option, the base and the rules that are true, one per topic and sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cds.conditions import Mask
from cds.errors import Fault, RulebookError
from cds.plan import Chain, Plan, Rows
from cds.truths import Truths
from cds.vocabulary import Kind


@dataclass(frozen=True, eq=False)
class Points:
    """Options x patients: the score, and the part of it that counted cautions make."""

    score: NDArray[np.int32]
    cautions: NDArray[np.int32]


def score(plan: Plan, truths: Truths) -> Points:
    """Score every option for every patient, in whole points (the order key bounds them to +-5000)."""
    n = truths.true.shape[1]
    cautions, others = (np.zeros((len(plan.options), n), dtype=np.int16) for _ in range(2))
    for chain, shares in zip(plan.chains, _shares(plan), strict=True):
        masks = counted_in_turn(truths.true, chain.rows)
        for share in shares:
            total = cautions if share.is_caution else others
            points = np.multiply(masks[share.place].view(np.int8), share.points, dtype=np.int16)
            for column in share.columns:
                total[column] += points
    deducted = cautions.astype(np.int32)
    return Points(plan.base[:, None] + others + deducted, deducted)


class _Share(NamedTuple):
    """What one rule of a chain gives to the options to which it gives the same points."""

    place: int
    points: int
    columns: Rows
    is_caution: bool


@lru_cache(maxsize=64)
def _shares(plan: Plan) -> tuple[tuple[_Share, ...], ...]:
    """For each chain, its shares. The sums fit into 16 bits whatever is true."""
    largest = max((abs(weighed.points) for weighed in plan.weighed.values()), default=0)
    if largest * len(plan.rules) >= 2**15:
        raise RulebookError(
            "The points of a policy are too large", [Fault(plan.policy.id, "weights sum up too high")]
        )
    return tuple(tuple(_shares_of(plan, chain)) for chain in plan.chains)


def _shares_of(plan: Plan, chain: Chain) -> Iterator[_Share]:
    for place, row in enumerate(chain.rows):
        points = {column: plan.weighed[row, column].points for column in chain.options}
        for value in sorted(set(points.values())):
            columns = tuple(column for column in chain.options if points[column] == value)
            yield _Share(place, value, columns, plan.rules[row].kind is Kind.CAUTIONS)


def counted_in_turn(true: Mask, rows: tuple[int, ...]) -> list[Mask]:
    """Of the rules of a chain only the first that is true counts."""
    if len(rows) == 1:
        return [true[rows[0]]]
    masks: list[Mask] = []
    taken = np.zeros(true.shape[1], dtype=bool)
    for row in rows:
        masks.append(true[row] & ~taken)
        taken |= true[row]
    return masks
