"""Points: per option, the base and the rules that are true, one per axis and sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.conditions import Mask
from cds.plan import Plan
from cds.truths import Truths
from cds.vocabulary import Kind


@dataclass(frozen=True, eq=False)
class Points:
    """Options x patients: the score, and the part of it that counted cautions make."""

    score: NDArray[np.int32]
    cautions: NDArray[np.int32]


def score(plan: Plan, truths: Truths) -> Points:
    """Score every option for every patient, in whole points."""
    n = truths.true.shape[1]
    total = np.repeat(plan.base[:, None], n, axis=1)
    cautions = np.zeros_like(total)
    for chain in plan.chains:
        for row, counted in zip(chain.rows, counted_in_turn(truths.true, chain.rows), strict=True):
            is_caution = plan.rules[row].kind is Kind.CAUTIONS
            for column in chain.options:
                points = counted * np.int32(plan.weighed[row, column].points)
                total[column] += points
                if is_caution:
                    cautions[column] += points
    return Points(total, cautions)


def counted_in_turn(true: Mask, rows: tuple[int, ...]) -> list[Mask]:
    """Of the rules of a chain only the first that is true counts."""
    masks: list[Mask] = []
    taken = np.zeros(true.shape[1], dtype=bool)
    for row in rows:
        masks.append(true[row] & ~taken)
        taken |= true[row]
    return masks
