"""How stable an order is, frozen: the sections an assessment holds when they were asked for.

All of it describes this rulebook: how its order bears other weights and unknown facts. None of
it is a chance of benefit. Options, markers and policies stand as ids.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cds.rulebook.base import Record
from cds.vocabulary import Status

TITLE = "Stability of this rulebook's order under other weights and unknown facts; never a chance of benefit"
#: A whole-number range of a weight; None is an open end.
Bounds = tuple[int | None, int | None]
How = Literal["every_weight", "robust", "tier", "weak"]


class ScoreRange(Record):
    """One ranked option over everything that is not known; `exact` false marks an outer bound.

    Score and rank hold where the options concerned stay ranked; the rank holds class and tier
    fixed. `statuses` (checked policy only) says apart which statuses are possible, and
    `could_lose_rank` the rules that could exclude, refuse or demote it with the facts they wait for.
    """

    option: str
    points: int
    low: int | None
    high: int | None
    exact: bool
    rank: int
    best: int
    worst: int
    ranks_exact: bool
    statuses: tuple[Status, ...] = ()
    could_lose_rank: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class MarkerStatement(Record):
    """The answer with no tumour marker known; `at_rank` is None where the order is the same."""

    policy: str
    answer_same: bool
    at_rank: int | None
    sentence: str


class Separation(Record):
    """How two neighbours stand apart; `ahead`: share of weights with the upper ahead on points."""

    above: str
    below: str
    how: How
    ahead: float


class RankShares(Record):
    """Shares of admissible weights that give an option each rank.

    `wide`: all admissible weights, `near`: half to double the declared ones; `held`: class and
    tier as declared, `dropped`: points alone. `priors_*` mix the wide shares over the counted
    patterns of untested tumour markers; `priors_ranked` is the share in which it has a rank.
    `ahead`: pairwise index over each other ranked option, the share of admissible weights with this
    one ahead on points, ties half.
    `central`: mean weights that put it first on points alone, as multiples of the mean of all;
    `confidence`: how often it is first at those weights, over the patterns.
    """

    option: str
    wide_held: tuple[float, ...]
    wide_dropped: tuple[float, ...]
    near_held: tuple[float, ...]
    near_dropped: tuple[float, ...]
    priors_held: tuple[float, ...]
    priors_dropped: tuple[float, ...]
    priors_ranked: float
    ahead: dict[str, float]
    central: dict[str, float]
    confidence: float | None


class WeightHolds(Record):
    """The range of one weight, the others as declared, in which order and first place hold."""

    level: str
    declared: int
    allowed: Bounds
    order_held: Bounds
    order_dropped: Bounds
    first_held: Bounds
    first_dropped: Bounds
    fragile: bool
    fragile_held: bool


class OutcomeOfTest(Record):
    """What one result, or all results that give one order, would do.

    `values` holds marker -> values that rules can't tell apart; `count` of the test's `of`
    counted patients show it, and where none does `at_most` is the upper 95 % limit of the share.
    """

    values: dict[str, tuple[str, ...]]
    order: tuple[tuple[str, ...], ...]
    first_changes: bool
    order_changes: bool
    loses_rank: tuple[str, ...]
    count: int | None = None
    at_most: float | None = None


class EffectOfTest(Record):
    """One test: what it can change, and for how many `of` counted patients it would."""

    id: str
    label: str
    markers: tuple[str, ...]
    can_change_first: bool
    can_change_order: bool
    can_exclude: bool
    first_changes: int | None
    order_changes: int | None
    of: int | None
    opens: tuple[str, ...]
    outcomes: tuple[OutcomeOfTest, ...]
    sampled: bool = False


class NextTest(Record):
    """Missing safety facts first, a check-list; then tests of tumour markers, most telling first.

    `proven_together`: no completion of all tumour markers together changes the first option.
    `joint` false: no counted patient shows what was tested, so that shares are products of the counts
    of each gene.
    """

    policy: str
    sentence: str
    no_test_changes_first: bool
    proven_together: bool
    checklist: tuple[str, ...]
    tests: tuple[EffectOfTest, ...]
    prior: str | None
    joint: bool
    seed: int


class Change(Record):
    """One fact of a flip: what it is now (None: not known) and what it would have to be."""

    marker: str
    now: tuple[str, ...]
    then: tuple[str, ...]


class Flip(Record):
    """Changes that reach the goal together, and the order that follows."""

    changes: tuple[Change, ...]
    order: tuple[tuple[str, ...], ...]


class Flips(Record):
    """The smallest sets of changes that reach a goal; without `size` none up to `up_to` changes.

    For another first place under the checked policy `weights` holds the weights that would change it
    by themselves inside what the order constraints allow, and `weight_sentence` says so in words.
    """

    policy: str
    goal: str
    recoverable: bool
    sentence: str
    already: bool
    size: int | None
    up_to: int
    flips: tuple[Flip, ...]
    weights: tuple[WeightHolds, ...] = ()
    weight_sentence: str = ""


class ContrastRow(Record):
    """One contribution in both options."""

    id: str
    label: str
    a: int
    b: int
    difference: int


class Contrast(Record):
    """Why A stands where it stands against B: what decided, and rows that sum to the difference.

    `no_rank` says of each of the two that has no rank why.
    """

    policy: str
    a: str
    b: str
    rank_a: int | None
    rank_b: int | None
    no_rank: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    decided_by: Literal["status", "class", "tier", "points", "tie"]
    rows: tuple[ContrastRow, ...]
    common: int
    points_a: int
    points_b: int
    difference: int


class Robustness(Record):
    """Everything above for one patient; weights vary for the checked policy only."""

    title: str = TITLE
    seed: int
    draws: int
    ranges: dict[str, tuple[ScoreRange, ...]]
    marker_statements: tuple[MarkerStatement, ...]
    separations: tuple[Separation, ...]
    places: tuple[tuple[str, ...], ...]
    shares: tuple[RankShares, ...]
    always_ahead: tuple[tuple[str, str], ...]
    weights: tuple[WeightHolds, ...]
    next_test: NextTest
    flips: tuple[Flips, ...]
