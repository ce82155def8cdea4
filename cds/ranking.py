"""Statuses, order and answer: what the truths and points of a cohort amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cds.conditions import Mask
from cds.plan import Plan, Rows
from cds.rulebook.options import TIERS
from cds.scoring import Points
from cds.truths import Truths
from cds.vocabulary import RANKED, Answer, Kind, Status

STATUSES = tuple(Status)
ANSWERS = tuple(Answer)
_CODE = {status: np.int8(code) for code, status in enumerate(STATUSES)}
_RANKED_UP_TO = max(_CODE[status] for status in RANKED)


@dataclass(frozen=True, eq=False)
class Ranking:
    """One policy's ranking. All arrays are options x patients.

    `status` indexes STATUSES, `tier` indexes TIERS, `rank` is 0 for what is not ranked.
    """

    status: NDArray[np.int8]
    tier: NDArray[np.int8]
    points: NDArray[np.int32]
    cautions: NDArray[np.int32]
    rank: NDArray[np.int8]

    @property
    def ranked(self) -> Mask:
        """Where an option has a rank."""
        return self.rank > 0


def rank(plan: Plan, truths: Truths, points: Points, checked: Ranking | None = None) -> Ranking:
    """Rank every option for every patient under one policy.

    `checked` is the checked policy's ranking where this policy shows what that one refuses.
    """
    status = _statuses(plan, truths, points)
    if plan.policy.shows_refusals_of and checked is not None:
        refused = (checked.status == _CODE[Status.REFUSED]) | (checked.status == _CODE[Status.EXCLUDED])
        status[refused & (status == _CODE[Status.ELIGIBLE])] = _CODE[Status.CAUTION]
    tier = _tiers(plan, truths, status)
    return Ranking(status, tier, points.score, points.cautions, _ranks(plan, status, tier, points.score))


def with_points(plan: Plan, ranking: Ranking, extra: NDArray[np.int32]) -> Ranking:
    """The same statuses and tiers with points added (options x patients); only the ranks follow."""
    points = ranking.points + extra
    return replace(ranking, points=points, rank=_ranks(plan, ranking.status, ranking.tier, points))


def _any(masks: Mask, rows: Rows) -> Mask:
    found = np.zeros(masks.shape[1], dtype=bool)
    for row in rows:
        np.logical_or(found, masks[row], out=found)
    return found


class _Seen:
    """Which of some rules are true, or unknown, for anybody; asked once for options with equal rules."""

    def __init__(self, truths: Truths) -> None:
        self._truths = truths
        self._true: dict[Rows, Mask] = {}
        self._unknown: dict[Rows, Mask] = {}

    def true(self, rows: Rows) -> Mask:
        if rows not in self._true:
            self._true[rows] = _any(self._truths.true, rows)
        return self._true[rows]

    def unknown(self, rows: Rows) -> Mask:
        if rows not in self._unknown:
            self._unknown[rows] = _any(self._truths.unknown, rows)
        return self._unknown[rows]


def _statuses(plan: Plan, truths: Truths, points: Points) -> NDArray[np.int8]:
    status, seen = np.empty(points.score.shape, dtype=np.int8), _Seen(truths)
    for column, option in enumerate(plan.options):
        if option.unavailable is not None:
            status[column] = _CODE[Status.NOT_AVAILABLE]
        elif plan.policy.id in option.refused:
            status[column] = _CODE[Status.REFUSED]
        else:
            status[column] = _status(plan, seen, points, column)
    return status


def _status(plan: Plan, seen: _Seen, points: Points, column: int) -> NDArray[np.int8]:
    """The first line of the status table that applies, written from the last to the first."""
    policy, named = plan.policy, plan.named
    cautioned = seen.true(named[Kind.CAUTIONS][column])
    unverified = seen.unknown(plan.blocking[column])
    status = np.where(cautioned | unverified, _CODE[Status.CAUTION], _CODE[Status.ELIGIBLE])
    excluding = named[Kind.EXCLUDES][column]
    if policy.hypotheses:
        excluding += named[Kind.TARGET][column]
        hypothesis = seen.true(named[Kind.DEMOTES][column]) | (plan.options[column].tier != "A")
        status = np.where(hypothesis, _CODE[Status.HYPOTHESIS], status)
    if policy.floor:
        status = np.where(below_floor(plan, points, column), _CODE[Status.REFUSED], status)
    status = np.where(seen.true(excluding), _CODE[Status.EXCLUDED], status)
    return np.where(seen.true(named[Kind.GATE][column]), _CODE[Status.REFUSED], status)


def below_floor(plan: Plan, points: Points, column: int) -> Mask:
    """Where the base, or the base with the counted cautions, is not above 0."""
    base = plan.base[column]
    return np.asarray((base <= 0) | (base + points.cautions[column] <= 0))


def _tiers(plan: Plan, truths: Truths, status: NDArray[np.int8]) -> NDArray[np.int8]:
    """The option's tier; a hypothesis that a demotion made stands in the policy's demoted tier."""
    hypothesis = status == _CODE[Status.HYPOTHESIS]
    tier = np.repeat(plan.tier[:, None], truths.true.shape[1], axis=1)
    if plan.policy.demoted_tier is not None and plan.policy.hypotheses:
        for column, rows in enumerate(plan.named[Kind.DEMOTES]):
            tier[column, hypothesis[column] & _any(truths.true, rows)] = TIERS.index(plan.policy.demoted_tier)
    return tier


def _ranks(
    plan: Plan, status: NDArray[np.int8], tier: NDArray[np.int8], points: NDArray[np.int32]
) -> NDArray[np.int8]:
    """1 + the number of ranked options with a larger key; equal keys share a rank."""
    ranks = np.zeros(status.shape, dtype=np.int8)
    rows = list(plan.rankable)
    ranked = status[rows] <= _RANKED_UP_TO
    keys = np.where(ranked, order_key(plan, status[rows], tier[rows], points[rows]), -1)
    above = np.zeros(keys.shape, dtype=np.int8)
    for first, second in combinations(range(len(rows)), 2):
        above[first] += keys[second] > keys[first]
        above[second] += keys[first] > keys[second]
    ranks[rows] = np.where(ranked, above + np.int8(1), np.int8(0))
    return ranks


def order_key(
    plan: Plan, status: NDArray[np.int8], tier: NDArray[np.int8], points: NDArray[np.int32]
) -> NDArray[np.int32]:
    """One integer for the declared order: class, then tier if the policy asks for it, then points."""
    if np.abs(points, dtype=np.int64).max(initial=0) >= 5000:
        raise OverflowError("points outgrow the order key")
    key = points + np.int32(5000)
    if "tier" in plan.policy.order:
        key = key + np.int32(10**5) * (len(TIERS) - tier.astype(np.int32))
    return key + np.int32(10**7) * (status < _CODE[Status.HYPOTHESIS])


def answer(plan: Plan, truths: Truths, checked: Ranking) -> NDArray[np.int8]:
    """The answer of each case, as an index into ANSWERS; from the checked policy only."""
    n = truths.true.shape[1]
    nameable = (checked.status <= _CODE[Status.CAUTION]).any(axis=0)
    hypotheses = (checked.status == _CODE[Status.HYPOTHESIS]).any(axis=0)
    result = np.full(n, ANSWERS.index(Answer.ALL_EXCLUDED), dtype=np.int8)
    result[hypotheses] = ANSWERS.index(Answer.ONLY_HYPOTHESES)
    result[nameable] = ANSWERS.index(Answer.CAN_BE_NAMED)
    gates = scope_gates(plan)
    result[_any(truths.unknown, tuple(row for rows in gates.values() for row in rows))] = ANSWERS.index(
        Answer.PROFILE_INCOMPLETE
    )
    for code, rows in sorted(gates.items(), reverse=True):
        result[_any(truths.true, rows)] = code
    return result


def scope_gates(plan: Plan) -> Mapping[int, Rows]:
    """The gates that name every option, by the answer they give."""
    gates: dict[int, Rows] = {}
    for row, rule in enumerate(plan.rules):
        if rule.kind is Kind.GATE and all(row in rows for rows in plan.named[Kind.GATE]):
            code = ANSWERS.index(Answer(str(rule.code)))
            gates[code] = (*gates.get(code, ()), row)
    return gates
