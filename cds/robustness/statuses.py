"""Which statuses an option can still have, over everything that is not known: exact, by parts.

What a part of the unknown facts can do to an option is a small set of outcomes: is a gate true, an
exclusion, a demotion, a caution, is something still unverified, and what the counted cautions
sum to. Parts are independent, so that the outcomes of all facts are the combinations of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cds.plan import Plan
from cds.robustness.intervals import Extents, Term
from cds.robustness.unknowns import MOST, excluding_rows
from cds.robustness.worlds import Worlds
from cds.vocabulary import Kind, Status


class Outcome(NamedTuple):
    """What some facts do to an option, together."""

    gate: bool
    excluded: bool
    demoted: bool
    cautioned: bool
    unverified: bool
    cautions: int


def possible_statuses(extents: Extents, column: int) -> tuple[Status, ...] | None:
    """The statuses the option can have in some completion, best first; None if too many to enumerate."""
    plan = extents.plan
    terms = [term for term in extents.terms({column: 1}) if _cautions(plan, term)]
    rows = {*plan.blocking[column], *plan.named[Kind.CAUTIONS][column]}
    outcomes = {Outcome(False, False, False, False, False, 0)}
    for part in extents.parts(terms, frozenset(rows)):
        if extents.worlds.size(part) > MOST or not all(extents.unknowns.blocks[b].exact for b in part):
            return None
        mine = [term for term in terms if bool(term.blocks) == bool(part) and term.blocks <= {*part}]
        found = _outcomes(plan, column, extents.worlds[part], frozenset(extents.rows(part, rows)), mine)
        outcomes = {_both(one, other) for one in outcomes for other in found}
    found_statuses = {_status(plan, column, outcome) for outcome in outcomes}
    return tuple(status for status in Status if status in found_statuses)


def _cautions(plan: Plan, term: Term) -> bool:
    return any(plan.rules[row].kind is Kind.CAUTIONS for row in term.chain.rows)


def _outcomes(
    plan: Plan, column: int, worlds: Worlds, rows: frozenset[int], terms: Iterable[Term]
) -> set[Outcome]:
    """The distinct outcomes in these worlds."""
    kinds = [Kind.GATE, Kind.EXCLUDES, Kind.DEMOTES, Kind.CAUTIONS]
    named = [[row for row in plan.named[kind][column] if row in rows] for kind in kinds]
    named[1] += [row for row in excluding_rows(plan, column) if row in rows and row not in named[0]]
    unverified = np.zeros(worlds.n, dtype=bool)
    for row in rows & {*plan.blocking[column]}:
        unverified |= worlds.truth(row).unknown
    points = np.zeros(worlds.n, dtype=np.int64)
    for term in terms:
        is_caution = [plan.rules[row].kind is Kind.CAUTIONS for row in term.chain.rows]
        points += worlds.points(term.chain, np.where(is_caution, term.points, 0).tolist())
    planes = [*(worlds.any_true(mine) for mine in named), unverified, points]
    distinct = np.unique(np.array(planes), axis=1).T.tolist()
    return {
        Outcome(bool(a), bool(b), bool(c), bool(d), bool(e), points) for a, b, c, d, e, points in distinct
    }


def _both(one: Outcome, other: Outcome) -> Outcome:
    return Outcome(
        gate=one.gate or other.gate,
        excluded=one.excluded or other.excluded,
        demoted=one.demoted or other.demoted,
        cautioned=one.cautioned or other.cautioned,
        unverified=one.unverified or other.unverified,
        cautions=one.cautions + other.cautions,
    )


def _status(plan: Plan, column: int, outcome: Outcome) -> Status:
    """The status table of `cds.ranking`, for one outcome."""
    policy, base = plan.policy, int(plan.base[column])
    if outcome.gate:
        return Status.REFUSED
    if outcome.excluded:
        return Status.EXCLUDED
    if policy.needs_positive_evidence and (base <= 0 or base + outcome.cautions <= 0):
        return Status.REFUSED
    if policy.keeps_hypotheses_apart and (outcome.demoted or not plan.nameable[column]):
        return Status.HYPOTHESIS
    return Status.CAUTION if outcome.cautioned or outcome.unverified else Status.ELIGIBLE
