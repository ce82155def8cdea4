"""The smallest sets of changes that would give another answer: exact, breadth first.

Candidates are tumour markers that were not tested, with any value; on request facts that can be
undone (a co-medication, a wound, a count, a pressure) and entries in doubt. Never a fact that the
rulebook calls `fixed`. All single changes are tried, then all pairs, then all triples;
the search stops at the first size that reaches the goal and reports every set of that size.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from cds.cohort import Cohort, decode
from cds.conditions import Mask
from cds.decision import Decision, decide
from cds.errors import Fault, InputError, unknown_name
from cds.ranking import STATUSES, Ranking
from cds.robustness.units import fields
from cds.robustness.unknowns import Unknowns, is_tumour, made_by, relevant_rows
from cds.robustness.value_classes import ValueClass, open_conditions, value_classes
from cds.robustness.variations import Variations, order, rank_all
from cds.robustness.weight_flips import WeightRange, weight_ranges
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.derivations import inputs_of
from cds.rulebook.markers import Marker
from cds.stability import Bounds, Change, Flip, Flips
from cds.vocabulary import Status

#: More sets than this are not tried at one size; the search then says how far it came.
MOST_TRIED = 2**18
OTHER_FIRST, ELIGIBLE = "first", "eligible"
_NAMED = tuple(STATUSES.index(status) for status in (Status.ELIGIBLE, Status.CAUTION))


@dataclass(frozen=True)
class Candidate:
    """A marker that may change: what it is now (nothing: not known), and the values to try."""

    marker: Marker
    now: tuple[str, ...]
    others: tuple[ValueClass, ...]


def flips(
    cohort: Cohort,
    book: Rulebook,
    goal: str = OTHER_FIRST,
    policy: str | None = None,
    up_to: int = 3,
    recoverable: bool = False,
    doubtful: Iterable[str] = (),
) -> Flips:
    """The smallest changes that reach a goal for one patient; `cohort` holds that patient alone.

    `goal` is `first` (another first place), an option id (that option first), or `eligible`
    (some option can be named). InputError if the goal or a doubtful marker is not known.
    """
    doubted = frozenset(doubtful)
    _check_names(book, goal, doubted)
    decision, policy = decide(cohort, book), policy or book.default_policy
    now = decision.rankings[policy]
    candidates = [*_untested(decision, book, policy), *_known(decision, book, policy, recoverable, doubted)]
    search = Search(book, cohort, policy, goal, now, tuple(candidates))
    already = goal != OTHER_FIRST and bool(search.reaches(now)[0])
    size, found = 0, list[Flip]()
    while not already and not found and size < min(up_to, len(candidates)) and search.fits(size + 1):
        size += 1
        found = list(search.of_size(size))
    searched = up_to if size == len(candidates) and not found else size
    turning = _turning(decision, book) if goal == OTHER_FIRST and policy == book.default_policy else None
    return Flips(
        policy=policy,
        goal=goal,
        recoverable=recoverable,
        sentence=_sentence(goal, already, searched, len(found), _tried(recoverable, doubted)),
        already=already,
        size=size if found else None,
        up_to=searched,
        flips=tuple(found),
        weights=tuple(one.told() for one in turning or ()),
        weight_sentence="" if turning is None else _weight_sentence(turning, book),
    )


class Search:
    """Tries sets of changes of one patient under one policy."""

    def __init__(
        self,
        book: Rulebook,
        cohort: Cohort,
        policy: str,
        goal: str,
        now: Ranking,
        candidates: tuple[Candidate, ...],
    ) -> None:
        """`now` is the patient's ranking as it stands."""
        self.book, self.cohort, self.policy, self.goal, self.now = book, cohort, policy, goal, now
        self.candidates = candidates
        self.ids = tuple(option.id for option in book.options)
        known = [c.marker for c in candidates if c.now]
        self.after = frozenset(marker.id for marker in known if marker.is_derived)

    def reaches(self, ranking: Ranking) -> Mask:
        """Where a ranking reaches the goal."""
        if self.goal == ELIGIBLE:
            return np.asarray(np.isin(ranking.status, _NAMED).any(axis=0))
        if self.goal == OTHER_FIRST:
            first = ranking.rank == 1
            return np.asarray(first.any(axis=0) & (first != (self.now.rank == 1)).any(axis=0))
        return np.asarray(ranking.rank[self.ids.index(self.goal)] == 1)

    def fits(self, size: int) -> bool:
        """Whether all sets of this size can be tried."""
        sizes = np.zeros(size + 1, dtype=object)
        sizes[0] = 1
        for candidate in self.candidates:
            sizes[1:] += sizes[:-1] * len(candidate.others)
        return int(sizes[size]) <= MOST_TRIED

    def of_size(self, size: int) -> Iterator[Flip]:
        """Every set of this many changes that reaches the goal."""
        tried = [
            tuple(zip(chosen, values, strict=True))
            for chosen in itertools.combinations(range(len(self.candidates)), size)
            for values in itertools.product(*(range(len(self.candidates[place].others)) for place in chosen))
        ]
        ranking = rank_all(self.book, self.cohort, self._variations(tried), self.policy, self.after)
        for index in np.flatnonzero(self.reaches(ranking)):
            changes = tuple(self._change(place, value) for place, value in tried[index])
            yield Flip(changes=changes, order=order(ranking.rank[:, index], self.ids))

    def _variations(self, tried: list[tuple[tuple[int, int], ...]]) -> Variations:
        table = np.full((len(self.candidates), len(tried)), -1)
        places, values = np.array(tried).transpose(2, 1, 0)
        for place, value in zip(places, values, strict=True):
            table[place, np.arange(len(tried))] = value
        names = [candidate.marker.id for candidate in self.candidates]
        choices = {c.marker.id: [other.value for other in c.others] for c in self.candidates}
        return Variations(choices, dict(zip(names, table, strict=True)), len(tried))

    def _change(self, place: int, value: int) -> Change:
        candidate = self.candidates[place]
        return Change(marker=candidate.marker.id, now=candidate.now, then=candidate.others[value].said)


def _untested(decision: Decision, book: Rulebook, policy: str) -> Iterator[Candidate]:
    """Untested tumour markers of which some value matters."""
    unknowns = Unknowns(decision.plans[policy], decision.cohort, decision.states, may=is_tumour)
    conditions = open_conditions(unknowns)
    for marker in book.markers:
        if is_tumour(marker) and not marker.is_derived and decision.states.evaluator.missing(marker.id)[0]:
            classes = value_classes(book, marker, conditions)
            if len(classes) > 1:
                yield Candidate(marker, (), classes)


def _known(
    decision: Decision, book: Rulebook, policy: str, recoverable: bool, doubtful: frozenset[str]
) -> Iterator[Candidate]:
    """Known facts that can be undone and that a rule reads, and known entries in doubt."""
    plan = decision.plans[policy]
    rules = [plan.rules[row].when for row in relevant_rows(plan)]
    read = {name for when in rules for name in markers_of(when)}
    conditions = [*rules, *(when for marker in book.markers for when in made_by(marker))]
    for marker in book.markers:
        wanted = (recoverable and marker.recoverable and marker.id in read) or marker.id in doubtful
        state = decode(marker, decision.states.columns[marker.id][0]) if marker.type != "drugs" else None
        if wanted and state is not None and not _is_fixed(book, marker):
            classes = value_classes(book, marker, conditions, also=state)
            said = state if isinstance(state, str) else f"{state:.12g}"
            others = tuple(one for one in classes if state not in one.members)
            if others:
                yield Candidate(marker, (str(said),), others)


def _is_fixed(book: Rulebook, marker: Marker) -> bool:
    """Whether no change may touch a marker: it, or what it is made of, is `fixed`."""
    return marker.fixed or any(_is_fixed(book, book.marker[name]) for name in inputs_of(marker))


def _check_names(book: Rulebook, goal: str, doubtful: frozenset[str]) -> None:
    faults: list[Fault] = []
    if goal not in (OTHER_FIRST, ELIGIBLE):
        faults += unknown_name("--to", "option", goal, book.option)
    for name in sorted(doubtful):
        faults += unknown_name("--doubt", "marker", name, book.marker)
    if faults:
        raise InputError("The flip can't be searched", faults)


def _tried(recoverable: bool, doubtful: frozenset[str]) -> str:
    """What was allowed to change, in words."""
    tried = ["untested tumour markers"]
    tried += ["facts that can be undone"] if recoverable else []
    tried += ["entries in doubt"] if doubtful else []
    return " or ".join(tried)


def _turning(decision: Decision, book: Rulebook) -> list[WeightRange] | None:
    """The weights that would change the first place by themselves; None where nothing is ranked."""
    [field] = fields(decision.plan, decision.truths, decision.ranking)
    if not field.columns:
        return None
    ranges = weight_ranges(field, decision.plan.policy)
    return [one for one in ranges if one.turns_first or one.turns_first_held]


def _weight_sentence(turning: list[WeightRange], book: Rulebook) -> str:
    """The weight flip in words, for class and tier held and dropped."""
    said = [
        _until(
            "With class and tier held",
            [(one, one.first_held) for one in turning if one.turns_first_held],
            book,
        ),
        _until("On points alone", [(one, one.first_dropped) for one in turning if one.turns_first], book),
    ]
    return " ".join(said)


def _until(where: str, ends: list[tuple[WeightRange, Bounds]], book: Rulebook) -> str:
    if not ends:
        return f"{where} no single weight that the order of the levels allows would change the first place."
    told = (f"{_range(one, bounds)} for {book.level[one.level].label}" for one, bounds in ends)
    return f"{where} the first place holds while the points per half unit are {'; '.join(told)}."


def _range(one: WeightRange, bounds: Bounds) -> str:
    """The whole range that is both allowed and holds the first place."""
    low = max(bounds[0] or 0, one.allowed[0] or 0)
    highs = [high for high in (bounds[1], one.allowed[1]) if high is not None]
    span = f"{low} to {min(highs)}" if highs else f"{low} or more"
    return f"{span} (declared {one.declared}, allowed {_span(one.allowed)})"


def _span(bounds: Bounds) -> str:
    low, high = bounds
    return f"{low or 0} or more" if high is None else f"{low or 0} to {high}"


def _sentence(goal: str, already: bool, size: int, found: int, tried: str) -> str:
    wanted = {OTHER_FIRST: "another first place", ELIGIBLE: "an option that can be named"}
    what = wanted.get(goal, f"{goal} in first place")
    if already:
        return f"The patient as entered has {what} already."
    changes = f"{size} change{'' if size == 1 else 's'}"
    if found:
        return (
            f"{changes.capitalize()} among {tried} would give {what}: {found} way{'' if found == 1 else 's'}."
        )
    return f"No set of up to {changes} among {tried} would give {what}."
