"""Explanations: the reasons of a decision for one patient, read off the tables that made it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cds.conditions import deciding
from cds.decision import Decision
from cds.plan import Plan, Rows, Weighed, names, weigh
from cds.ranking import STATUSES
from cds.result import Contribution, OptionResult, PolicyResult, Reason, Undetermined
from cds.rulebook.conditions import markers_of
from cds.rulebook.options import EvidenceLine
from cds.rulebook.rules import Rule
from cds.vocabulary import SCORING, Kind, Status


class Explainer:
    """Explains one patient (`row`) of a decision."""

    def __init__(self, decision: Decision, row: int) -> None:
        """Keep the decision and the patient's position in it."""
        self.decision, self.row = decision, row
        self.true: list[bool] = decision.truths.true[:, row].tolist()
        self.unknown: list[bool] = decision.truths.unknown[:, row].tolist()
        self._true_rows = [row for row, true in enumerate(self.true) if true]
        self._unknown_rows = [row for row, unknown in enumerate(self.unknown) if unknown]
        self._deciding: dict[int, tuple[str, ...]] = {}
        self._unverified: dict[frozenset[int], tuple[str, ...]] = {}
        self._said_undetermined: dict[tuple[int, int], Undetermined] = {}

    def policy(self, name: str) -> PolicyResult:
        """All options under one policy."""
        plan = self.decision.plans[name]
        options = tuple(self.option(name, column) for column in range(len(plan.options)))
        policy = plan.policy
        return PolicyResult(policy=policy.id, label=policy.label, sentence=policy.sentence, options=options)

    def option(self, name: str, column: int) -> OptionResult:
        """One option under one policy."""
        plan, ranking, row = self.decision.plans[name], self.decision.rankings[name], self.row
        option, rank = plan.options[column], int(ranking.rank[column, row])
        status = STATUSES[ranking.status[column, row]]
        return OptionResult(
            option=option.id,
            label=option.label,
            tier=plan.book.tiers[ranking.tier[column, row]].id,
            status=status,
            reasons=tuple(self.reasons(plan, column, status)),
            rank=rank or None,
            tied=bool(rank and (ranking.rank[:, row] == rank).sum() > 1),
            points=int(ranking.points[column, row]),
            base=int(plan.base[column]),
            exclusions=self._exclusions(plan, column),
            cautions=self._true_reasons(plan, plan.named[Kind.CAUTIONS][column]),
            monitors=self._true_reasons(plan, plan.named[Kind.MONITORS][column]),
            unverified=self.unverified(plan, column),
            contributions=tuple(self._contributions(plan, column)),
            undetermined=tuple(self._undetermined(plan, column)),
        )

    # --- statuses -----------------------------------------------------------------------------

    def _true_reasons(self, plan: Plan, rows: Rows) -> tuple[Reason, ...]:
        return tuple(_rule_reasons(plan)[row] for row in rows if self.true[row])

    def unverified(self, plan: Plan, column: int) -> tuple[str, ...]:
        """Distinct unknown markers of the gates, exclusions and demotions that name the option."""
        rows = _blocking(plan)[column]
        if rows not in self._unverified:
            found = {
                name for row in rows.intersection(self._unknown_rows) for name in self.deciding(plan, row)
            }
            self._unverified[rows] = tuple(sorted(found, key=_places(plan).__getitem__))
        return self._unverified[rows]

    def deciding(self, plan: Plan, row: int) -> tuple[str, ...]:
        """The unknown markers that would decide a rule; none if it is decided."""
        if not self.unknown[row]:
            return ()
        if row not in self._deciding:
            evaluator = self.decision.states.evaluator
            found = deciding(plan.rules[row].when, evaluator, self.row)
            self._deciding[row] = tuple(sorted(found, key=_places(plan).__getitem__))
        return self._deciding[row]

    def reasons(self, plan: Plan, column: int, status: Status) -> Iterator[Reason]:
        """Why an option has this status, in rule order."""
        option, named = plan.options[column], plan.named
        match status:
            case Status.NOT_AVAILABLE:
                yield _code(plan, str(option.unavailable))
            case Status.REFUSED:
                yield from self._refusals(plan, column)
            case Status.EXCLUDED:
                yield from self._exclusions(plan, column)
            case Status.HYPOTHESIS:
                if not plan.nameable[column]:
                    yield _code(plan, "tier_not_nameable")
                yield from self._true_reasons(plan, named[Kind.DEMOTES][column])
            case Status.CAUTION:
                yield from self._true_reasons(plan, named[Kind.CAUTIONS][column])
                if self.unverified(plan, column):
                    yield _code(plan, "unverified")
        if status in (Status.ELIGIBLE, Status.CAUTION):
            yield from self._refusals_shown(plan, column)

    def _refusals_shown(self, plan: Plan, column: int) -> Iterator[Reason]:
        """Whether the policy whose refusals this one shows refuses or excludes the option."""
        shows = plan.policy.shows_refusals_of
        if shows is None:
            return
        there = STATUSES[self.decision.ranking_of(shows).status[column, self.row]]
        if there in (Status.REFUSED, Status.EXCLUDED):
            code, label = "refused_by_other_policy", shows.replace("_", " ")
            yield Reason(code=code, label=plan.book.reason[code].format(policy=label))

    def _exclusions(self, plan: Plan, column: int) -> tuple[Reason, ...]:
        rows = plan.named[Kind.EXCLUDES][column]
        rows += plan.named[Kind.TARGET_ABSENT][column] if plan.policy.keeps_hypotheses_apart else ()
        return self._true_reasons(plan, tuple(sorted(rows)))

    def _refusals(self, plan: Plan, column: int) -> Iterator[Reason]:
        option, policy = plan.options[column], plan.policy.id
        gates = [row for row in plan.named[Kind.GATE][column] if self.true[row]]
        if policy in option.refused:
            yield _code(plan, str(option.refused[policy]))
        elif gates:
            for row in gates:
                yield _rule_reason(plan.rules[row], str(plan.rules[row].code))
        else:
            balance = plan.base[column] <= 0
            yield _code(plan, "evidence_balance_not_positive" if balance else "cautions_outweigh_evidence")

    # --- contributions ------------------------------------------------------------------------

    def _contributions(self, plan: Plan, column: int) -> Iterator[Contribution]:
        yield from _lines(plan)[column]
        counted = self._counted(plan, column)
        named = frozenset().union(*(names(p)[column] for p in self.decision.plans.values()))
        for row in self._true_rows:
            if row in named and plan.rules[row].kind in SCORING:
                yield self._rule_line(plan, row, column, counted)

    def _counted(self, plan: Plan, column: int) -> dict[int, str]:
        """For each true rule of the option's chains: `yes`, or the rule that counts instead."""
        said: dict[int, str] = {}
        for rows in _chains(plan)[column]:
            true = [row for row in rows if self.true[row]]
            for row in true:
                said[row] = "yes" if row == true[0] else f"same_topic:{plan.rules[true[0]].id}"
        return said

    def _rule_line(self, plan: Plan, row: int, column: int, counted: dict[int, str]) -> Contribution:
        rule = plan.rules[row]
        weighed = plan.weighed.get((row, column), Weighed(0, None, 0, "not_in_policy"))
        said = counted.get(row, weighed.counted)
        return Contribution(
            source="rule",
            id=rule.id,
            label=rule.label,
            topic=rule.topic,
            level=weighed.level,
            units=weighed.units,
            points=weighed.points if said == "yes" else 0,
            would_be=weighed.points or self._elsewhere(plan, (row, column)),
            counted=said,
            verification=rule.verification,
            markers=markers_of(rule.when),
        )

    def _elsewhere(self, plan: Plan, cell: tuple[int, int]) -> int:
        """What a rule without points gives in the first other policy that counts it."""
        others = (other.weighed.get(cell) for other in self.decision.plans.values() if other is not plan)
        return next((weighed.points for weighed in others if weighed and weighed.points), 0)

    # --- what is not known --------------------------------------------------------------------

    def _undetermined(self, plan: Plan, column: int) -> Iterator[Undetermined]:
        named = names(plan)[column]
        for row in self._unknown_rows:
            if row in named:
                weighed = plan.weighed.get((row, column))
                yield self._undecided(plan, row, weighed.points if weighed else 0)

    def _undecided(self, plan: Plan, row: int, points: int) -> Undetermined:
        """One record for all options that a rule would treat alike."""
        if (row, points) not in self._said_undetermined:
            rule = plan.rules[row]
            markers = self.deciding(plan, row)
            self._said_undetermined[row, points] = Undetermined(
                rule=rule.id, kind=rule.kind, label=rule.label, markers=markers, points=points
            )
        return self._said_undetermined[row, points]


@lru_cache(maxsize=16)
def _lines(plan: Plan) -> tuple[tuple[Contribution, ...], ...]:
    """The evidence lines of every option; they are the same for every patient."""
    return tuple(tuple(_line(plan, line) for line in option.lines) for option in plan.options)


def _line(plan: Plan, line: EvidenceLine) -> Contribution:
    weighed, book = plan.line(line), plan.book
    elsewhere = (weigh(book, book.policy[name], line).points for name in book.policy_ids)
    return Contribution(
        source="evidence",
        id=line.id,
        label=line.text,
        topic=None,
        level=weighed.level,
        units=weighed.units,
        points=weighed.points,
        would_be=weighed.points or next(filter(None, elsewhere), 0),
        counted=weighed.counted,
        verification=line.verification,
    )


@lru_cache(maxsize=16)
def _chains(plan: Plan) -> tuple[tuple[Rows, ...], ...]:
    """The chains of every option."""
    return tuple(
        tuple(chain.rows for chain in plan.chains if column in chain.options)
        for column in range(len(plan.options))
    )


@lru_cache(maxsize=16)
def _blocking(plan: Plan) -> tuple[frozenset[int], ...]:
    """The gates, exclusions and demotions that name each option; equal sets are one object."""
    shared: dict[frozenset[int], frozenset[int]] = {}
    return tuple(shared.setdefault(rows, rows) for rows in map(frozenset, plan.blocking))


@lru_cache(maxsize=16)
def _places(plan: Plan) -> dict[str, int]:
    """Where each marker stands in the rulebook."""
    return {marker.id: place for place, marker in enumerate(plan.book.markers)}


@lru_cache(maxsize=16)
def _rule_reasons(plan: Plan) -> tuple[Reason, ...]:
    return tuple(_rule_reason(rule) for rule in plan.rules)


def _code(plan: Plan, code: str) -> Reason:
    return Reason(code=code, label=plan.book.reason[code])


def _rule_reason(rule: Rule, code: str | None = None) -> Reason:
    return Reason(
        code=code or rule.id, label=rule.label, recoverable=rule.recoverable, verification=rule.verification
    )
