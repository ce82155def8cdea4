"""Explanations: exact, additive, and held to shap."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from cds.risk.estimators import boosting
from cds.risk.explain import TOLERANCE, exact_shares, tree_shares
from cds.risk.metrics import Observed
from cds.risk.patients import Patients, words

MARKERS = ("a", "b", "c", "d")


def drawn(n: int, seed: int) -> Patients:
    rng = np.random.default_rng(seed)
    columns = {name: rng.normal(size=n) for name in "abc"}
    columns["d"] = words(rng.choice(["x", "y"], n).tolist())
    return Patients(("",) * n, columns)


def model(patients: Patients) -> np.ndarray:
    """A model with interactions, one of them with a word."""
    a, b, c = (patients.columns[name].astype(float) for name in "abc")
    word = np.array([value == "x" for value in patients.columns["d"]], dtype=float)
    return 100 / (1 + np.exp(-(a + b * c + 2 * word * a - 0.5)))


def test_base_and_shares_are_the_figure_within_the_tolerance():
    background = drawn(64, 0)
    for row in range(20):
        one = drawn(20, 1).take(np.array([row]))
        shares = exact_shares(model, one, background, MARKERS)
        assert abs(shares.total - model(one)[0]) <= TOLERANCE
        assert shares.base == pytest.approx(model(background).mean())


def test_shares_are_those_of_all_orders():
    """The definition: the mean gain over every order in which markers become known."""
    background, one = drawn(16, 2), drawn(1, 3)

    def value(known: frozenset[str]) -> float:
        columns = {
            name: np.repeat(one.columns[name], 16) if name in known else background.columns[name]
            for name in MARKERS
        }
        return float(model(Patients(("",) * 16, columns)).mean())

    gains = dict.fromkeys(MARKERS, 0.0)
    for order in itertools.permutations(MARKERS):
        for at, name in enumerate(order):
            gains[name] += value(frozenset(order[: at + 1])) - value(frozenset(order[:at]))
    shares = exact_shares(model, one, background, MARKERS)
    expected = [gains[name] / math.factorial(4) for name in MARKERS]
    assert shares.percent == pytest.approx(expected, abs=1e-9)


@pytest.mark.long
def test_shares_are_those_of_shap():
    """Long: shap compiles its exact explainer for a quarter of a minute."""
    import shap

    background, one = drawn(30, 4), drawn(1, 5)
    names = ("a", "b", "c")

    def plain(x: np.ndarray) -> np.ndarray:
        return 100 / (1 + np.exp(-(x[:, 0] + x[:, 1] * x[:, 2])))

    def ours(patients: Patients) -> np.ndarray:
        return plain(np.column_stack([patients.columns[name].astype(float) for name in names]))

    x = np.column_stack([background.columns[name] for name in names])
    row = np.array([[one.columns[name][0] for name in names]])
    theirs = shap.ExactExplainer(plain, shap.maskers.Independent(x, max_samples=100))(row)
    assert exact_shares(ours, one, background, names).percent == pytest.approx(theirs.values[0], abs=1e-9)


def test_a_marker_that_is_not_read_has_no_share():
    def only_a(patients: Patients) -> np.ndarray:
        return patients.columns["a"].astype(float)

    shares = exact_shares(only_a, drawn(1, 6), drawn(10, 7), MARKERS)
    assert shares.percent[1:] == pytest.approx([0, 0, 0], abs=1e-12)


def test_too_many_markers_are_not_enumerated():
    with pytest.raises(ValueError, match="more than 12"):
        exact_shares(model, drawn(1, 0), drawn(4, 1), tuple("abcdefghijklm"))


def test_tree_shares_add_up():
    """Columns of one marker are joined; base and shares are the figure though the library is less exact."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(300, 4))
    time, lost = rng.exponential(10 * np.exp(-x[:, 0] - x[:, 1] * x[:, 2])), rng.uniform(2, 30, 300)
    fitted = boosting(x, Observed(np.minimum(time, lost), time <= lost), 8, 0.1, 0)
    background, few = x[:40], x[100:104]
    alone = tree_shares(fitted, few, background, MARKERS, MARKERS)
    joined = tree_shares(fitted, few, background, ("a", "b", "b", "c"), ("a", "b", "c"))
    for row, shares, fewer in zip(few, alone, joined, strict=True):
        figure = 100 * fitted.risk(row[None])[0]
        assert abs(shares.total - figure) <= TOLERANCE and abs(fewer.total - figure) <= TOLERANCE
        assert shares.base == pytest.approx(100 * fitted.risk(background).mean())
        assert fewer.percent[1] == pytest.approx(shares.percent[1] + shares.percent[2], abs=1e-4)
