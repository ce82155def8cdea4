"""Statuses, order and answer: what the truths and points of a cohort amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cds.conditions import Evaluator, Mask
from cds.plan import Plan, Rows
from cds.rulebook.policies import Answer
from cds.scoring import Points, score
from cds.truths import Truths
from cds.vocabulary import RANKED, AnswerRole, Kind, Status

STATUSES = tuple(Status)
_CODE = {status: np.int8(code) for code, status in enumerate(STATUSES)}
_RANKED_UP_TO = max(_CODE[status] for status in RANKED)


@dataclass(frozen=True, eq=False)
class Ranking:
    """One policy's ranking. All arrays are options x patients.

    `status` indexes STATUSES, `tier` indexes the rulebook's tiers, `rank` is 0 for what is not ranked.
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


def rank(plan: Plan, truths: Truths, shown: Ranking | None = None) -> Ranking:
    """Rank every option for every patient under one policy.

    `shown` is the ranking of the policy whose refusals this one shows, if it shows any.
    """
    points = score(plan, truths)
    status = _statuses(plan, truths, points)
    if shown is not None:
        refused = (shown.status == _CODE[Status.REFUSED]) | (shown.status == _CODE[Status.EXCLUDED])
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
    if policy.keeps_hypotheses_apart:
        excluding += named[Kind.TARGET_ABSENT][column]
        hypothesis = seen.true(named[Kind.DEMOTES][column]) | (not plan.nameable[column])
        status = np.where(hypothesis, _CODE[Status.HYPOTHESIS], status)
    if policy.needs_positive_evidence:
        status = np.where(without_positive_evidence(plan, points, column), _CODE[Status.REFUSED], status)
    status = np.where(seen.true(excluding), _CODE[Status.EXCLUDED], status)
    return np.where(seen.true(named[Kind.GATE][column]), _CODE[Status.REFUSED], status)


def without_positive_evidence(plan: Plan, points: Points, column: int) -> Mask:
    """Where the base, or the base with the counted cautions, is not above 0."""
    base = plan.base[column]
    return np.asarray((base <= 0) | (base + points.cautions[column] <= 0))


def _tiers(plan: Plan, truths: Truths, status: NDArray[np.int8]) -> NDArray[np.int8]:
    """The option's tier; a hypothesis that a demotion made stands in the policy's demoted tier."""
    hypothesis = status == _CODE[Status.HYPOTHESIS]
    tier = np.repeat(plan.tier[:, None], truths.true.shape[1], axis=1)
    if plan.policy.demoted_tier is not None and plan.policy.keeps_hypotheses_apart:
        demoted = plan.book.tier_place[plan.policy.demoted_tier]
        for column, rows in enumerate(plan.named[Kind.DEMOTES]):
            tier[column, hypothesis[column] & _any(truths.true, rows)] = demoted
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
        key = key + np.int32(10**5) * (len(plan.book.tiers) - tier.astype(np.int32))
    return key + np.int32(10**7) * (status < _CODE[Status.HYPOTHESIS])


def answer(plan: Plan, truths: Truths, evaluator: Evaluator, ranking: Ranking) -> NDArray[np.int8]:
    """The answer of each case, as an index into the rulebook's answers: the first that holds.

    `plan` and `ranking` are of the default policy.
    """
    result = np.full(truths.true.shape[1], -1, dtype=np.int8)
    gates = scope_gates(plan)
    for code, answer in reversed(list(enumerate(plan.book.answers))):
        result[_holds(answer, gates, truths, evaluator, ranking)] = code
    return result


def _holds(
    answer: Answer, gates: Mapping[str, Rows], truths: Truths, evaluator: Evaluator, ranking: Ranking
) -> Mask:
    """Where an answer holds."""
    named = (ranking.status <= _CODE[Status.CAUTION]).any(axis=0)
    ranked = ranking.ranked.any(axis=0)
    match answer.role:
        case AnswerRole.GATE:
            return _any(truths.true, gates.get(answer.id, ()))
        case AnswerRole.INCOMPLETE:
            return _any(truths.unknown, tuple(row for rows in gates.values() for row in rows))
        case AnswerRole.FACTS_MISSING:
            return np.asarray(np.logical_or.reduce([evaluator.missing(name) for name in answer.needs]))
        case AnswerRole.NAMEABLE:
            return np.asarray(named)
        case AnswerRole.ONLY_HYPOTHESES:
            return np.asarray(ranked & ~named)
        case AnswerRole.ALL_EXCLUDED:
            return np.asarray(~ranked)


@lru_cache(maxsize=16)
def scope_gates(plan: Plan) -> Mapping[str, Rows]:
    """The gates that name every option, by the answer they give."""
    gates: dict[str, Rows] = {}
    for row, rule in enumerate(plan.rules):
        if rule.kind is Kind.GATE and all(row in rows for rows in plan.named[Kind.GATE]):
            gates[str(rule.code)] = (*gates.get(str(rule.code), ()), row)
    return gates
