"""Which test next: every result of every test, ranked with all else as it is.

Exact: values that no open rule tells apart are tried once, all others together. A test with
more than 65,536 results is sampled with the seed and marked. There is no utility in it: only
what a result would do to the order, and in how many counted patients.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cds.cells import cells, combinations
from cds.cohort import Cohort
from cds.decision import Decision, decide
from cds.derivation import derive
from cds.explanation import Explainer
from cds.robustness.certain_first import certain_first
from cds.robustness.intervals import Extents
from cds.robustness.priors import patterns
from cds.robustness.unknowns import MOST, Unknowns, is_tumour
from cds.robustness.value_classes import ValueClass, open_conditions, value_classes
from cds.robustness.variations import order, rank_all, stacked
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.rules import Rule
from cds.stability import EffectOfTest, NextTest, OutcomeOfTest
from cds.vocabulary import AnswerRole, Kind

SAMPLED = 4096
NONE_CHANGES = "No test of a tumour marker would change the first option"


def next_test(cohort: Cohort, book: Rulebook, policy: str | None = None, seed: int = 0) -> NextTest:
    """What the tests of tumour markers that were not done could change for one patient.

    `cohort` holds that patient alone. Tests are single markers and the panels of the rulebook;
    shares are counts of patients in the rulebook's prior, given what was tested.
    """
    decision, policy = decide(cohort, book), policy or book.default_policy
    search = _Search(decision, book, policy, seed)
    tests = tuple(search.effects())
    unchanged = not any(test.can_change_first for test in tests)
    proven = certain_first(Extents(search.unknowns), decision.rankings[policy])
    return NextTest(
        policy=policy,
        sentence=_sentence(tests, unchanged, proven, decision, policy),
        no_test_changes_first=unchanged,
        proven_together=proven,
        checklist=checklist(decision, book),
        tests=tests,
        prior=book.priors.source.locator if book.priors else None,
        joint=search.prior.joint,
        seed=seed,
    )


def _sentence(
    tests: Sequence[EffectOfTest], unchanged: bool, proven: bool, decision: Decision, policy: str
) -> str:
    if unchanged and not decision.rankings[policy].rank.any():
        return "No option is ranked, and no test of a tumour marker would change that."
    if unchanged:
        known = decision.answer_of(0).role is not AnswerRole.INCOMPLETE
        order = "" if known else ". It is the first of an order with no information about this patient"
        return f"{NONE_CHANGES}{', whatever all of them showed together' if proven else ''}{order}."
    labels = "; ".join(test.label for test in tests if test.can_change_first)
    return f"The first option could change with: {labels}."


def checklist(decision: Decision, book: Rulebook, row: int = 0) -> tuple[str, ...]:
    """Unknown facts, not tumour markers, that could take an option's rank or add a caution to it."""
    explainer, plan = Explainer(decision, row), decision.plan
    found: set[str] = set()
    for column in np.flatnonzero(decision.ranking.rank[:, row]):
        for rule in (*plan.blocking[column], *plan.named[Kind.CAUTIONS][column]):
            found |= {*explainer.deciding(plan, rule)}
    return tuple(m.id for m in book.markers if m.id in found and not is_tumour(m))


@dataclass(frozen=True)
class _Assay:
    """A test: the untested markers it answers, and of these the ones whose value matters."""

    id: str
    label: str
    markers: tuple[str, ...]
    telling: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Results:
    """All results of one test (one column each): the class of each telling marker, and the ranks."""

    assay: _Assay
    picked: dict[str, NDArray[np.int64]]
    n: int
    sampled: bool


class _Search:
    def __init__(self, decision: Decision, book: Rulebook, policy: str, seed: int) -> None:
        self.decision, self.book, self.policy, self.seed = decision, book, policy, seed
        self.plan, self.cohort = decision.plans[policy], decision.cohort
        self.unknowns = Unknowns(self.plan, self.cohort, decision.states, may=is_tumour)
        self.prior = patterns(book, self.cohort, decision.states)
        missing = decision.states.evaluator.missing
        untested = [m for m in book.markers if is_tumour(m) and not m.is_derived and missing(m.id)[0]]
        conditions = open_conditions(self.unknowns)
        self.classes = {m.id: value_classes(book, m, conditions) for m in untested}
        self.now = decision.rankings[policy].rank[:, 0]
        self.ids = tuple(option.id for option in book.options)
        self.opening = tuple(self._opening())
        self.seen: dict[tuple[str, tuple[str, ...]], bool] = {}

    def effects(self) -> list[EffectOfTest]:
        """The effect of each test, most telling first."""
        results = [self._results(assay) for assay in self._assays()]
        telling = {name: classes for name, classes in self.classes.items() if len(classes) > 1}
        choices = {name: [one.value for one in classes] for name, classes in telling.items()}
        sizes = [result.n for result in results]
        changed = stacked(choices, [result.picked for result in results], sizes)
        ranks = rank_all(self.book, self.cohort, changed, self.policy).rank
        ends = np.cumsum([0, *sizes])
        parts = [ranks[:, start:stop] for start, stop in itertools.pairwise(ends)]
        effects = [self._effect(result, part) for result, part in zip(results, parts, strict=True)]
        return sorted(effects, key=_telling)

    def _assays(self) -> Iterator[_Assay]:
        for panel in self.book.panels:
            markers = tuple(name for name in panel.reveals if name in self.classes)
            if len(markers) > 1:
                yield self._assay(panel.id, panel.label, markers)
        for name in self.classes:
            yield self._assay(name, self.book.marker[name].label, (name,))

    def _assay(self, name: str, label: str, markers: tuple[str, ...]) -> _Assay:
        return _Assay(name, label, markers, tuple(n for n in markers if len(self.classes[n]) > 1))

    def _results(self, assay: _Assay) -> _Results:
        sizes = [len(self.classes[name]) for name in assay.telling]
        total = math.prod(sizes)
        sampled = total > MOST
        if sampled:
            source = np.random.PCG64(np.random.SeedSequence([self.seed, 3]))
            raw = np.asarray(source.random_raw(SAMPLED * len(sizes)), dtype=np.uint64)
            limits = np.array(sizes, dtype=np.uint64)[:, None]
            grid = (raw.reshape(len(sizes), SAMPLED) % limits).astype(np.int64)
        else:
            grid = np.indices(sizes).reshape(len(sizes), total)
        picked = dict(zip(assay.telling, grid, strict=True))
        return _Results(assay, picked, SAMPLED if sampled else total, sampled)

    def _effect(self, results: _Results, ranks: NDArray[np.int8]) -> EffectOfTest:
        assay, now = results.assay, self.now[:, None]
        first = ((ranks == 1) != (now == 1)).any(axis=0)
        changed = (ranks != now).any(axis=0)
        counts = self._counts(results)
        return EffectOfTest(
            id=assay.id,
            label=assay.label,
            markers=assay.markers,
            can_change_first=bool(first.any()),
            can_change_order=bool(changed.any()),
            can_exclude=bool(((now > 0) & (ranks == 0)).any()),
            first_changes=None if counts is None else _sum(counts, first),
            order_changes=None if counts is None else _sum(counts, changed),
            of=None if counts is None else self.prior.of,
            opens=tuple(self._opens(assay)),
            outcomes=tuple(self._outcomes(results, ranks, counts)),
            sampled=results.sampled,
        )

    def _counts(self, results: _Results) -> list[int] | None:
        """How many counted patients show each result; None where a telling marker was not counted."""
        names = results.assay.telling
        if results.sampled or not names or not {*names} <= {*self.prior.markers}:
            return None
        counts = [0] * results.n
        sizes = [len(self.classes[name]) for name in names]
        for count, values in self.prior.only(names).counts:
            places = [_class_of(self.classes[n], value) for n, value in zip(names, values, strict=True)]
            counts[int(np.ravel_multi_index(places, sizes))] += count
        return counts

    def _outcomes(
        self, results: _Results, ranks: NDArray[np.int8], counts: list[int] | None
    ) -> Iterator[OutcomeOfTest]:
        """One outcome for each value of a single marker, or for each order that a panel can give."""
        groups: dict[Any, list[int]] = {}
        for place in range(results.n):
            alone = len(results.assay.telling) == 1
            groups.setdefault(place if alone else ranks[:, place].tobytes(), []).append(place)
        outcomes = [self._outcome(results, ranks, counts, group) for group in groups.values()]
        yield from sorted(outcomes, key=lambda outcome: -(outcome.count or 0))

    def _outcome(
        self, results: _Results, ranks: NDArray[np.int8], counts: list[int] | None, group: list[int]
    ) -> OutcomeOfTest:
        said = min((self._said(results, place) for place in group), key=len)
        after = ranks[:, group[0]]
        count = None if counts is None else sum(counts[place] for place in group)
        n = self.prior.of if self.prior.joint or self.book.priors is None else self.book.priors.n
        return OutcomeOfTest(
            values=said,
            order=order(after, self.ids),
            first_changes=bool(((after == 1) != (self.now == 1)).any()),
            order_changes=bool((after != self.now).any()),
            loses_rank=tuple(np.array(self.ids)[(self.now > 0) & (after == 0)].tolist()),
            count=count,
            at_most=min(1.0, round(3 / n, 4)) if count == 0 else None,
        )

    def _said(self, results: _Results, place: int) -> dict[str, tuple[str, ...]]:
        """The values of one result; in a panel without those that say nothing."""
        found = {name: self.classes[name][int(picked[place])] for name, picked in results.picked.items()}
        return {name: one.said for name, one in found.items() if len(found) == 1 or not one.quiet}

    def _opens(self, assay: _Assay) -> Iterator[str]:
        """Rules that would open a referral, or another choice."""
        for rule, read in self.opening:
            asked = tuple(name for name in read if name in assay.markers)
            if asked and self._can_be_true(rule, asked):
                yield rule.id

    def _opening(self) -> Iterator[tuple[Rule, tuple[str, ...]]]:
        """Undecided rules of that kind, with the markers each reads."""
        named = {name for comparator in self.book.comparators for name in comparator.opened_by}
        for index, rule in enumerate(self.plan.rules):
            opens = rule.kind is Kind.INFORMS and (rule.note or rule.id in named)
            if opens and self.decision.truths.unknown[index, 0]:
                yield rule, tuple(markers_of(rule.when))

    def _can_be_true(self, rule: Rule, asked: tuple[str, ...]) -> bool:
        """Whether some values of these markers make the rule true, all else as it is."""
        if (rule.id, asked) not in self.seen:
            found = combinations(self.book, {n: cells(self.book.marker[n], [rule.when]) for n in asked})
            known = {name: np.repeat(col, len(found)) for name, col in self.cohort.columns.items()}
            columns = {**known, **found.columns}
            states = derive(Cohort(found.ids, columns, self.cohort.drug_lists), self.book)
            self.seen[rule.id, asked] = bool(states.evaluator.truth(rule.when).true.any())
        return self.seen[rule.id, asked]


def _class_of(classes: Sequence[ValueClass], value: str) -> int:
    return next(place for place, one in enumerate(classes) if value in one.said)


def _sum(counts: list[int], where: NDArray[np.bool_]) -> int:
    return sum(count for count, counted in zip(counts, where.tolist(), strict=True) if counted)


def _telling(effect: EffectOfTest) -> tuple[float, ...]:
    """Sort key: the larger share that changes the first place, then the order; ties as declared."""
    shares = [(effect.first_changes or 0) / (effect.of or 1), (effect.order_changes or 0) / (effect.of or 1)]
    can = [effect.can_change_first, effect.can_change_order, effect.can_exclude, bool(effect.opens)]
    return (-shares[0], -can[0], -shares[1], *(-flag for flag in can[1:]))
