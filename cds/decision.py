"""Decide: from a cohort to truths, points, statuses, ranks and answers, under both policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds import ranking, scoring, truths
from cds.cohort import Cohort
from cds.derivation import States, derive
from cds.plan import Plan, plan
from cds.ranking import Ranking
from cds.rulebook.book import Rulebook
from cds.truths import Truths

CHECKED, PUBLISHED = "checked", "as_published"
POLICIES = (CHECKED, PUBLISHED)


@dataclass(frozen=True, eq=False)
class Decision:
    """What was decided for a cohort. Explanations are carried from here, never rebuilt."""

    cohort: Cohort
    states: States
    truths: Truths
    plans: Mapping[str, Plan]
    rankings: Mapping[str, Ranking]
    answer: NDArray[np.int8]


def decide(cohort: Cohort, book: Rulebook, policies: tuple[str, ...] = POLICIES) -> Decision:
    """Decide for every patient of a cohort. `checked` comes first and is always computed.

    One patient is a cohort of one: the same code makes the same bytes in any chunking.
    """
    states = derive(cohort, book)
    plans = {name: plan(book, name) for name in policies}
    evaluated = truths.evaluate(states, plans[CHECKED].rules)
    rankings: dict[str, Ranking] = {}
    for name, laid_out in plans.items():
        points = scoring.score(laid_out, evaluated)
        rankings[name] = ranking.rank(laid_out, evaluated, points, rankings.get(CHECKED))
    answer = ranking.answer(plans[CHECKED], evaluated, rankings[CHECKED])
    return Decision(cohort, states, evaluated, plans, rankings, answer)
