"""Contrast: why one option stands where it stands against another, line by line."""

from __future__ import annotations

import itertools
from typing import Literal

from cds.result import Assessment, OptionResult, PolicyResult
from cds.rulebook.book import Rulebook
from cds.rulebook.policies import Policy
from cds.stability import Contrast, ContrastRow
from cds.vocabulary import Status

Decided = Literal["status", "class", "tier", "points", "tie"]


def with_contrasts(assessment: Assessment, book: Rulebook) -> Assessment:
    """The assessment with a contrast of each ranked option over the next, default policy."""
    policy = book.policy[book.default_policy]
    result = assessment.policy(policy.id)
    pairs = itertools.pairwise(option.option for option in result.ranked())
    found = tuple(contrast(result, policy, a, b) for a, b in pairs)
    return assessment.model_copy(update={"contrasts": found})


def contrast(result: PolicyResult, policy: Policy, a: str, b: str) -> Contrast:
    """A against B under one policy; KeyError if the rulebook has no such option.

    One row for each contribution of either, largest difference first; rows without a difference
    are counted in `common`. The differences sum to points of A minus points of B.
    """
    options = {option.option: option for option in result.options}
    one, other = options[a], options[b]
    rows = sorted(_rows(one, other), key=lambda row: (-abs(row.difference), row.id))
    return Contrast(
        policy=result.policy,
        a=a,
        b=b,
        rank_a=one.rank,
        rank_b=other.rank,
        no_rank={o.option: tuple(r.label for r in o.reasons) for o in (one, other) if o.rank is None},
        decided_by=decided_by(one, other, policy),
        rows=tuple(row for row in rows if row.difference),
        common=sum(not row.difference for row in rows),
        points_a=one.points,
        points_b=other.points,
        difference=one.points - other.points,
    )


def _rows(one: OptionResult, other: OptionResult) -> list[ContrastRow]:
    mine, theirs = ({line.id: line for line in option.contributions} for option in (one, other))
    rows = []
    for name, line in {**theirs, **mine}.items():
        a = mine[name].points if name in mine else 0
        b = theirs[name].points if name in theirs else 0
        rows.append(ContrastRow(id=name, label=line.label, a=a, b=b, difference=a - b))
    return rows


def decided_by(one: OptionResult, other: OptionResult, policy: Policy) -> Decided:
    """The first part of the declared order in which the two differ."""
    if one.rank is None or other.rank is None:
        return "status"
    hypothesis = [option.status is Status.HYPOTHESIS for option in (one, other)]
    if hypothesis[0] != hypothesis[1]:
        return "class"
    if "tier" in policy.order and one.tier != other.tier:
        return "tier"
    return "points" if one.points != other.points else "tie"
