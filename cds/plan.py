"""The plan of a policy: the rulebook laid out as tables, once, before any patient is seen.

Everything that does not depend on a patient is decided here: which rules name which option,
what they weigh, in which order the rules of one topic are asked, and each option's base.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cds.rulebook.base import Counting
from cds.rulebook.book import Rulebook
from cds.rulebook.options import EvidenceLine, Option
from cds.rulebook.policies import Policy
from cds.rulebook.rules import Rule
from cds.vocabulary import SCORING, Kind

Rows = tuple[int, ...]
NOT_COUNTED = Counting()


@dataclass(frozen=True)
class Weighed:
    """What a rule or evidence line gives in one policy."""

    points: int
    level: str | None
    units: int
    counted: str


@dataclass(frozen=True)
class Chain:
    """Rules of one topic and sign, strongest first, and the options that ask them in this order."""

    rows: Rows
    options: Rows


@dataclass(frozen=True, eq=False)
class Plan:
    """One policy, laid out. Rule and option indexes are positions in `rules` and `options`."""

    book: Rulebook
    policy: Policy
    rules: tuple[Rule, ...]
    options: tuple[Option, ...]
    weighed: dict[tuple[int, int], Weighed]
    chains: tuple[Chain, ...]
    base: NDArray[np.int32]
    named: dict[Kind, tuple[Rows, ...]]
    blocking: tuple[Rows, ...]
    tier: NDArray[np.int8]
    nameable: tuple[bool, ...]
    rankable: Rows

    def line(self, line: EvidenceLine) -> Weighed:
        """What an evidence line gives in this policy."""
        return weigh(self.book, self.policy, line)


def counting_of(item: EvidenceLine | Rule, policy: str) -> Counting:
    """How a policy counts a rule or evidence line."""
    return item.counts.get(policy, NOT_COUNTED)


def weigh(book: Rulebook, policy: Policy, item: EvidenceLine | Rule) -> Weighed:
    """Points = sign x weight of the level x units; 0 with the reason where not counted."""
    counting = counting_of(item, policy.id)
    if counting.none is not None or counting.level is None:
        return Weighed(0, counting.level, 0, str(counting.none or "no_level"))
    sign = 1 if book.level[counting.level].sign == "+" else -1
    points = sign * policy.weights[counting.level] * counting.units
    return Weighed(points, counting.level, counting.units, "yes")


def options_of(book: Rulebook, rule: Rule, policy: str) -> tuple[str, ...]:
    """The options a rule names in a policy, in declared order."""
    return book.resolve(counting_of(rule, policy).options or rule.options, rule.but_not)


@lru_cache(maxsize=16)
def plan(book: Rulebook, policy_id: str) -> Plan:
    """Lay out one policy of a rulebook."""
    policy, rules = book.policy[policy_id], tuple(book.rule.values())
    index = {option.id: column for column, option in enumerate(book.options)}
    names = [tuple(index[name] for name in options_of(book, rule, policy_id)) for rule in rules]
    weighed = _weighed(book, policy, rules, names)
    named = {kind: _by_option(rules, names, kind, len(index)) for kind in Kind}
    named[Kind.CAUTIONS] = tuple(
        tuple(row for row in rows if weighed[row, column].points)
        for column, rows in enumerate(named[Kind.CAUTIONS])
    )
    return Plan(
        book=book,
        policy=policy,
        rules=rules,
        options=book.options,
        weighed=weighed,
        chains=_chains(rules, weighed, len(index)),
        base=np.array([_base(book, policy, option) for option in book.options], dtype=np.int32),
        named=named,
        blocking=_blocking(policy, named, len(index)),
        tier=np.array([book.tier_place[option.tier] for option in book.options], dtype=np.int8),
        nameable=tuple(option.tier in book.nameable_tiers for option in book.options),
        rankable=_rankable(book, policy),
    )


@lru_cache(maxsize=64)
def names(plan: Plan) -> tuple[frozenset[int], ...]:
    """For each option the rules of any kind that name it."""
    return tuple(
        frozenset(row for by_option in plan.named.values() for row in by_option[column])
        for column in range(len(plan.options))
    )


def _by_option(rules: tuple[Rule, ...], names: list[Rows], kind: Kind, n: int) -> tuple[Rows, ...]:
    return tuple(
        tuple(row for row, rule in enumerate(rules) if rule.kind is kind and column in names[row])
        for column in range(n)
    )


def _blocking(policy: Policy, named: dict[Kind, tuple[Rows, ...]], n: int) -> tuple[Rows, ...]:
    """Per option the rules whose unknown truth takes `eligible` away."""
    kinds = [Kind.GATE, Kind.EXCLUDES]
    if policy.keeps_hypotheses_apart:
        kinds += [Kind.TARGET_ABSENT, Kind.DEMOTES]
    return tuple(tuple(sorted(row for kind in kinds for row in named[kind][column])) for column in range(n))


def _weighed(
    book: Rulebook, policy: Policy, rules: tuple[Rule, ...], names: list[Rows]
) -> dict[tuple[int, int], Weighed]:
    return {
        (row, column): weigh(book, policy, rule)
        for row, rule in enumerate(rules)
        if rule.kind in SCORING
        for column in names[row]
    }


def _chains(rules: tuple[Rule, ...], weighed: dict[tuple[int, int], Weighed], n: int) -> tuple[Chain, ...]:
    options_by_rows: dict[Rows, list[int]] = {}
    for column in range(n):
        for rows in _chains_of(rules, weighed, column):
            options_by_rows.setdefault(rows, []).append(column)
    return tuple(Chain(rows, tuple(columns)) for rows, columns in options_by_rows.items())


def _chains_of(
    rules: tuple[Rule, ...], weighed: dict[tuple[int, int], Weighed], column: int
) -> Iterable[Rows]:
    """One option's rules by topic and sign; larger points first, then rule id."""
    groups: dict[tuple[str, bool], list[tuple[int, str, int]]] = {}
    for row, rule in enumerate(rules):
        points = weighed[row, column].points if (row, column) in weighed else 0
        if points:
            topic = rule.topic or rule.id
            groups.setdefault((topic, points > 0), []).append((-abs(points), rule.id, row))
    return [tuple(row for _, _, row in sorted(group)) for group in groups.values()]


def _base(book: Rulebook, policy: Policy, option: Option) -> int:
    return sum(weigh(book, policy, line).points for line in option.lines)


def _rankable(book: Rulebook, policy: Policy) -> Rows:
    return tuple(
        column
        for column, option in enumerate(book.options)
        if option.unavailable is None and policy.id not in option.refused
    )
