"""Best and worst rank over everything that is not known, with class and tier held.

Options of one band (class, and tier if the policy asks for it) are compared by points: in all
worlds together where there are few enough, else pair by pair, which can only be too wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.robustness.intervals import JOINT, Extents, Term
from cds.robustness.unknowns import excluding_rows
from cds.robustness.worlds import Worlds


@dataclass(frozen=True)
class RankRange:
    """Best and worst rank; if not `exact` an outer bound."""

    best: int
    worst: int
    exact: bool = True


def rank_ranges(extents: Extents, bands: Mapping[int, int]) -> dict[int, RankRange]:
    """The range of each ranked option; `bands` maps option columns to their band, larger first."""
    found: dict[int, RankRange] = {}
    for band in sorted(set(bands.values()), reverse=True):
        members = [column for column, mine in bands.items() if mine == band]
        ahead = sum(other > band for other in bands.values())
        for column, one in _inside(extents, members).items():
            found[column] = RankRange(ahead + one.best, ahead + one.worst, one.exact)
    return found


def _inside(extents: Extents, members: list[int]) -> dict[int, RankRange]:
    if len(members) == 1:
        return {members[0]: RankRange(1, 1)}
    return _together(extents, members) or {column: _by_pairs(extents, column, members) for column in members}


def _by_pairs(extents: Extents, column: int, members: list[int]) -> RankRange:
    """Ahead of it for certain, or possibly, are those that always, or sometimes, score more."""
    leads = [extents.lead(column, other) for other in members if other != column]
    known = [lead for lead in leads if lead is not None]
    best = 1 + sum(lead.high < 0 for lead in known)
    worst = 1 + sum(lead.low < 0 for lead in known)
    exact = best == worst or (len(members) == 2 and all(lead.exact for lead in known))
    return RankRange(best, worst, exact)


def _together(extents: Extents, members: list[int]) -> dict[int, RankRange] | None:
    """Ranks in every world in which all members stay ranked; None if there are too many worlds."""
    terms = _differing(extents, members)
    listed = [term for mine in terms.values() for term in mine]
    excluding = frozenset(row for column in members for row in excluding_rows(extents.plan, column))
    needed = frozenset[int]().union(*(term.blocks for term in listed))
    parts = [part for part in extents.parts(listed, excluding) if needed & {*part}]
    blocks = tuple(sorted(block for part in parts for block in part))
    if extents.worlds.size(blocks) > JOINT or not all(extents.unknowns.blocks[b].exact for b in blocks):
        return None
    worlds = extents.worlds[blocks]
    stays = ~worlds.any_true(extents.rows(blocks, excluding))
    if not stays.any():
        return None
    scores = [_total(worlds, int(extents.plan.base[column]), terms[column])[stays] for column in members]
    return dict(zip(members, _ranges(np.array(scores)), strict=True))


def _differing(extents: Extents, members: list[int]) -> dict[int, list[Term]]:
    """Each member's terms, without those that give all members the same in every world."""
    terms = {column: extents.terms({column: 1}) for column in members}
    seen = [{(term.chain, term.points) for term in mine} for mine in terms.values()]
    common = set.intersection(*seen)
    return {c: [t for t in mine if (t.chain, t.points) not in common] for c, mine in terms.items()}


def _total(worlds: Worlds, base: int, terms: list[Term]) -> NDArray[np.int64]:
    total = np.full(worlds.n, base, dtype=np.int64)
    for term in terms:
        total += worlds.points(term.chain, term.points)
    return total


def _ranges(scores: NDArray[np.int64]) -> Iterator[RankRange]:
    """Best and worst rank of each member over all worlds; scores are members x worlds."""
    for mine in scores:
        ranks = 1 + (scores > mine).sum(axis=0)
        yield RankRange(int(ranks.min()), int(ranks.max()))
