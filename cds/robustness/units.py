"""Half units of each level in each option's score: what weights are multiplied with.

`score = weights @ units`: with the declared weights this gives the points exactly. The rule that
counts on an axis is the one that counts in the points; other weights do not choose another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cds.plan import Plan, Weighed
from cds.ranking import Ranking, order_key
from cds.scoring import counted_in_turn
from cds.truths import Truths

Units = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Field:
    """The ranked options of one patient: their columns, units (options x levels) and bands.

    Options of a higher band stand before those of a lower one whatever the weights; a band is
    what the declared order asks before points (class, and tier if the policy says so).
    """

    columns: tuple[int, ...]
    units: Units
    bands: tuple[int, ...]

    @property
    def key(self) -> tuple[bytes, tuple[int, ...], tuple[int, ...]]:
        """Equal for patients whose ranked options, units and bands are equal."""
        return self.units.tobytes(), self.columns, self.bands


def units(plan: Plan, truths: Truths) -> Units:
    """Signed half units, options x levels x patients."""
    n = truths.true.shape[1]
    total = np.repeat(_base(plan)[:, :, None], n, axis=2)
    place = {level: index for index, level in enumerate(plan.policy.weights)}
    for chain in plan.chains:
        for row, counted in zip(chain.rows, counted_in_turn(truths.true, chain.rows), strict=True):
            for column in chain.options:
                weighed = plan.weighed[row, column]
                total[column, place[str(weighed.level)]] += counted * _signed(weighed)
    return total


@lru_cache(maxsize=16)
def _base(plan: Plan) -> Units:
    """What the evidence lines give, options x levels."""
    levels = list(plan.policy.weights)
    base = np.zeros((len(plan.options), len(levels)), dtype=np.int64)
    for column, option in enumerate(plan.options):
        for line in option.lines:
            weighed = plan.line(line)
            if weighed.units:
                base[column, levels.index(str(weighed.level))] += _signed(weighed)
    return base


def _signed(weighed: Weighed) -> int:
    return weighed.units if weighed.points >= 0 else -weighed.units


def fields(plan: Plan, truths: Truths, ranking: Ranking) -> list[Field]:
    """One field for each patient."""
    everyone = units(plan, truths)
    return [_field(plan, everyone[:, :, row], ranking, row) for row in range(everyone.shape[2])]


def _field(plan: Plan, mine: Units, ranking: Ranking, row: int) -> Field:
    columns = np.flatnonzero(ranking.rank[:, row])
    bands = bands_of(plan, ranking, row, columns)
    return Field(tuple(map(int, columns)), np.ascontiguousarray(mine[columns]), bands)


def bands_of(plan: Plan, ranking: Ranking, row: int, columns: NDArray[np.intp]) -> tuple[int, ...]:
    """The declared order key without its points."""
    status, tier = ranking.status[columns, row], ranking.tier[columns, row]
    return tuple(map(int, order_key(plan, status, tier, np.zeros(len(columns), dtype=np.int32))))
