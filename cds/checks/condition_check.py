"""Conditions by exact enumeration: never true, always true, the same, or against each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from cds.cells import cells, combinations
from cds.conditions import Evaluator, Truth
from cds.errors import Fault
from cds.plan import options_of, reading_of
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Condition, Missing, leaves, markers_of
from cds.rulebook.rules import Rule
from cds.vocabulary import Kind

MAX_COMBINATIONS = 2**20


def check_conditions(book: Rulebook) -> Iterator[Fault]:
    """All faults that enumeration finds, each with an example patient."""
    rules = [rule for rule in book.rule.values() if not _asks_missing(rule)]
    for rule in rules:
        yield from _satisfiable(book, rule)
    by_markers: dict[frozenset[str], list[Rule]] = {}
    for rule in rules:
        by_markers.setdefault(frozenset(markers_of(rule.when)), []).append(rule)
    for group in by_markers.values():
        for first, second in itertools.combinations(group, 2):
            yield from _pair(book, first, second)


def check_scores(book: Rulebook) -> Iterator[Fault]:
    """The steps of a score's part are a partition: exactly one is true whatever the value."""
    for marker in book.markers:
        for part in marker.score.parts if marker.score else ():
            steps = [step.when for step in part]
            true = np.array([enumerate_truth(book, step, *steps)[0].true for step in steps])
            if (true.sum(axis=0) != 1).any():
                place = book.place("markers", marker.id)
                yield Fault(place, f"{marker.id}: steps overlap or leave a gap", "Make them a partition.")


def _asks_missing(rule: Rule) -> bool:
    return any(isinstance(leaf, Missing) for leaf in leaves(rule.when))


def enumerate_truth(
    book: Rulebook, wanted: Condition, *others: Condition
) -> tuple[Truth, list[dict[str, str]]]:
    """The truth of a condition over every combination of cells, and the combinations."""
    conditions = (wanted, *others)
    names = sorted({name for condition in conditions for name in markers_of(condition)})
    choices = {name: cells(book.marker[name], conditions) for name in names}
    cohort = combinations(book, choices)
    if len(cohort) > MAX_COMBINATIONS:
        raise OverflowError(f"{len(cohort)} combinations of {', '.join(names)} are too many to enumerate")
    examples = [dict(zip(names, map(str, row), strict=True)) for row in itertools.product(*choices.values())]
    return Evaluator(cohort.columns, book.marker).truth(wanted), examples


def _satisfiable(book: Rulebook, rule: Rule) -> Iterator[Fault]:
    truth, _ = enumerate_truth(book, rule.when)
    place = book.place("rules", rule.id)
    if not truth.true.any():
        yield Fault(place, f"{rule.id} can never be true", "Mend or retire the condition.")
    if truth.true.all():
        yield Fault(
            place, f"{rule.id} is true whatever the patient", "Mend the condition; say it in the option."
        )


def _pair(book: Rulebook, first: Rule, second: Rule) -> Iterator[Fault]:
    truth, examples = enumerate_truth(book, first.when, second.when)
    other, _ = enumerate_truth(book, second.when, first.when)
    if not (truth.true == other.true).all():
        return
    example = examples[int(truth.true.argmax())]
    place, where = book.place("rules", second.id), f"(example patient: {example})"
    if first.kind is second.kind and first.axis == second.axis and _share(book, first, second):
        yield Fault(place, f"{second.id} repeats {first.id} {where}", "Keep one of them.")
    against = {first.kind, second.kind} == {Kind.SUPPORTS, Kind.OPPOSES}
    if against and not (first.mixed and second.mixed) and _share(book, first, second):
        yield Fault(place, f"{second.id} contradicts {first.id} {where}", "Mend one, or mark both mixed.")


def _share(book: Rulebook, first: Rule, second: Rule) -> bool:
    """Whether both act on one option under one policy."""
    for policy in book.policy:
        silent = any(rule.checked and not reading_of(rule, policy).units for rule in (first, second))
        if not silent and set(options_of(book, first, policy)) & set(options_of(book, second, policy)):
            return True
    return False
