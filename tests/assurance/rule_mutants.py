"""Every small change of the rulebook that could change what a patient is told.

A mutant is a rulebook with one change. Changes of text, sources and verification are left out: they
are checked elsewhere. An option that neither policy can rank is not counted as named: what is said
of it never varies.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cds.cohort import Cohort, cohort_from_profiles
from cds.derivation import derive
from cds.plan import options_of, weigh
from cds.rulebook.base import Counting
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Compared, leaves
from cds.rulebook.markers import Marker
from cds.rulebook.options import EvidenceLine, Option
from cds.rulebook.rules import Rule
from cds.vocabulary import HalfBecause, Kind, Uncounted
from tests.assurance.condition_mutants import condition_mutants
from tests.policies import POLICIES

#: The kind that a slip of the pen would most likely put in its place.
NEIGHBOURS = {
    Kind.GATE: (Kind.EXCLUDES,),
    Kind.EXCLUDES: (Kind.MONITORS, Kind.DEMOTES),
    Kind.TARGET_ABSENT: (Kind.MONITORS,),
    Kind.DEMOTES: (Kind.EXCLUDES, Kind.MONITORS),
    Kind.CAUTIONS: (Kind.OPPOSES, Kind.MONITORS),
    Kind.MONITORS: (Kind.EXCLUDES, Kind.INFORMS),
    Kind.SUPPORTS: (Kind.CAUTIONS, Kind.INFORMS),
    Kind.OPPOSES: (Kind.CAUTIONS, Kind.INFORMS),
    Kind.INFORMS: (Kind.CONFLICT, Kind.MONITORS),
    Kind.CONFLICT: (Kind.INFORMS,),
}


@dataclass(frozen=True, eq=False)
class Mutant:
    """One changed rulebook: what was changed, where, and how."""

    group: str
    where: str
    change: str
    book: Rulebook

    def __str__(self) -> str:
        return f"{self.group}: {self.where}: {self.change}"


def mutants(book: Rulebook) -> Iterator[Mutant]:
    """All mutants of a rulebook."""
    yield from _rule_mutants(book)
    yield from _marker_mutants(book)
    yield from _line_mutants(book)
    yield from _policy_mutants(book)


# --- rules ------------------------------------------------------------------------------------------


def _rule_mutants(book: Rulebook) -> Iterator[Mutant]:
    for place, rule in enumerate(book.rules):
        if rule.retired is None:
            rest = book.rules[:place], book.rules[place + 1 :]
            yield Mutant("rule dropped", rule.id, "dropped", book.with_parts(rules=(*rest[0], *rest[1])))
            for group, change, changed in _changes(rule, book):
                yield Mutant(group, rule.id, change, book.with_parts(rules=(*rest[0], changed, *rest[1])))


def _changes(rule: Rule, book: Rulebook) -> Iterator[tuple[str, str, Rule]]:
    def put(**fields: Any) -> Rule:
        return rule.model_copy(update=fields)

    for change, when in condition_mutants(rule.when, book):
        yield "condition", change, put(when=when)
    for kind in NEIGHBOURS[rule.kind]:
        yield "kind", kind.value, put(kind=kind)
    for policy in POLICIES:
        for group, change, counting in countings(rule.counts.get(policy), book, policy):
            yield group, f"{policy} {change}", put(counts={**rule.counts, policy: counting})
    for change, fields in _options(rule, book):
        yield "option", change, put(**fields)
    if rule.topic and _shares_topic(rule, book):
        yield "topic", "dropped", put(topic=None)
    if rule.recoverable and rule.kind is Kind.EXCLUDES:
        yield "recoverable", "dropped", put(recoverable=None)
    for name in ("code", "note"):
        if getattr(rule, name):
            codes = sorted({getattr(other, name) for other in book.rules if getattr(other, name)})
            other = codes[(codes.index(getattr(rule, name)) + 1) % len(codes)]
            yield name, f"{getattr(rule, name)} -> {other}", put(**{name: other})


def countings(counting: Counting | None, book: Rulebook, policy: str) -> Iterator[tuple[str, str, Counting]]:
    """A level one up or down, of the other sign, in half or in full, counted or not."""
    if counting is None:
        return
    if counting.none is not None or counting.level is None:
        level = "weak" if "weak" in book.policy[policy].weights else "m_osx"
        yield "counted", "counted", counting.model_copy(update={"none": None, "level": level})
        return
    yield (
        "counted",
        "not counted",
        counting.model_copy(update={"none": Uncounted.NO_LEVEL, "level": None, "half": None}),
    )
    half = None if counting.half else HalfBecause.MIXED_OR_WEAK
    yield "half", "in half" if half else "in full", counting.model_copy(update={"half": half})
    for group, level in _other_levels(counting.level, book, policy):
        yield group, f"{counting.level} -> {level}", counting.model_copy(update={"level": level})


def _other_levels(level: str, book: Rulebook, policy: str) -> Iterator[tuple[str, str]]:
    """The next heavier and the next lighter level of the same sign, and one of the other sign."""
    weights = book.policy[policy].weights
    sign, weight = book.level[level].sign, weights[level]
    same = [(weights[name], name) for name in weights if book.level[name].sign == sign]
    other = [(abs(weights[name] - weight), name) for name in weights if book.level[name].sign != sign]
    yield from (("level", name) for _, name in sorted(pair for pair in same if pair[0] > weight)[:1])
    yield from (("level", name) for _, name in sorted(pair for pair in same if pair[0] < weight)[-1:])
    yield from (("sign", name) for _, name in sorted(other)[:1])


def ranked_somewhere(book: Rulebook) -> frozenset[str]:
    """The options that at least one policy can rank."""
    return frozenset(
        option.id for option in book.options if option.unavailable is None and len(option.refused) < 2
    )


def _options(rule: Rule, book: Rulebook) -> Iterator[tuple[str, dict[str, Any]]]:
    """One option less, or one more, under both policies or where a policy names its own."""
    possible = ranked_somewhere(book)
    named = book.resolve(rule.options, rule.but_not)
    for change, options in _lists(named, book, possible):
        yield change, {"options": options, "but_not": ()}
    for policy in POLICIES:
        counting = rule.counts.get(policy)
        if counting is not None and counting.options:
            own = book.resolve(counting.options, rule.but_not)
            can = frozenset(name for name in possible if policy not in book.option[name].refused)
            for change, options in _lists(own, book, can):
                yield (
                    f"{policy} {change}",
                    {"counts": {**rule.counts, policy: counting.model_copy(update={"options": options})}},
                )


def _lists(
    named: tuple[str, ...], book: Rulebook, possible: frozenset[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in book.option:
        if name in possible and name not in named:
            yield f"also {name}", (*named, name)
        elif name in possible and len(named) > 1:
            yield f"without {name}", tuple(other for other in named if other != name)


def _shares_topic(rule: Rule, book: Rulebook) -> bool:
    """Whether another rule of its topic gives points of the same sign to one of its options."""
    mine = _signs(rule, book)
    others = (other for other in book.rule.values() if other.topic == rule.topic and other.id != rule.id)
    return any(mine & _signs(other, book) for other in others)


def _signs(rule: Rule, book: Rulebook) -> set[tuple[str, str, bool]]:
    found = set()
    for policy in book.policies:
        points = weigh(book, policy, rule).points
        named = options_of(book, rule, policy.id) if points else ()
        can = (name for name in named if policy.id not in book.option[name].refused)
        found |= {(policy.id, name, points > 0) for name in can if name in ranked_somewhere(book)}
    return found


# --- derived markers ----------------------------------------------------------------------------------


def _marker_mutants(book: Rulebook) -> Iterator[Mutant]:
    for place, marker in enumerate(book.markers):
        before, after = book.markers[:place], book.markers[place + 1 :]
        grid = cohort_from_profiles(book, _grid(marker, book)) if marker.derived else None
        for change, changed in _marker_changes(marker, book):
            mutant = Mutant("derived", marker.id, change, book.with_parts(markers=(*before, changed, *after)))
            if grid is None or "stricter" in change or not _same(marker, grid, book, mutant.book):
                yield mutant


def _grid(marker: Marker, book: Rulebook) -> list[dict[str, Any]]:
    """Every combination of the values its steps read; numbers around every bound; unknown too."""
    asked = [leaf for step in marker.derived for leaf in leaves(step.when)]
    choices: dict[str, list[Any]] = {}
    for leaf in asked:
        values = choices.setdefault(leaf.marker, [None, *book.marker[leaf.marker].values])
        if isinstance(leaf, Compared):
            values += [leaf.bound * factor for factor in (0.85, 0.95, 1, 1.05, 1.15)]
    rows = itertools.product(*choices.values())
    return [{k: v for k, v in zip(choices, row, strict=True) if v is not None} for row in rows]


def _same(marker: Marker, grid: Cohort, book: Rulebook, other: Rulebook) -> bool:
    """Whether a change is none: an earlier step decides every patient for whom it could matter."""
    columns = (derive(grid, one).columns[marker.id] for one in (book, other))
    return bool(np.array_equal(*columns))


def _marker_changes(marker: Marker, book: Rulebook) -> Iterator[tuple[str, Marker]]:
    for index, step in enumerate(marker.derived):
        before, after = marker.derived[:index], marker.derived[index + 1 :]
        yield f"{step.value} dropped", marker.model_copy(update={"derived": (*before, *after)})
        for change, when in condition_mutants(step.when, book):
            changed = step.model_copy(update={"when": when})
            yield f"{step.value}: {change}", marker.model_copy(update={"derived": (*before, changed, *after)})
    if marker.stricter:
        yield "stricter reversed", marker.model_copy(update={"stricter": marker.stricter[::-1]})
    if limit := marker.against_limit:
        turned = limit.model_copy(update={"below": limit.otherwise, "otherwise": limit.below})
        yield "below and otherwise exchanged", marker.model_copy(update={"against_limit": turned})
    if fact := marker.from_drugs:
        for name in ("outcome", "drug_class"):
            if getattr(fact, name):
                changed = fact.model_copy(update={name: None})
                yield f"{name} dropped", marker.model_copy(update={"from_drugs": changed})
        for name in ("drugs", "but_not"):
            for drug in getattr(fact, name):
                rest = tuple(other for other in getattr(fact, name) if other != drug)
                changed = fact.model_copy(update={name: rest})
                yield f"{name} without {drug}", marker.model_copy(update={"from_drugs": changed})


# --- evidence lines, options and policies ---------------------------------------------------------------


def _line_mutants(book: Rulebook) -> Iterator[Mutant]:
    for place, option in enumerate(book.options):
        before, after = book.options[:place], book.options[place + 1 :]
        for group, change, changed in _option_changes(option, book):
            yield Mutant(group, option.id, change, book.with_parts(options=(*before, changed, *after)))


def _option_changes(option: Option, book: Rulebook) -> Iterator[tuple[str, str, Option]]:
    if option.id not in ranked_somewhere(book):
        return
    if "checked" not in option.refused:
        tier = "B" if option.tier == "A" else "A"
        yield "tier", f"{option.tier} -> {tier}", option.model_copy(update={"tier": tier})
    for policy in option.refused:
        rest = {name: why for name, why in option.refused.items() if name != policy}
        yield "refused", f"{policy} taken back", option.model_copy(update={"refused": rest})
    for place, line in enumerate(option.lines):
        before, after = option.lines[:place], option.lines[place + 1 :]
        for change, changed in _line_changes(line, option, book):
            yield (
                "evidence",
                f"{line.id} {change}",
                option.model_copy(update={"lines": (*before, changed, *after)}),
            )


def _line_changes(line: EvidenceLine, option: Option, book: Rulebook) -> Iterator[tuple[str, EvidenceLine]]:
    for policy in POLICIES:
        if policy not in option.refused:
            for _, change, counting in countings(line.counts[policy], book, policy):
                counts = {**line.counts, policy: counting}
                yield f"{policy} {change}", line.model_copy(update={"counts": counts})


def _policy_mutants(book: Rulebook) -> Iterator[Mutant]:
    for place, policy in enumerate(book.policies):
        before, after = book.policies[:place], book.policies[place + 1 :]
        for level, weight in policy.weights.items():
            if any(level == one for one in _levels_used(book, policy.id)):
                for changed in (weight + 1, max(weight - 1, 0)):
                    weights = policy.weights | {level: changed}
                    yield Mutant(
                        "weight",
                        policy.id,
                        f"{level} {weight} -> {changed}",
                        book.with_parts(
                            policies=(*before, policy.model_copy(update={"weights": weights}), *after),
                        ),
                    )


def _levels_used(book: Rulebook, policy: str) -> frozenset[str]:
    """The levels that some rule or line of an option this policy can rank uses."""
    lines = [line for option in book.options if policy not in option.refused for line in option.lines]
    found = (item.counts.get(policy) for item in [*book.rule.values(), *lines])
    return frozenset(counting.level for counting in found if counting is not None and counting.level)
