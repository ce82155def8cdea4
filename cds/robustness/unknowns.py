"""What may still become known of one patient, in blocks of cells that live rules can tell apart.

Free are the unknown markers that a rule reads, and those that an unknown derived marker is made
of. A derived fact that was entered or is known stands; only a derived tumour marker that was not
entered can still change when another of its tests arrives (RB1 intact by DNA, then lost by
stain). Facts read from a drug list or held against a limit are free themselves, not their inputs.

A block holds free markers that derivation ties together, and what is derived of them. Its cells
are the distinct answers it can give to the rules that are not decided yet: enumerating cells is
exact, and cells of different blocks can be combined freely.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cds.cells import cells, combinations
from cds.cohort import Cohort, Column, Value, unknown_column
from cds.conditions import Evaluator
from cds.derivation import States, derive
from cds.plan import Plan, Rows
from cds.robustness.joining import joined
from cds.rulebook.conditions import Condition, Missing, leaves, markers_of
from cds.rulebook.derivations import in_order, inputs_of
from cds.rulebook.markers import Marker
from cds.vocabulary import Kind

#: More combinations than this are not enumerated; what stands in their place is an outer bound.
MOST = 2**16


@dataclass(frozen=True, eq=False)
class Block:
    """Cells of free markers: each marker's state in each cell. Not `exact`: more cells than can be."""

    states: Mapping[str, Column]
    exact: bool = True

    def __len__(self) -> int:
        """Number of cells."""
        return len(next(iter(self.states.values())))


class Unknowns:
    """One patient under one policy: what is decided, what is not, and the blocks that decide it.

    `columns` holds every marker's state with the free ones unknown, `live` the rules that may
    still become true or false, `reads` the blocks that each of them reads.
    """

    def __init__(
        self, plan: Plan, cohort: Cohort, states: States, may: Callable[[Marker], bool] = lambda marker: True
    ) -> None:
        """`cohort` and `states` are of one patient; markers that may not change stay as they are."""
        self.plan, self._cohort, self._may, self._now = plan, cohort, may, states
        self._markers = plan.book.marker
        self.free, self.entered = self._free_markers()
        self.made = self._made_of_free()
        moving = {*self.free, *self.entered, *self.made}
        unknown = {name: unknown_column(self._markers[name], 1) for name in moving}
        self.columns: Mapping[str, Column] = {**states.columns, **unknown}
        self.evaluator = Evaluator(self.columns, self._markers)
        conditions = {row: plan.rules[row].when for row in relevant_rows(plan)}
        self.live = frozenset(
            row
            for row, when in conditions.items()
            if moving & set(markers_of(when)) and self.evaluator.truth(when).unknown[0]
        )
        self.blocks = tuple(self._blocks())
        self.reads = {row: self._blocks_read(row) for row in self.live}

    # --- which markers are free ---------------------------------------------------------------

    def _free_markers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Free markers, and the unknown derived ones that could also be entered; in marker order."""
        free, entered, seen = set[str](), set[str](), set[str]()
        asked = {name for row in relevant_rows(self.plan) for name in markers_of(self.plan.rules[row].when)}
        while asked:
            marker = self._markers[asked.pop()]
            seen.add(marker.id)
            unknown = bool(self._now.evaluator.missing(marker.id)[0])
            if marker.is_derived and not _stands_alone(marker):
                if unknown or self._may_be_overruled(marker):
                    asked |= set(inputs_of(marker)) - seen
                if unknown and marker.enterable and self._may(marker):
                    entered.add(marker.id)
            elif unknown and self._may(marker):
                free.add(marker.id)
        order = self._markers
        return tuple(name for name in order if name in free), tuple(name for name in order if name in entered)

    def _may_be_overruled(self, marker: Marker) -> bool:
        return is_tumour(marker) and self._cohort.value(marker, 0) is None

    def _made_of_free(self) -> tuple[str, ...]:
        """Derived markers made of a free one, inputs before what is made of them."""
        moving, made = {*self.free, *self.entered}, []
        for marker in in_order(self._markers):
            if marker.id not in self.free and moving & {marker.id, *inputs_of(marker)}:
                made.append(marker.id)
                moving.add(marker.id)
        return tuple(made)

    def _blocks_read(self, row: int) -> frozenset[int]:
        read = set(markers_of(self.plan.rules[row].when))
        return frozenset(place for place, block in enumerate(self.blocks) if read & set(block.states))

    # --- blocks -------------------------------------------------------------------------------

    def _blocks(self) -> Iterator[Block]:
        whens = [self.plan.rules[row].when for row in self.live]
        asked = {leaf for when in whens for leaf in leaves(when) if not isinstance(leaf, Missing)}
        ties = [{*inputs_of(self._markers[name]), name} for name in self.made]
        for names in joined((*self.free, *self.made), ties):
            wanted = sorted((leaf for leaf in asked if leaf.marker in names), key=repr)
            if wanted:
                yield from self._cells(names, wanted)

    def _cells(self, names: list[str], wanted: Sequence[Condition]) -> Iterator[Block]:
        conditions = [*wanted, *(when for name in names for when in made_by(self._markers[name]))]
        choices = {n: cells(self._markers[n], conditions) for n in names if n in {*self.free, *self.entered}}
        if math.prod(map(len, choices.values())) > MOST:
            for leaf_marker in dict.fromkeys(markers_of_all(wanted)):
                found = combinations(self.plan.book, {leaf_marker: cells(self._markers[leaf_marker], wanted)})
                yield Block(found.columns, exact=False)
            return
        states = self._states(names, choices)
        kept = _told_apart(states, wanted, self._markers)
        yield Block({name: states[name][kept] for name in names})

    def _states(self, names: list[str], choices: dict[str, tuple[Value, ...]]) -> Mapping[str, Column]:
        """The states these choices lead to; what derivation contradicts can't be entered."""
        made = combinations(self.plan.book, choices)
        if not set(names) & set(self.made):
            return made.columns
        known = {name: np.repeat(column, len(made)) for name, column in self._cohort.columns.items()}
        lists = {**self._cohort.drug_lists, **made.drug_lists}
        derived = derive(Cohort(made.ids, {**known, **made.columns}, lists), self.plan.book)
        clash = [mask for name, mask in derived.conflicts.items() if name in self.entered and name in names]
        fits = ~np.logical_or.reduce(clash) if clash else np.ones(len(made), dtype=bool)
        return {name: derived.columns[name][fits] for name in names}


def _stands_alone(marker: Marker) -> bool:
    """Facts of a drug list or against a limit are answered themselves, not through their inputs."""
    return marker.from_drugs is not None or marker.against_limit is not None


def made_by(marker: Marker) -> Iterator[Condition]:
    """The conditions a derived marker is made by."""
    yield from (step.when for step in marker.derived)
    if marker.score:
        yield marker.score.given
        yield from (step.when for part in marker.score.parts for step in part)


def markers_of_all(conditions: Sequence[Condition]) -> Iterator[str]:
    """The markers that conditions read."""
    for condition in conditions:
        yield from markers_of(condition)


def _told_apart(
    states: Mapping[str, Column], wanted: Sequence[Condition], markers: Mapping[str, Marker]
) -> NDArray[np.intp]:
    """One cell for each distinct answer to the wanted conditions, in order."""
    evaluator = Evaluator(states, markers)
    planes = [plane for condition in wanted for plane in evaluator.truth(condition)]
    return np.sort(np.unique(np.array(planes), axis=1, return_index=True)[1])


def is_tumour(marker: Marker) -> bool:
    """Whether a marker is found by testing the tumour, or the germline for its sake."""
    return marker.concern == "tumour"


@lru_cache(maxsize=16)
def may_rank(plan: Plan) -> Rows:
    """The options that some patient could have ranked under this policy."""
    return tuple(
        column for column in plan.rankable if not plan.policy.needs_positive_evidence or plan.base[column] > 0
    )


@lru_cache(maxsize=16)
def relevant_rows(plan: Plan) -> Rows:
    """The rules that can change a status or a score of an option the policy may rank."""
    ranked = may_rank(plan)
    chains = {row for chain in plan.chains if set(chain.options) & set(ranked) for row in chain.rows}
    blocking = {row for column in ranked for row in plan.blocking[column]}
    return tuple(sorted(chains | blocking))


def excluding_rows(plan: Plan, column: int) -> Rows:
    """The rules that, if true, leave the option without a rank."""
    kinds = [Kind.GATE, Kind.EXCLUDES, *([Kind.TARGET_ABSENT] if plan.policy.keeps_hypotheses_apart else [])]
    return tuple(row for kind in kinds for row in plan.named[kind][column])
