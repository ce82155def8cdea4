"""All of one patient's stability in one record: ranges, shares, tests and flips."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cds.cohort import Cohort
from cds.decision import Decision, decide
from cds.explanation import Explainer
from cds.result import Assessment
from cds.robustness.acceptability import Acceptability, Acceptor, Shares
from cds.robustness.dominance import dominates
from cds.robustness.flips import ELIGIBLE, OTHER_FIRST, flips
from cds.robustness.intervals import Extents
from cds.robustness.marker_statement import marker_statements
from cds.robustness.next_test import next_test
from cds.robustness.prior_shares import mixed_shares, pattern_fields
from cds.robustness.rank_intervals import rank_ranges
from cds.robustness.separation import places, separations
from cds.robustness.statuses import possible_statuses
from cds.robustness.units import Field, bands_of, fields
from cds.robustness.unknowns import Unknowns
from cds.robustness.weight_flips import weight_ranges
from cds.robustness.weights import DRAWS, MILLION, Weights, order_of
from cds.rulebook.book import Rulebook
from cds.stability import RankShares, Robustness, ScoreRange, Separation, WeightHolds

DIGITS = 4


def with_robustness(
    assessment: Assessment, cohort: Cohort, book: Rulebook, seed: int = 0, draws: int = DRAWS
) -> Assessment:
    """The assessment of a cohort of one, with the section on its stability."""
    return assessment.model_copy(update={"robustness": robustness_of(cohort, book, seed, draws)})


def robustness_of(cohort: Cohort, book: Rulebook, seed: int = 0, draws: int = DRAWS) -> Robustness:
    """How stable the order of one patient is; `cohort` holds that patient alone.

    Everything is exact but the shares of weights, which are counted over `draws` drawn with `seed`
    (standard error at most 0.008 with 4,096). Ranges are given for every policy; weights vary
    for the default policy only, whose constraints say which weights are admissible.
    """
    decision = decide(cohort, book)
    shares = _Shares(decision, book, Acceptor(book, draws, seed))
    return Robustness(
        seed=seed,
        draws=draws,
        ranges={name: tuple(score_ranges(decision, name)) for name in decision.plans},
        marker_statements=next(marker_statements(decision, book)),
        separations=shares.separations(),
        places=shares.places(),
        shares=tuple(shares.of_options()),
        always_ahead=tuple(shares.always_ahead()),
        weights=shares.weights(),
        next_test=next_test(cohort, book, seed=seed),
        flips=(flips(cohort, book, OTHER_FIRST), flips(cohort, book, ELIGIBLE, recoverable=True)),
    )


def score_ranges(decision: Decision, policy: str) -> Iterator[ScoreRange]:
    """The range of score and rank of each ranked option, for a decision about one patient."""
    plan, ranking = decision.plans[policy], decision.rankings[policy]
    extents = Extents(Unknowns(plan, decision.cohort, decision.states))
    columns = np.flatnonzero(ranking.rank[:, 0])
    bands = dict(zip(map(int, columns), bands_of(plan, ranking, 0, columns), strict=True))
    ranks = rank_ranges(extents, bands)
    explainer = Explainer(decision, 0)
    for column in bands:
        score, rank = extents.score(column), ranks[column]
        waiting = {row: explainer.deciding(plan, row) for row in plan.blocking[column]}
        yield ScoreRange(
            option=plan.options[column].id,
            points=int(ranking.points[column, 0]),
            low=score.low if score else None,
            high=score.high if score else None,
            exact=score.exact if score else True,
            rank=int(ranking.rank[column, 0]),
            best=rank.best,
            worst=rank.worst,
            ranks_exact=rank.exact,
            statuses=possible_statuses(extents, column) or ()
            if policy == decision.book.default_policy
            else (),
            could_lose_rank={plan.rules[row].id: names for row, names in waiting.items() if names},
        )


def cohort_ranges(
    cohort: Cohort, book: Rulebook, policy: str | None = None
) -> Iterator[tuple[ScoreRange, ...]]:
    """The ranges of each patient of a cohort, in order: one record for each ranked option."""
    for row in range(len(cohort)):
        decision = decide(cohort.part(row, row + 1), book)
        yield tuple(score_ranges(decision, policy or book.default_policy))


class _Shares:
    """What other weights do to the default policy's order of one patient."""

    def __init__(self, decision: Decision, book: Rulebook, acceptor: Acceptor) -> None:
        self.book, self.acceptor, self.policy = book, acceptor, decision.plan.policy
        self.field, self.ranks = _field(decision)
        self.ids = [book.options[column].id for column in self.field.columns]
        self.wide, self.near = acceptor.wide(self.field), acceptor.near(self.field)
        self.lines = separations(self.field, self.ranks, self.wide, order_of(self.policy))
        self.patterns = pattern_fields(decision.cohort, decision.states, book)
        self.mixed = mixed_shares(self.patterns, acceptor, len(book.options))

    def separations(self) -> tuple[Separation, ...]:
        """Lines between neighbours."""
        return tuple(
            Separation(
                above=self.ids[line.above],
                below=self.ids[line.below],
                how=line.how,
                ahead=round(line.index, DIGITS),
            )
            for line in self.lines
        )

    def places(self) -> tuple[tuple[str, ...], ...]:
        """Options that can't be separated, together; first place first."""
        return tuple(
            tuple(self.ids[member] for member in place) for place in places(self.lines, len(self.ids))
        )

    def of_options(self) -> Iterator[RankShares]:
        """One record for each ranked option, in declared order."""
        n, none = len(self.ids), np.zeros(len(self.book.options))
        for place, (column, name) in enumerate(zip(self.field.columns, self.ids, strict=True)):
            ranked, held, dropped = self.mixed.get(column, (0.0, none, none))
            yield RankShares(
                option=name,
                wide_held=_rounded(self.wide.held[place]),
                wide_dropped=_rounded(self.wide.dropped[place]),
                near_held=_rounded(self.near.held[place]),
                near_dropped=_rounded(self.near.dropped[place]),
                priors_held=_rounded(held[:n]),
                priors_dropped=_rounded(dropped[:n]),
                priors_ranked=round(float(ranked), DIGITS),
                ahead=self._ahead(place),
                central=self._central(self.wide, place),
                confidence=self._confidence(column, self.wide.central[place]),
            )

    def _ahead(self, place: int) -> dict[str, float]:
        """The pairwise index over each other ranked option."""
        index = zip(self.ids, self.wide.ahead[place], strict=True)
        return {other: round(float(share), DIGITS) for other, share in index if other != self.ids[place]}

    def _central(self, wide: Acceptability, place: int) -> dict[str, float]:
        """Mean weights that put the option first, as multiples of the mean of all draws."""
        if not wide.central[place].any():
            return {}
        times = wide.central[place] / self.acceptor.mean
        return {name: round(float(x), 2) for name, x in zip(self.policy.weights, times, strict=True)}

    def _confidence(self, column: int, central: Shares) -> float | None:
        """How often, over the patterns, the option is first on points alone at its central weights."""
        if not central.any():
            return None
        weights = np.rint(central * (MILLION / central.sum())).astype(np.int64)[None, :]
        first = sum(count * _first_share(field, column, weights) for count, field in self.patterns)
        return round(first / sum(count for count, _ in self.patterns), DIGITS)

    def always_ahead(self) -> Iterator[tuple[str, str]]:
        """Pairs of options, the first ahead of the second on points for every admissible weight."""
        for one, units in zip(self.ids, self.field.units, strict=True):
            for other, others in zip(self.ids, self.field.units, strict=True):
                if dominates(order_of(self.policy), units, others):
                    yield one, other

    def weights(self) -> tuple[WeightHolds, ...]:
        """How far each weight can move."""
        return tuple(one.told() for one in weight_ranges(self.field, self.policy))


def _field(decision: Decision) -> tuple[Field, list[int]]:
    ranking = decision.ranking
    [field] = fields(decision.plan, decision.truths, ranking)
    return field, [int(ranking.rank[column, 0]) for column in field.columns]


def _first_share(field: Field, column: int, weights: Weights) -> float:
    if column not in field.columns:
        return 0.0
    scores = (field.units @ weights.T)[:, 0]
    return float(scores[field.columns.index(column)] == scores.max()) / float((scores == scores.max()).sum())


def _rounded(shares: Shares) -> tuple[float, ...]:
    return tuple(round(float(share), DIGITS) for share in shares)
