"""How firmly neighbours in the ranking stand apart, and which of them are one place.

`every_weight`: ahead on points for every admissible weight (exact). `robust`: ahead in at least
90 % of them. `tier`: held apart by class or tier alone. `weak`: none of these. Options with nothing
but weak lines between them take one place together. This never changes a rank.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cds.robustness.acceptability import Acceptability
from cds.robustness.dominance import dominates
from cds.robustness.units import Field
from cds.robustness.weight_order import WeightOrder

How = Literal["every_weight", "robust", "tier", "weak"]
ROBUST = 0.90


@dataclass(frozen=True)
class Line:
    """Between two neighbours, by their position in the field: how they are separated.

    `index` is the share of admissible weights with the upper ahead on points, ties half.
    """

    above: int
    below: int
    how: How
    index: float


def separations(
    field: Field, ranks: Sequence[int], wide: Acceptability, order: WeightOrder
) -> tuple[Line, ...]:
    """The lines between neighbours, from the first rank down; ties stand in declared order."""
    ordered = sorted(range(len(ranks)), key=lambda place: ranks[place])
    return tuple(
        _line(field, above, below, float(wide.ahead[above, below]), order)
        for above, below in itertools.pairwise(ordered)
    )


def _line(field: Field, above: int, below: int, index: float, order: WeightOrder) -> Line:
    if dominates(order, field.units[above], field.units[below]):
        return Line(above, below, "every_weight", index)
    if index >= ROBUST:
        return Line(above, below, "robust", index)
    return Line(above, below, "tier" if field.bands[above] != field.bands[below] else "weak", index)


def places(lines: Sequence[Line], n: int) -> Iterator[tuple[int, ...]]:
    """Neighbours joined by weak lines, as positions in the field, from the first rank down."""
    if n == 0:
        return
    group = [lines[0].above if lines else 0]
    for line in lines:
        if line.how != "weak":
            yield tuple(group)
            group = []
        group.append(line.below)
    yield tuple(group)
