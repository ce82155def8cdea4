"""Counted priors of untested tumour markers: joint patterns, conditioned on what was tested.

A gene is untested if its marker is unknown and no other test has settled the state derived of
it. If no counted patient shows what was tested, the markers are taken as independent. Safety,
scope and clinical facts have no prior and are never imputed; other markers stay unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from cds.cohort import Cohort, Column, cohort_from_profiles, unknown_column
from cds.derivation import States
from cds.rulebook.book import Rulebook
from cds.rulebook.derivations import inputs_of
from cds.rulebook.options import Prior


@dataclass(frozen=True)
class Patterns:
    """Values of the untested markers with their counts; `joint` says how they were counted.

    `of` is what the counts sum to: patients where joint, else a product of patients.
    """

    markers: tuple[str, ...]
    counts: tuple[tuple[int, tuple[str, ...]], ...]
    joint: bool

    @property
    def of(self) -> int:
        """Sum of the counts."""
        return sum(count for count, _ in self.counts)

    def only(self, markers: tuple[str, ...]) -> Patterns:
        """The patterns of some of the markers, equal ones joined."""
        places = [self.markers.index(name) for name in markers]
        merged: Counter[tuple[str, ...]] = Counter()
        for count, values in self.counts:
            merged[tuple(values[place] for place in places)] += count
        return Patterns(markers, tuple((count, values) for values, count in merged.items()), self.joint)


#: One pattern that fills nothing in: what is known of a rulebook without priors.
AS_IT_IS = Patterns((), ((1, ()),), joint=True)


def untested(book: Rulebook, states: States, row: int = 0) -> tuple[str, ...]:
    """The markers of the prior that no test of one patient (by position) has answered."""
    settled = {
        name
        for marker in book.markers
        if marker.is_derived and not states.evaluator.missing(marker.id)[row]
        for name in inputs_of(marker)
    }
    missing, counted = states.evaluator.missing, book.priors.markers if book.priors else ()
    return tuple(name for name in counted if missing(name)[row] and name not in settled)


def patterns(book: Rulebook, cohort: Cohort, states: States, row: int = 0) -> Patterns:
    """What untested markers may be in one patient (by position), given the tested ones."""
    prior, wanted = book.priors, untested(book, states, row)
    if prior is None:
        return AS_IT_IS
    known = {name: cohort.value(book.marker[name], row) for name in prior.markers}
    tested = {name: value for name, value in known.items() if value is not None}
    fitting = [
        (count, dict(zip(prior.markers, values, strict=True)))
        for count, values in prior.patterns
        if all(values[prior.markers.index(name)] == value for name, value in tested.items())
    ]
    if not fitting:
        return _independent(prior, wanted)
    listed = tuple((count, tuple(pattern[name] for name in wanted)) for count, pattern in fitting)
    return Patterns(wanted, listed, joint=True).only(wanted)


def _independent(prior: Prior, wanted: tuple[str, ...]) -> Patterns:
    """The product of each marker's own counts."""
    tables = [tuple(prior.counted[name].items()) for name in wanted]
    listed = tuple(
        (prod(count for _, count in row), tuple(value for value, _ in row)) for row in product(*tables)
    )
    return Patterns(wanted, listed, joint=False)


def imputed(book: Rulebook, cohort: Cohort, found: Patterns) -> Cohort:
    """One patient once for each pattern, with its values filled in."""
    n = len(found.counts)
    rows = [dict(zip(found.markers, values, strict=True)) for _, values in found.counts]
    filled = cohort_from_profiles(book, rows).columns
    columns = {name: np.repeat(column, n) for name, column in cohort.columns.items()}
    return Cohort(tuple(map(str, range(n))), {**columns, **filled}, cohort.drug_lists)


def together(book: Rulebook, parts: Sequence[Cohort]) -> Cohort:
    """Patients of several parts of one cohort, one after the other; drug lists are those of the cohort."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {name: np.concatenate([_column(book, part, name) for part in parts]) for name in names}
    ids = tuple(map(str, range(sum(map(len, parts)))))
    return Cohort(ids, columns, parts[0].drug_lists)


def _column(book: Rulebook, part: Cohort, name: str) -> Column:
    return part.columns[name] if name in part.columns else unknown_column(book.marker[name], len(part))
