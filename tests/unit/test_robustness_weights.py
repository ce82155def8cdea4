"""Weights drawn under order constraints, and rank acceptability, against hand and published results."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from cds.decision import decide
from cds.robustness import prior_shares
from cds.robustness.acceptability import Acceptor, accept, cohort_acceptability, mixture
from cds.robustness.dominance import dominates
from cds.robustness.prior_shares import cohort_prior_shares
from cds.robustness.separation import places, separations
from cds.robustness.units import Field, fields, units
from cds.robustness.weight_flips import weight_ranges
from cds.robustness.weight_order import WeightOrder
from cds.robustness.weights import MILLION, near, obeys, order_of, sorted_shares, wide
from cds.rulebook.load import load
from tests.brute_force import adult, patients
from tests.policies import CHECKED
from tests.profiles import RULES, TYPICAL, profiles


def policy():
    return load().policy[CHECKED]


def field_of(cohort, book):
    decision = decide(cohort, book, (CHECKED,))
    return fields(decision.plans[CHECKED], decision.truths, decision.rankings[CHECKED])[0]


def simplex(draws: int, levels: int) -> np.ndarray:
    """Uniform weights without any order, from the same spacings."""
    raw = np.asarray(np.random.PCG64(7).random_raw(draws * (levels - 1)), dtype=np.uint64)
    shares = sorted_shares(raw.reshape(draws, levels - 1))
    shuffled = np.random.default_rng(1).permuted(shares, axis=1)
    return shuffled


def field(rows, bands=None) -> Field:
    return Field(tuple(range(len(rows))), np.array(rows, dtype=np.int64), tuple(bands or [0] * len(rows)))


# --- the order and its draws -------------------------------------------------------------------


def test_policy_has_the_counted_up_sets_and_linear_extensions():
    """SCORING 8.2: 20 levels, 3,006 up-sets, 55,721,547,000 linear extensions."""
    order = order_of(policy())
    assert len(order.levels) == 20
    assert len(order.corners) == 3_006
    assert order.linear_extensions == 55_721_547_000


SMALL = WeightOrder(("a", "b", "c", "d"), (("a", "b"), ("a", "c"), ("c", "d")))


def test_linear_extensions_of_a_small_order_are_drawn_uniformly():
    """All orders that obey a > b, a > c > d, each as often as the others."""
    allowed = [p for p in itertools.permutations(range(4)) if p.index(0) == 0 and p.index(2) < p.index(3)]
    assert SMALL.linear_extensions == len(allowed) == 3
    raw = np.asarray(np.random.PCG64(3).random_raw(30_000 * 4), dtype=np.uint64).reshape(-1, 4)
    drawn, counts = np.unique(SMALL.draw(raw), axis=0, return_counts=True)
    assert [tuple(row) for row in drawn.tolist()] == sorted(allowed)
    assert np.abs(counts / 30_000 - 1 / 3).max() < 0.01


def test_circular_constraints_are_refused():
    with pytest.raises(ValueError, match="circle"):
        _ = WeightOrder(("a", "b"), (("a", "b"), ("b", "a"))).up_sets


def test_mean_sorted_weights_match_the_published_means():
    """Uniform weights of three criteria, sorted: 11/18, 5/18, 2/18."""
    raw = np.asarray(np.random.PCG64(5).random_raw(200_000 * 2), dtype=np.uint64).reshape(-1, 2)
    means = sorted_shares(raw).mean(axis=0) / MILLION
    assert np.abs(means - np.array([11, 5, 2]) / 18).max() < 0.002


@pytest.mark.parametrize("draw", [wide, near])
def test_every_draw_obeys_the_order(draw):
    weights = draw(policy(), 4096, 11)
    assert weights.shape == (4096, 20)
    assert obeys(order_of(policy()), weights).all()
    assert (weights >= 0).all()
    assert np.abs(weights.sum(axis=1) - MILLION).max() <= (0 if draw is wide else 20)


@pytest.mark.parametrize("draw", [wide, near])
def test_same_seed_same_weights_other_seed_others(draw):
    first = draw(policy(), 512, 4).copy()
    assert (draw(policy(), 512, 4) == first).all()
    assert (draw(policy(), 512, 5) != first).any()


def test_near_weights_lie_between_half_and_double():
    """Relative to each other no two weights move apart by more than four."""
    declared = np.array(list(policy().weights.values()))
    ratio = near(policy(), 2048, 0) / declared
    assert (ratio.max(axis=1) / ratio.min(axis=1)).max() < 4.01


# --- acceptability by hand ---------------------------------------------------------------------


def test_three_options_of_one_criterion_each():
    """Published definitions on a case that can be worked out: every option is best with weight 11/18.

    Acceptability of each rank is 1/3, the pairwise index 1/2, and the central weights are the
    means of the largest, and of the two others, of three uniform weights.
    """
    found = accept(field(np.eye(3, dtype=int)), simplex(60_000, 3))
    assert np.abs(found.dropped - 1 / 3).max() < 0.01
    assert np.abs(found.ahead - 1 / 2).max() < 0.01
    central = np.full((3, 3), 7 / 36) + np.eye(3) * (11 / 18 - 7 / 36)
    assert np.abs(found.central / MILLION - central).max() < 0.01


def test_an_option_in_the_middle_is_never_first():
    """A = 2 w1, B = 2 w2, C = w1 + w2: C is always second, A and B share the first rank."""
    found = accept(field([[2, 0], [0, 2], [1, 1]]), simplex(60_000, 2))
    expected = np.array([[0.5, 0, 0.5], [0.5, 0, 0.5], [0, 1, 0]])
    assert np.abs(found.dropped - expected).max() < 0.01
    assert np.abs(found.central[:2] / MILLION - [[0.75, 0.25], [0.25, 0.75]]).max() < 0.01
    assert (found.central[2] == 0).all()


def test_ties_share_their_ranks_equally():
    found = accept(field([[1, 0], [1, 0], [0, 0]]), simplex(100, 2))
    assert found.dropped.tolist() == [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]
    assert found.ahead[0, 1] == 0.5


def test_bands_hold_whatever_the_weights():
    """An option of a higher band stands first though it has no points; on points alone it is last."""
    found = accept(field([[0, 0], [1, 1]], bands=[2, 1]), simplex(100, 2))
    assert found.held.tolist() == [[1, 0], [0, 1]]
    assert found.dropped.tolist() == [[0, 1], [1, 0]]


def test_nothing_ranked_gives_nothing():
    found = accept(Field((), np.zeros((0, 20), dtype=np.int64), ()), wide(policy(), 64, 0))
    assert found.held.shape == (0, 0) and found.central.shape == (0, 20)


def test_shares_equal_a_loop_over_draws():
    """Ranks draw by draw in plain Python, for a patient with a tie."""
    book = load()
    mine = field_of(adult(book, ccne1_cn="amplified"), book)
    weights = wide(book.policy[CHECKED], 300, 2)
    n, shares = len(mine.columns), np.zeros((2, len(mine.columns), len(mine.columns)))
    for draw in weights.tolist():
        totals = [sum(u * w for u, w in zip(row, draw, strict=True)) for row in mine.units.tolist()]
        for place, keys in enumerate([list(zip(mine.bands, totals, strict=True)), totals]):
            for i, key in enumerate(keys):
                above, same = sum(k > key for k in keys), sum(k == key for k in keys)
                shares[place, i, above : above + same] += 1 / same
    found = accept(mine, weights)
    assert np.allclose(found.held, shares[0] / 300) and np.allclose(found.dropped, shares[1] / 300)
    assert np.allclose(found.held.sum(axis=0), 1) and np.allclose(found.dropped.sum(axis=1), 1)
    assert n == 4


# --- the rulebook ------------------------------------------------------------------------------


def shares_of_first(cohort, book):
    [(in_wide, in_near)] = cohort_acceptability(cohort, book)
    ids = [book.options[column].id for column in in_wide.columns]
    return {
        option: (in_wide.dropped[place, 0], in_near.dropped[place, 0], in_wide.held[place, 0])
        for place, option in enumerate(ids)
    }


def test_declared_weights_times_units_are_the_points():
    """For 200 random patients, every option and level."""
    book = load()
    drawn = profiles(RULES, 200, 3)
    decision = decide(patients(book, *drawn), book, (CHECKED,))
    plan = decision.plans[CHECKED]
    declared = np.array(list(plan.policy.weights.values()))
    totals = np.einsum("olp,l->op", units(plan, decision.truths), declared)
    assert (totals == decision.rankings[CHECKED].points).all()


def test_typical_adult_has_the_measured_shares():
    """SCORING section 14, within 0.02: 0.85 / 0.11 / 0.04 wide, 0.94 near, 1.00 held."""
    book = load()
    found = shares_of_first(adult(book), book)
    assert [found[o][0] for o in ("O01", "O03", "O04")] == pytest.approx([0.85, 0.11, 0.04], abs=0.02)
    assert found["O01"][1:] == (pytest.approx(0.94, abs=0.02), 1.0)


def test_cautions_and_markers_have_the_measured_effect_on_shares():
    """SCORING section 14: uncontrolled hypertension 0.52 / 0.86; CDK4 with RB1 intact 0.65 and 0.35."""
    book = load()
    hypertension = adult(book, hypertension="uncontrolled", systolic=None, diastolic=None)
    assert shares_of_first(hypertension, book)["O01"][:2] == pytest.approx((0.52, 0.86), abs=0.02)
    found = shares_of_first(adult(book, cdk4_cn="amplified", rb1_dna="intact"), book)
    assert (found["O01"][0], found["O03"][0]) == pytest.approx((0.65, 0.35), abs=0.02)


def test_any_chunking_gives_the_same_shares():
    book = load()
    cohort = patients(book, *({**TYPICAL, "age": float(age)} for age in range(10, 40)))
    whole = list(cohort_acceptability(cohort, book, draws=256))
    for chunk in (1, 7):
        for (a, b), (c, d) in zip(
            whole, cohort_acceptability(cohort, book, draws=256, chunk=chunk), strict=True
        ):
            assert all(
                (getattr(a, n) == getattr(c, n)).all() for n in ("held", "dropped", "ahead", "central")
            )
            assert all(
                (getattr(b, n) == getattr(d, n)).all() for n in ("held", "dropped", "ahead", "central")
            )


@pytest.mark.parametrize("at_once", [1, 3])
def test_patients_taken_together_have_the_shares_over_priors_of_each_alone(at_once, monkeypatch):
    """Tested genes, one that no counted patient shows, a child, and one without any rank."""
    book = load()
    more = [{}, {"rb1_dna": "lost"}, {"rb1_dna": "vus"}, {"age": 14.0}, {"infection": "active"}]
    cohort = patients(book, *({**TYPICAL, **one} for one in more))
    whole = list(cohort_prior_shares(cohort, book, draws=128))
    monkeypatch.setattr(prior_shares, "TOGETHER", at_once)
    for one, other in zip(whole, cohort_prior_shares(cohort, book, draws=128), strict=True):
        assert {*one} == {*other}
        assert all(np.array_equal(a, b) for c in one for a, b in zip(one[c], other[c], strict=True))
    assert whole[0] and not whole[4]


def test_permuted_options_permute_the_shares():
    book = load()
    mine = field_of(adult(book), book)
    back = Field(mine.columns[::-1], mine.units[::-1], mine.bands[::-1])
    weights = wide(book.policy[CHECKED])
    one, other = accept(mine, weights), accept(back, weights)
    assert (one.held == other.held[::-1]).all() and (one.dropped == other.dropped[::-1]).all()
    assert (one.ahead == other.ahead[::-1, ::-1]).all()


def test_mixture_adds_shares_by_their_counts():
    weights = simplex(100, 2)
    parts = [
        (3, accept(field([[1, 0], [0, 0]]), weights)),
        (1, accept(Field((1,), np.array([[1, 1]]), (0,)), weights)),
    ]
    found = mixture(parts, 2)
    assert found[0][0] == 0.75 and found[0][1].tolist() == [0.75, 0]
    assert found[1][0] == 1.0 and found[1][1].tolist() == [0.25, 0.75]


# --- dominance, separation, one weight at a time -----------------------------------------------


def test_dominance_equals_the_corners_of_the_weights():
    """Against every linear extension of a small order: the cone's corners, found in another way."""
    rng = np.random.default_rng(0)
    extensions = [p for p in itertools.permutations(range(4)) if p.index(0) == 0 and p.index(2) < p.index(3)]
    corners = {frozenset(p[:size]) for p in extensions for size in range(1, 5)}
    for _ in range(300):
        lead = rng.integers(-2, 3, size=4)
        expected = all(sum(lead[i] for i in corner) >= 0 for corner in corners) and lead.any()
        assert dominates(SMALL, lead, np.zeros(4, dtype=np.int64)) == expected


def test_only_what_no_weight_can_turn_is_called_so():
    """O01p over O03 for every admissible weight; O01 over O03 for none of that kind."""
    book = load()
    child, grown = (field_of(adult(book, age=age), book) for age in (14.0, 30.0))
    ids = [[book.options[column].id for column in one.columns] for one in (child, grown)]
    order = order_of(book.policy[CHECKED])
    assert dominates(order, child.units[ids[0].index("O01p")], child.units[ids[0].index("O03")])
    assert not dominates(order, grown.units[ids[1].index("O01")], grown.units[ids[1].index("O03")])


def lines(cohort, book):
    decision = decide(cohort, book, (CHECKED,))
    ranking = decision.rankings[CHECKED]
    [mine] = fields(decision.plans[CHECKED], decision.truths, ranking)
    ranks = [int(ranking.rank[column, 0]) for column in mine.columns]
    ids = [book.options[column].id for column in mine.columns]
    found = separations(mine, ranks, Acceptor(book).wide(mine), order_of(book.policy[CHECKED]))
    return [(ids[f.above], ids[f.below], f.how) for f in found], [
        tuple(ids[i] for i in place) for place in places(found, len(ids))
    ]


def test_hypotheses_of_the_typical_adult_are_one_place():
    book = load()
    assert lines(adult(book), book) == (
        [("O01", "O03", "tier"), ("O03", "O04", "weak"), ("O04", "O02", "weak")],
        [("O01",), ("O03", "O04", "O02")],
    )


def test_cdk4_with_rb1_intact_separates_the_hypotheses():
    """SCORING section 14: pairwise 0.99, robust."""
    book = load()
    found, _ = lines(adult(book, cdk4_cn="amplified", rb1_dna="intact"), book)
    assert ("O03", "O04", "robust") in found


def test_weight_ranges_are_the_measured_ones():
    """The table of SCORING section 14, points alone; with class and tier held O01 never moves."""
    book = load()
    found = {one.level: one for one in weight_ranges(field_of(adult(book), book), book.policy[CHECKED])}
    expected = {
        "xeno": (6, (4, 6), (2, 8), True), "pdox": (8, (8, 10), (6, 15), True),
        "model2": (2, (0, 3), (0, 6), True), "missed": (10, (0, 25), (3, 30), True),
        "counter": (8, (3, None), (6, 30), False), "tox": (3, (0, 18), (0, 10), False),
        "clin2": (30, (15, None), (15, None), False),
    }  # fmt: skip
    for level, (declared, holds, allowed, fragile) in expected.items():
        one = found[level]
        assert (one.declared, one.order_dropped, one.allowed, one.fragile) == (
            declared,
            holds,
            allowed,
            fragile,
        )
        assert one.first_held == (0, None)


@pytest.mark.parametrize("changes", [{}, {"ccne1_cn": "amplified"}, {"age": 14.0}, {"lvef": 40.0}])
def test_weight_ranges_equal_trying_every_weight(changes):
    """One weight from 0 to 60, the order and the first place each time, with and without bands."""
    book = load()
    mine, declared = field_of(adult(book, **changes), book), list(book.policy[CHECKED].weights.values())
    for one in weight_ranges(mine, book.policy[CHECKED]):
        level = list(book.policy[CHECKED].weights).index(one.level)
        for held, order_range, first_range in (
            (True, one.order_held, one.first_held), (False, one.order_dropped, one.first_dropped)
        ):  # fmt: skip
            seen = [_order(mine, [*declared[:level], w, *declared[level + 1 :]], held) for w in range(61)]
            now = seen[declared[level]]
            assert order_range == _run([s == now for s in seen], declared[level])
            assert first_range == _run([s[0] == now[0] for s in seen], declared[level])


def _order(mine, weights, held):
    totals = (mine.units @ np.array(weights)).tolist()
    keys = list(zip(mine.bands, totals, strict=True)) if held else totals
    return [{i for i, key in enumerate(keys) if key == value} for value in sorted({*keys}, reverse=True)]


def _run(holds: list[bool], at: int) -> tuple[int, int | None]:
    low = high = at
    while low > 0 and holds[low - 1]:
        low -= 1
    while high < len(holds) - 1 and holds[high + 1]:
        high += 1
    return low, None if high == len(holds) - 1 else high


def test_equal_fields_are_worked_out_once():
    book = load()
    acceptor, mine = Acceptor(book, 64), field_of(adult(book), book)
    assert acceptor.wide(mine) is acceptor.wide(field_of(adult(book), book))
    assert math.isclose(acceptor.mean.sum(), MILLION, abs_tol=1)
