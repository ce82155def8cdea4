"""Conditions over a cohort: three-valued (Kleene) columns, and the words of a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cds.cohort import UNKNOWN, Column
from cds.rulebook.conditions import Among, Compared, Condition, Joined, Missing, Not
from cds.rulebook.markers import Marker
from cds.wording import printed

Mask = NDArray[np.bool_]

_COMPARE: dict[str, Callable[[Column, float], Mask]] = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_WORDS = {"lt": "below", "le": "at most", "gt": "above", "ge": "at least"}


class Truth(NamedTuple):
    """A three-valued column: where it is true, and where it is false; unknown elsewhere."""

    true: Mask
    false: Mask

    @property
    def unknown(self) -> Mask:
        """Where it is neither true nor false."""
        return ~(self.true | self.false)


class Evaluator:
    """Evaluates conditions over one set of marker columns; equal parts are computed once."""

    def __init__(self, columns: Mapping[str, Column], markers: Mapping[str, Marker]) -> None:
        """`columns` must hold every marker that a condition will read."""
        self._columns, self._markers = columns, markers
        self._seen: dict[Condition, Truth] = {}

    def truth(self, condition: Condition) -> Truth:
        """The three-valued column of a condition."""
        known = self._seen.get(condition)
        if known is None:
            known = self._seen[condition] = self._evaluate(condition)
        return known

    def _evaluate(self, condition: Condition) -> Truth:
        match condition:
            case Among(marker, values):
                return self._among(marker, values)
            case Compared(marker, operator, bound):
                column = self._columns[marker]
                true = _COMPARE[operator](column, bound)
                return Truth(true, ~true & ~np.isnan(column))
            case Missing(marker):
                missing = self.missing(marker)
                return Truth(missing, ~missing)
            case Not(part):
                inner = self.truth(part)
                return Truth(inner.false, inner.true)
            case Joined(join, parts):
                return join_truths(join, [self.truth(part) for part in parts])

    def _among(self, marker: str, values: tuple[str, ...]) -> Truth:
        column, declared = self._columns[marker], tuple(self._markers[marker].values)
        true = reduce(np.logical_or, [column == declared.index(value) for value in values])
        return Truth(true, (column != UNKNOWN) & ~true)

    def missing(self, marker: str) -> Mask:
        """Where the marker is unknown."""
        column = self._columns[marker]
        return np.isnan(column) if column.dtype.kind == "f" else column == UNKNOWN


def join_truths(join: str, parts: list[Truth]) -> Truth:
    """Kleene `all` (false wins over unknown) or `any` (true wins over unknown)."""
    every, some = np.logical_and.reduce, np.logical_or.reduce
    true, false = [part.true for part in parts], [part.false for part in parts]
    if join == "all":
        return Truth(every(true), some(false))
    return Truth(some(true), every(false))


def deciding(condition: Condition, evaluator: Evaluator, row: int) -> frozenset[str]:
    """The unknown markers that would decide a condition that is unknown for this patient."""
    if not evaluator.truth(condition).unknown[row]:
        return frozenset()
    match condition:
        case Not(part):
            return deciding(part, evaluator, row)
        case Joined(_, parts):
            return frozenset().union(*(deciding(part, evaluator, row) for part in parts))
        case Among(marker, _) | Compared(marker, _, _) | Missing(marker):
            return frozenset([marker])


def words(condition: Condition, markers: Mapping[str, Marker]) -> str:
    """The condition in plain words: `RB1 is lost, and age at least 18 years`."""
    match condition:
        case Among(marker, values):
            said = markers[marker].values
            return f"{markers[marker].label} is {' or '.join(said[value] for value in values)}"
        case Compared(marker, operator, bound):
            unit = f" {printed(known)}" if (known := markers[marker].unit) else ""
            return f"{markers[marker].label} {_WORDS[operator]} {bound:g}{unit}"
        case Missing(marker):
            return f"{markers[marker].label} is not known"
        case Not(part):
            return f"not ({words(part, markers)})"
        case Joined(join, parts):
            glue = ", and " if join == "all" else ", or "
            return glue.join(_bracketed(part, markers) for part in parts)


def _bracketed(part: Condition, markers: Mapping[str, Marker]) -> str:
    said = words(part, markers)
    return f"({said})" if isinstance(part, Joined) else said
