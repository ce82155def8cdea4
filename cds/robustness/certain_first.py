"""Whether the first option is certain, whatever all tumour markers would show together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cds.ranking import Ranking
from cds.robustness.intervals import Extents
from cds.robustness.units import bands_of
from cds.robustness.unknowns import excluding_rows, may_rank
from cds.vocabulary import Kind


def certain_first(extents: Extents, ranking: Ranking) -> bool:
    """True if it is proven that no completion of the free markers changes the first place.

    `ranking` is of the one patient whose free markers `extents` holds. False: not proven.
    """
    ranks = ranking.rank[:, 0]
    firsts = [int(column) for column in np.flatnonzero(ranks == 1)]
    columns = np.flatnonzero(ranks)
    bands = dict(zip(map(int, columns), bands_of(extents.plan, ranking, 0, columns), strict=True))
    if len(firsts) != 1 or _may_lose_rank(extents, firsts[0]) or _may_gain_rank(extents, ranks):
        return False
    rivals = [other for other, band in bands.items() if band == bands[firsts[0]] and other != firsts[0]]
    leads = [extents.lead(firsts[0], rival) for rival in rivals]
    return all(lead is None or lead.low > 0 for lead in leads)


def _may_lose_rank(extents: Extents, column: int) -> bool:
    rows = {*excluding_rows(extents.plan, column), *extents.plan.named[Kind.DEMOTES][column]}
    cautions = {*extents.plan.named[Kind.CAUTIONS][column]}
    return bool((rows | cautions) & extents.unknowns.live)


def _may_gain_rank(extents: Extents, ranks: NDArray[np.int8]) -> bool:
    """An option without a rank that an open rule keeps from one, or a hypothesis that could rise."""
    plan, live = extents.plan, extents.unknowns.live
    for column in may_rank(plan):
        rows = {*excluding_rows(plan, column), *plan.named[Kind.CAUTIONS][column]}
        demotes = {*plan.named[Kind.DEMOTES][column]}
        if (not ranks[column] and rows & live) or demotes & live:
            return True
    return False
