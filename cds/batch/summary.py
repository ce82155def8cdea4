"""Counts of a cohort run: answers, first options, ties, where policies differ, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from cds.conditions import Mask
from cds.decision import Decision
from cds.difference import contradicted_claims
from cds.intake.cohort_file import CohortPart
from cds.plan import Plan
from cds.ranking import Ranking
from cds.rulebook.conditions import markers_of
from cds.vocabulary import Kind

Counts = dict[str, Any]


def counts_of_rows(part: CohortPart) -> Counts:
    """What was read and refused; parts add up (`add`)."""
    read, scored = len(part.ids), len(part.cohort)
    return {
        "read": read,
        "scored": scored,
        "refused": read - scored,
        "refused_by_reason": dict(Counter(row.code for row in part.refused)),
        "flags": dict(Counter(flag for found in part.flags.values() for flag in found)),
    }


def counts_of(decision: Decision) -> Counts:
    """What was decided; decisions add up (`add`)."""
    rankings = decision.rankings
    return {
        "answers": _by_code(decision.answer, list(decision.book.answer)),
        "first": {name: _firsts(decision.plans[name], ranking) for name, ranking in rankings.items()},
        "tied_first": {name: _tied(ranking) for name, ranking in rankings.items()},
        "policies_differ": _differ(decision),
        "undetermined": _undetermined(decision),
        "conflicts": {name: int(mask.sum()) for name, mask in decision.states.conflicts.items()},
    }


def add(left: Counts, right: Mapping[str, Any]) -> Counts:
    """The sum of two counts."""
    total = dict(left)
    for key, value in right.items():
        total[key] = add(total.get(key, {}), value) if isinstance(value, dict) else total.get(key, 0) + value
    return total


def tidy(counts: Counts) -> Counts:
    """Counts with the largest first and names in order, so that equal runs give equal bytes."""

    def ordered(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if all(isinstance(part, int) for part in value.values()):
            return dict(sorted(value.items(), key=lambda item: (-item[1], item[0])))
        return {key: ordered(part) for key, part in value.items()}

    return {key: ordered(value) for key, value in counts.items()}


def _by_code(codes: Any, words: list[str]) -> dict[str, int]:
    found = np.bincount(codes, minlength=len(words)).tolist() if len(codes) else [0] * len(words)
    return {word: count for word, count in zip(words, found, strict=True) if count}


def _firsts(plan: Plan, ranking: Ranking) -> dict[str, int]:
    """How many patients have an option (alone or tied) in the first place."""
    counts = {plan.options[column].id: int((ranking.rank[column] == 1).sum()) for column in plan.rankable}
    return {name: count for name, count in counts.items() if count}


def _tied(ranking: Ranking) -> int:
    """How many patients have several options in the first place."""
    return int((np.count_nonzero(ranking.rank == 1, axis=0) > 1).sum())


def _differ(decision: Decision) -> Counts:
    """Patients in whom another policy has another first place, and because of which claims."""
    first = decision.ranking.rank == 1
    others = {name: ranking.rank == 1 for name, ranking in decision.rankings.items()}
    others.pop(decision.book.default_policy)
    if not others:
        return {}
    differs = {name: (there != first).any(axis=0) for name, there in others.items()}
    touched: dict[str, Mask] = {}
    for name, there in others.items():
        _touch(touched, decision, name, (first | there) & differs[name])
    claims = {claim: int(where.sum()) for claim, where in touched.items() if where.any()}
    return {
        "patients": int(np.logical_or.reduce(list(differs.values())).sum()),
        "because_of_claims": claims,
    }


def _touch(touched: dict[str, Mask], decision: Decision, other: str, concerned: Mask) -> None:
    """For each contradicted claim: patients in whom a line that rests on it differs."""
    default, there = decision.plan, decision.plans[other]
    n = concerned.shape[1]

    def note(item: str, where: Mask) -> None:
        for claim in contradicted_claims(decision.book, item):
            touched[claim] = touched.get(claim, np.zeros(n, dtype=bool)) | where

    for column in np.flatnonzero(concerned.any(axis=1)).tolist():
        for line in default.options[column].lines:
            if default.line(line).points != there.line(line).points:
                note(line.id, concerned[column])
        for row in _rules_that_differ(default, there, column):
            note(default.rules[row].id, concerned[column] & decision.truths.true[row])


def _rules_that_differ(one: Plan, other: Plan, column: int) -> Iterable[int]:
    for row in range(len(one.rules)):
        here, there = one.weighed.get((row, column)), other.weighed.get((row, column))
        if (here.points if here else 0) != (there.points if there else 0):
            yield row


def _undetermined(decision: Decision) -> dict[str, int]:
    """For each marker: patients in whom it is unknown and leaves a rule undetermined.

    Conflicts are left out: a value that is not known contradicts none.
    """
    unknown = decision.truths.unknown
    touched: dict[str, Mask] = {}
    for row, rule in enumerate(decision.plan.rules):
        for name in markers_of(rule.when) if rule.kind is not Kind.CONFLICT else ():
            touched[name] = touched[name] | unknown[row] if name in touched else unknown[row]
    missing = decision.states.evaluator.missing
    counts = {name: int(np.count_nonzero(where & missing(name))) for name, where in touched.items()}
    return {name: count for name, count in counts.items() if count}
