"""Decide: from a cohort to truths, points, statuses, ranks and answers, under each policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds import ranking, truths
from cds.cohort import Cohort
from cds.derivation import States, derive
from cds.plan import Plan, plan
from cds.ranking import Ranking
from cds.rulebook.book import Rulebook
from cds.rulebook.policies import Answer
from cds.truths import Truths


@dataclass(frozen=True, eq=False)
class Decision:
    """What was decided for a cohort. Explanations are carried from here, never rebuilt.

    `plans` and `rankings` are by policy, the default policy first; `answer` indexes the
    rulebook's answers.
    """

    book: Rulebook
    cohort: Cohort
    states: States
    truths: Truths
    plans: Mapping[str, Plan]
    rankings: Mapping[str, Ranking]
    answer: NDArray[np.int8]

    @property
    def plan(self) -> Plan:
        """The plan of the default policy."""
        return self.plans[self.book.default_policy]

    @property
    def ranking(self) -> Ranking:
        """The ranking of the default policy."""
        return self.rankings[self.book.default_policy]

    def ranking_of(self, policy: str) -> Ranking:
        """The ranking of any policy, also of one that was not asked for."""
        return ranked(self.book, policy, self.truths, dict(self.rankings))

    def answer_of(self, row: int) -> Answer:
        """The answer of one patient."""
        return self.book.answers[int(self.answer[row])]


def decide(cohort: Cohort, book: Rulebook, policies: Iterable[str] | None = None) -> Decision:
    """Decide for every patient of a cohort, under all policies or these; the default is always one.

    One patient is a cohort of one: the same code makes the same bytes in any chunking.
    """
    states = derive(cohort, book)
    evaluated = truths.evaluate(states, tuple(book.rule.values()))
    return decide_from(book, cohort, states, evaluated, policies)


def decide_from(
    book: Rulebook, cohort: Cohort, states: States, evaluated: Truths, policies: Iterable[str] | None = None
) -> Decision:
    """Decide from truths that are known already."""
    asked = {book.default_policy, *(book.policy_ids if policies is None else policies)}
    plans = {name: plan(book, name) for name in book.policy_ids if name in asked}
    known: dict[str, Ranking] = {}
    rankings = {name: ranked(book, name, evaluated, known) for name in plans}
    default = book.default_policy
    answer = ranking.answer(plans[default], evaluated, states.evaluator, rankings[default])
    return Decision(book, cohort, states, evaluated, plans, rankings, answer)


def ranked(book: Rulebook, policy: str, evaluated: Truths, known: dict[str, Ranking]) -> Ranking:
    """The ranking of one policy; `known` holds those already made, and is added to."""
    if policy not in known:
        shows = book.policy[policy].shows_refusals_of
        shown = ranked(book, shows, evaluated, known) if shows else None
        known[policy] = ranking.rank(plan(book, policy), evaluated, shown)
    return known[policy]
