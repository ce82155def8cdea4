"""Points of a per-option model: whole, bounded, and shared out so that the lines add up."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cds.risk.option_model import BOUND, MICRO, apportion, milli, option_points, unbounded


@pytest.mark.parametrize(
    ("percent", "expected"), [(12.3456, 12346), (12.3455, 12346), (-0.0005, -1), (0.0004, 0), (100.0, 100000)]
)
def test_risks_are_held_in_thousandths_halves_away_from_zero(percent, expected):
    assert milli(percent) == expected


@pytest.mark.parametrize(
    ("risk", "reference", "points"), [(50, 55, 5), (50.5, 55, 5), (50, 55.5, 6), (60, 54.5, -6)]
)
def test_points_are_rounded_half_away_from_zero(risk, reference, points):
    assert unbounded(milli(risk), milli(reference), 1000) == points


def test_largest_remainders_come_first_and_ties_in_order():
    shares = [int(x * MICRO) for x in (1.5, 1.5, -0.4, 0.4)]
    assert apportion(3, shares) == (2, 1, 0, 0)
    assert apportion(3, [int(x * MICRO) for x in (0.75, 0.75, 1.5)]) == (1, 1, 1)


def test_shares_that_miss_the_figure_are_refused():
    assert option_points(50.0, 40.0, [9.9], 55.0, 1.0) is None
    assert option_points(50.0, 40.0, [9.96], 55.0, 1.0) is not None
    assert option_points(50.0, 40.0, [float("nan")], 55.0, 1.0) is None


def test_twenty_thousand_random_cases_add_up():
    """Every sum is exact, every line is within 1 point of its share, no sign is turned, the bound holds."""
    rng = np.random.default_rng(20261123)
    for _ in range(20_000):
        count, worth = int(rng.integers(1, 9)), float(rng.choice([0.5, 1.0, 2.0, 0.333]))
        shares = rng.normal(0, rng.choice([0.2, 3, 15]), count)
        base, reference = rng.uniform(5, 95), round(float(rng.uniform(5, 95)), 3)
        percent = float(base + shares.sum())
        found = option_points(percent, float(base), list(shares), reference, worth)
        assert found is not None
        total = unbounded(milli(percent), milli(reference), milli(worth))
        assert sum(found.lines) == total and sum(found.lines) + found.bound == found.points
        assert abs(found.points) <= BOUND and (found.bound == 0) == (abs(total) <= BOUND)
        exact = [milli(worth) / 1000 * part for part in (reference - base, *(-shares))]
        for line, share in zip(found.lines, exact, strict=True):
            assert abs(line - share) < 1 + 1e-3 and line * share >= -1e-3


def test_a_lower_risk_never_gives_fewer_points():
    found = [option_points(risk, risk, [], 50.0, 1.0) for risk in np.linspace(0, 100, 401)]
    points = [each.points for each in found if each]
    assert all(one >= other for one, other in itertools.pairwise(points))
    assert points[0] == BOUND and points[-1] == -BOUND
