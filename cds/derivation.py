"""Derived markers: facts that declared, acyclic, three-valued rules make of other markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cds.cohort import UNKNOWN, Cohort, Column, Drugs, unknown_column
from cds.conditions import Evaluator, Mask
from cds.rulebook.book import Rulebook
from cds.rulebook.derivations import in_order
from cds.rulebook.markers import AgainstLimit, FromDrugs, Marker, Score


@dataclass(frozen=True, eq=False)
class States:
    """Every marker's column after derivation, and where entered and derived values differ."""

    columns: Mapping[str, Column]
    conflicts: Mapping[str, Mask]
    evaluator: Evaluator

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(next(iter(self.columns.values())))


def derive(cohort: Cohort, book: Rulebook) -> States:
    """All marker columns of a cohort, derived ones filled in. The cohort is not changed."""
    n = len(cohort)
    columns = {
        marker.id: cohort.columns[marker.id] if marker.id in cohort.columns else unknown_column(marker, n)
        for marker in book.markers
    }
    evaluator = Evaluator(columns, book.marker)
    conflicts: dict[str, Mask] = {}
    for marker in _derived_in_order(book):
        derived = _derive(marker, book, cohort, evaluator, columns)
        if marker.id not in cohort.columns:
            columns[marker.id] = derived
            continue
        columns[marker.id], conflict = _merge(marker, columns[marker.id], derived)
        if conflict.any():
            conflicts[marker.id] = conflict
    return States(columns, conflicts, evaluator)


@lru_cache(maxsize=16)
def _derived_in_order(book: Rulebook) -> tuple[Marker, ...]:
    return tuple(in_order(book.marker))


def _derive(
    marker: Marker, book: Rulebook, cohort: Cohort, evaluator: Evaluator, columns: Mapping[str, Column]
) -> Column:
    derived = unknown_column(marker, len(cohort))
    values = tuple(marker.values)
    for step in reversed(marker.derived):
        derived[evaluator.truth(step.when).true] = values.index(step.value)
    for column in _other_makers(marker, book, cohort, evaluator, columns):
        derived = column if not marker.derived else np.where(derived == UNKNOWN, column, derived)
    return derived.astype(np.int8, copy=False)


def _other_makers(
    marker: Marker, book: Rulebook, cohort: Cohort, evaluator: Evaluator, columns: Mapping[str, Column]
) -> Iterator[Column]:
    if marker.score:
        yield _scored(marker.score, tuple(marker.values), evaluator)
    if marker.against_limit:
        yield _against_limit(marker.against_limit, tuple(marker.values), columns)
    if marker.from_drugs:
        yield _from_drugs(marker.from_drugs, tuple(marker.values), book, cohort, columns)


def _merge(marker: Marker, entered: Column, derived: Column) -> tuple[Column, Mask]:
    """Entered fills unknown; where both are known and differ, the stricter value acts."""
    both = (entered != UNKNOWN) & (derived != UNKNOWN)
    conflict = both & (entered != derived)
    merged = np.where(derived == UNKNOWN, entered, derived)
    if conflict.any():
        values = tuple(marker.values)
        strictness = np.array([marker.stricter.index(value) for value in values])
        entered_acts = conflict & (strictness[entered] < strictness[derived])
        merged = np.where(entered_acts, entered, merged)
    return merged.astype(entered.dtype), conflict


def _scored(score: Score, values: tuple[str, ...], evaluator: Evaluator) -> Column:
    given = evaluator.truth(score.given).true
    low, high = np.zeros(len(given), dtype=np.int64), np.zeros(len(given), dtype=np.int64)
    for part in score.parts:
        truths = [(step.points, evaluator.truth(step.when)) for step in part]
        settled = np.any([truth.true for _, truth in truths], axis=0)
        least, most = np.full(len(given), 10**6), np.zeros(len(given), dtype=np.int64)
        for points, truth in truths:
            possible = truth.true | (~settled & ~truth.false)
            least = np.where(possible, np.minimum(least, points), least)
            most = np.where(possible, np.maximum(most, points), most)
        low, high = low + least, high + most
    bounds = np.array([band.at_least for band in score.bands])
    first, last = (np.searchsorted(bounds, total, side="right") - 1 for total in (low, high))
    codes = np.array([values.index(band.value) for band in score.bands])
    known = given & (first == last) & (first >= 0)
    return np.where(known, codes[np.clip(first, 0, None)], UNKNOWN)


def _against_limit(limit: AgainstLimit, values: tuple[str, ...], columns: Mapping[str, Column]) -> Column:
    number, bound = columns[limit.number], columns[limit.limit]
    below = np.where(number < bound, values.index(limit.below), values.index(limit.otherwise))
    return np.where(np.isnan(number) | np.isnan(bound), UNKNOWN, below)


def _from_drugs(
    fact: FromDrugs, values: tuple[str, ...], book: Rulebook, cohort: Cohort, columns: Mapping[str, Column]
) -> Column:
    """Answer the question once for each distinct list, then look every patient's list up."""
    answers = _answers(fact, values, book, _Lists(cohort.drug_lists.get(fact.list, ())))
    codes = columns[fact.list]
    complete = _declared_complete(book.marker[fact.list], book, columns)
    return np.where(complete, answers.if_complete[codes], answers.if_open[codes])


class _Answers(NamedTuple):
    """The answer for each distinct list, declared complete or not; the last is for no list."""

    if_complete: Column
    if_open: Column


@dataclass(frozen=True, eq=False)
class _Lists:
    """Distinct drug lists, the same if they are one object: comparing them all would take longer."""

    lists: tuple[Drugs, ...]

    def __hash__(self) -> int:
        return id(self.lists)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Lists) and self.lists is other.lists


@lru_cache(maxsize=4096)
def _answers(fact: FromDrugs, values: tuple[str, ...], book: Rulebook, lists: _Lists) -> _Answers:
    yes, no = values.index("yes"), values.index("no")
    said = {True: yes, False: no, None: UNKNOWN}
    fits = [_fits(fact, drugs, book) for drugs in lists.lists]
    if_complete = [said[fit] for fit in fits]
    if_open = [
        no if drugs == () else yes if fit else UNKNOWN for fit, drugs in zip(fits, lists.lists, strict=True)
    ]
    return _Answers(np.array([*if_complete, UNKNOWN], np.int8), np.array([*if_open, UNKNOWN], np.int8))


def _declared_complete(drug_list: Marker, book: Rulebook, columns: Mapping[str, Column]) -> Mask:
    flag = book.marker[str(drug_list.complete_flag)]
    return np.asarray(columns[flag.id] == tuple(flag.values).index("yes"))


def _fits(fact: FromDrugs, drugs: Drugs, book: Rulebook) -> bool | None:
    """True if any drug fits, False if none does and all are classified, else None."""
    answers = [drug_fits(fact, use.drug, use.outcome, book) for use in drugs]
    if any(answer is True for answer in answers):
        return True
    return None if any(answer is None for answer in answers) else False


def drug_fits(fact: FromDrugs, name: str, outcome: str | None, book: Rulebook) -> bool | None:
    """Whether one drug makes the fact true; None if it is not classified, or its outcome not known."""
    drug = book.drug.get(name)
    if drug is None:
        return None
    member = _member(fact, drug.name, drug.classes, drug.not_classes)
    if member is not True or fact.outcome is None:
        return member
    if outcome is None:
        return None
    return member if outcome == fact.outcome else False


def _member(
    fact: FromDrugs, name: str, classes: tuple[str, ...], not_classes: tuple[str, ...]
) -> bool | None:
    if name in fact.but_not:
        return False
    if fact.drug_class is None:
        return name in fact.drugs
    if name in fact.drugs or fact.drug_class in classes:
        return True
    return False if fact.drug_class in not_classes else None
