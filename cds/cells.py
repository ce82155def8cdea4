"""Cells: the values of a marker that a set of conditions can tell apart.

A category has its declared values. A number has one representative for each cut and one for
each gap between cuts. Enumerating cells is exact: no condition can tell two values of one cell
apart.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from cds.cohort import Cohort, Column, Drugs, Value, cohort_from_profiles
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Compared, Condition, leaves
from cds.rulebook.markers import Marker


def cells(marker: Marker, conditions: Iterable[Condition]) -> tuple[Value, ...]:
    """One representative value for each cell that these conditions can tell apart."""
    if marker.type == "category":
        return tuple(marker.values)
    if marker.type == "drugs":
        return ((),)
    compared = (leaf for c in conditions for leaf in leaves(c) if isinstance(leaf, Compared))
    return number_cells(marker, sorted({leaf.bound for leaf in compared if leaf.marker == marker.id}))


def number_cells(marker: Marker, bounds: Sequence[float]) -> tuple[float, ...]:
    """Each bound, and a value in each gap, inside the hard range."""
    low, high = marker.hard or (-math.inf, math.inf)
    edges = [low, *bounds, high]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    inside = [value for value in [*bounds, *middles] if low <= value <= high]
    return tuple(sorted(set(inside)))


def combinations(book: Rulebook, choices: dict[str, tuple[Value, ...]]) -> Cohort:
    """A cohort with one patient for each combination of these values, first marker slowest."""
    names = list(choices)
    sizes = [len(choices[name]) for name in names]
    grid = np.indices(sizes).reshape(len(names), -1) if names else np.zeros((0, 1), dtype=int)
    columns: dict[str, Column] = {}
    lists: dict[str, tuple[Drugs, ...]] = {}
    for name, picked in zip(names, grid, strict=True):
        one = cohort_from_profiles(book, [{name: value} for value in choices[name]])
        columns[name] = one.columns[name][picked]
        lists |= one.drug_lists
    return Cohort(tuple(map(str, range(math.prod(sizes)))), columns, lists)
