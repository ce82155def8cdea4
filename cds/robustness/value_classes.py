"""Values of one marker that no open rule and no derivation tells apart: one class, tried once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cds.cells import cells
from cds.cohort import Value, cohort_from_profiles
from cds.conditions import Evaluator
from cds.robustness.unknowns import Unknowns, made_by
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Compared, Condition, Missing, leaves
from cds.rulebook.markers import Marker


@dataclass(frozen=True)
class ValueClass:
    """A value that stands for its class, and what is in the class: values, or a range of numbers."""

    value: Value
    said: tuple[str, ...]


def open_conditions(unknowns: Unknowns) -> tuple[Condition, ...]:
    """What may still be decided by a value: open rules, and what is derived of free markers."""
    rules = [unknowns.plan.rules[row].when for row in sorted(unknowns.live)]
    derivation = [when for name in unknowns.made for when in made_by(unknowns.plan.book.marker[name])]
    return (*rules, *derivation)


def value_classes(book: Rulebook, marker: Marker, conditions: Iterable[Condition]) -> tuple[ValueClass, ...]:
    """The classes of a marker's values under these conditions, in the order of their first value."""
    asked = [
        leaf
        for when in conditions
        for leaf in leaves(when)
        if leaf.marker == marker.id and not isinstance(leaf, Missing)
    ]
    values = cells(marker, asked)
    columns = cohort_from_profiles(book, [{marker.id: value} for value in values]).columns
    evaluator = Evaluator(columns, book.marker)
    answers = np.array([evaluator.truth(leaf).true for leaf in asked]).reshape(len(asked), len(values))
    groups: dict[bytes, list[int]] = {}
    for place in range(len(values)):
        groups.setdefault(answers[:, place].tobytes(), []).append(place)
    bounds = {leaf.bound for leaf in asked if isinstance(leaf, Compared)}
    return tuple(ValueClass(values[group[0]], _said(values, group, bounds)) for group in groups.values())


def _said(values: Sequence[Value], group: Sequence[int], bounds: set[float]) -> tuple[str, ...]:
    if isinstance(values[0], str):
        return tuple(str(values[place]) for place in group)
    numbers = [float(str(value)) for value in values]
    runs = np.split(np.array(group), np.flatnonzero(np.diff(group) > 1) + 1)
    return tuple(_range(numbers, int(run[0]), int(run[-1]), bounds) for run in runs)


def _range(numbers: Sequence[float], first: int, last: int, bounds: set[float]) -> str:
    """`>= 75 and < 100`; the cells are bounds and the gaps between them, in order."""
    parts = []
    if numbers[first] in bounds:
        parts.append(f">= {numbers[first]:g}")
    elif first:
        parts.append(f"> {numbers[first - 1]:g}")
    if numbers[last] in bounds:
        parts.append(f"<= {numbers[last]:g}")
    elif last + 1 < len(numbers):
        parts.append(f"< {numbers[last + 1]:g}")
    return " and ".join(parts) or "any"
