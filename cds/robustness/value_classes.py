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
    """A value that stands for its class, and what is in the class: values, or a range of numbers.

    A `quiet` class makes no part of an open rule true.
    """

    value: Value
    said: tuple[str, ...]
    members: tuple[Value, ...]
    quiet: bool


def open_conditions(unknowns: Unknowns) -> tuple[Condition, ...]:
    """What may still be decided by a value: open rules, and what is derived of free markers."""
    rules = [unknowns.plan.rules[row].when for row in sorted(unknowns.live)]
    derivation = [when for name in unknowns.made for when in made_by(unknowns.plan.book.marker[name])]
    return (*rules, *derivation)


def value_classes(
    book: Rulebook, marker: Marker, conditions: Iterable[Condition], also: Value | None = None
) -> tuple[ValueClass, ...]:
    """The classes of a marker's values under these conditions, in the order of their first value.

    `also` is a number that has to be among the members of its class.
    """
    asked = [
        leaf
        for when in conditions
        for leaf in leaves(when)
        if leaf.marker == marker.id and not isinstance(leaf, Missing)
    ]
    values = cells(marker, asked)
    if also is not None and also not in values:
        values = tuple(sorted((*values, also), key=lambda value: float(str(value))))
    columns = cohort_from_profiles(book, [{marker.id: value} for value in values]).columns
    evaluator = Evaluator(columns, book.marker)
    answers = np.array([evaluator.truth(leaf).true for leaf in asked]).reshape(len(asked), len(values))
    groups: dict[bytes, list[int]] = {}
    for place in range(len(values)):
        groups.setdefault(answers[:, place].tobytes(), []).append(place)
    bounds = {leaf.bound for leaf in asked if isinstance(leaf, Compared)}
    return tuple(
        ValueClass(
            value=values[group[0]],
            said=_said(values, group, bounds),
            members=tuple(values[place] for place in group),
            quiet=not any(answer),
        )
        for answer, group in groups.items()
    )


def _said(values: Sequence[Value], group: Sequence[int], bounds: set[float]) -> tuple[str, ...]:
    if isinstance(values[0], str):
        return tuple(str(values[place]) for place in group)
    numbers = [float(str(value)) for value in values]
    runs = np.split(np.array(group), np.flatnonzero(np.diff(group) > 1) + 1)
    return tuple(_range(numbers, int(run[0]), int(run[-1]), bounds) for run in runs)


def _range(numbers: Sequence[float], first: int, last: int, bounds: set[float]) -> str:
    """`>= 75 and < 100`; numbers holds bounds and what lies between them, in order."""
    parts = []
    if numbers[first] in bounds:
        parts.append(f">= {numbers[first]:g}")
    elif below := [bound for bound in bounds if bound < numbers[first]]:
        parts.append(f"> {max(below):g}")
    if numbers[last] in bounds:
        parts.append(f"<= {numbers[last]:g}")
    elif above := [bound for bound in bounds if bound > numbers[last]]:
        parts.append(f"< {min(above):g}")
    return " and ".join(parts) or "any"
