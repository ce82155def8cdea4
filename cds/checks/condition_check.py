"""Conditions by exact enumeration: never true, always true, the same, or against each other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from cds.cells import cells, combinations
from cds.conditions import Evaluator, Truth
from cds.errors import Fault
from cds.plan import counting_of, options_of
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Condition, Missing, leaves, markers_of
from cds.rulebook.rules import Rule
from cds.vocabulary import Kind

MAX_COMBINATIONS = 2**20
#: What takes points from an option, and so stands against a rule that gives it some.
AGAINST = {Kind.OPPOSES, Kind.CAUTIONS}


def check_conditions(book: Rulebook) -> Iterator[Fault]:
    """All faults that enumeration finds, each with an example patient where there is one."""
    rules = []
    for rule in (rule for rule in book.rule.values() if not _asks_missing(rule)):
        too_many = list(_too_many(book, rule))
        yield from too_many or _satisfiable(book, rule)
        rules += [] if too_many else [rule]
    read = {rule.id: set(markers_of(rule.when)) for rule in rules}
    for first, second in itertools.combinations(rules, 2):
        if read[first.id] <= read[second.id] or read[second.id] <= read[first.id]:
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
    examples = [dict(zip(names, map(str, row), strict=True)) for row in itertools.product(*choices.values())]
    return Evaluator(cohort.columns, book.marker).truth(wanted), examples


def _too_many(book: Rulebook, rule: Rule) -> Iterator[Fault]:
    names = markers_of(rule.when)
    count = math.prod(len(cells(book.marker[name], (rule.when,))) for name in names)
    if count > MAX_COMBINATIONS:
        said = f"{rule.id} tells {count:,} kinds of patient apart, more than can be tried"
        yield Fault(book.place("rules", rule.id), said, "Split it, or derive a marker first.")


def _satisfiable(book: Rulebook, rule: Rule) -> Iterator[Fault]:
    truth, examples = enumerate_truth(book, rule.when)
    place, tried = book.place("rules", rule.id), f"{_kinds(len(examples))} tried"
    if not truth.true.any():
        said = f"{rule.id} can never be true ({tried}, such as {_patient(examples[-1])})"
        yield Fault(place, said, "Mend or retire the condition.")
    if truth.true.all():
        said = f"{rule.id} is true whatever the patient ({tried}, such as {_patient(examples[-1])})"
        yield Fault(place, said, "Mend the condition; say it in the option.")


def _kinds(patients: int) -> str:
    return f"{patients:,} kinds of patient" if patients != 1 else "1 kind of patient"


def _patient(example: dict[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in example.items())


def _pair(book: Rulebook, first: Rule, second: Rule) -> Iterator[Fault]:
    """Two rules of the same markers: the same condition twice, or for and against an option at once."""
    truth, examples = enumerate_truth(book, first.when, second.when)
    other, _ = enumerate_truth(book, second.when, first.when)
    both = truth.true & other.true
    if not both.any() or not _share(book, first, second):
        return
    place, where = (
        book.place("rules", second.id),
        f"(example patient: {_patient(examples[int(both.argmax())])})",
    )
    same = (truth.true == other.true).all()
    if same and first.kind is second.kind and first.topic == second.topic:
        yield Fault(place, f"{second.id} repeats {first.id} {where}", "Keep one of them.")
    against = Kind.SUPPORTS in (first.kind, second.kind) and {first.kind, second.kind} & AGAINST
    alike = set(markers_of(first.when)) == set(markers_of(second.when))
    if alike and against and not (first.mixed and second.mixed):
        yield Fault(place, f"{second.id} contradicts {first.id} {where}", "Mend one, or mark both mixed.")


def _share(book: Rulebook, first: Rule, second: Rule) -> bool:
    """Whether both act on one option under one policy."""
    for policy in book.policy:
        silent = any(rule.counts and not counting_of(rule, policy).units for rule in (first, second))
        if not silent and set(options_of(book, first, policy)) & set(options_of(book, second, policy)):
            return True
    return False
