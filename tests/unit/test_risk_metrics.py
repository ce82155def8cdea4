"""Survival curves, Cox fits and figures of performance, held to scikit-survival and lifelines."""

from __future__ import annotations

import numpy as np
import pytest

from cds.risk import metrics
from cds.risk.cox import baseline_hazard, fit_cox
from cds.risk.metrics import Observed
from cds.risk.survival import censoring, kaplan_meier, weights

HORIZON = 8.0


def cohort(seed: int, n: int = 150, ties: bool = False) -> tuple[np.ndarray, Observed]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    time = rng.exponential(12 * np.exp(-0.7 * x[:, 0]))
    lost = rng.uniform(1, 30, n)
    if ties:
        time, lost = np.ceil(time), np.ceil(lost)
    return x, Observed(np.minimum(time, lost), time <= lost)


def structured(seen: Observed) -> np.ndarray:
    pairs = list(zip(seen.event, seen.time, strict=True))
    return np.array(pairs, dtype=[("event", bool), ("time", float)])


def risk_of(x: np.ndarray, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=len(x))
    return 1 / (1 + np.exp(-(x[:, 0] + 0.5 * noise)))


@pytest.fixture(scope="module")
def authority():
    pytest.importorskip("sksurv", reason="scikit-survival has no wheel for this Python and machine")
    import sksurv.linear_model
    import sksurv.metrics
    import sksurv.nonparametric

    return sksurv


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_kaplan_meier_is_that_of_the_authority(authority, seed, ties):
    _, seen = cohort(seed, ties=ties)
    times, survival = authority.nonparametric.kaplan_meier_estimator(seen.event, seen.time)
    ours = kaplan_meier(seen.time, seen.event)
    assert np.allclose(ours.at(times), survival, atol=1e-12)
    assert float(ours.before(times[:1])[0]) == 1.0


def test_kaplan_meier_limits_are_those_of_lifelines():
    from lifelines import KaplanMeierFitter

    _, seen = cohort(4)
    fitted = KaplanMeierFitter().fit(seen.time, seen.event)
    low, high = kaplan_meier(seen.time, seen.event).limits(HORIZON)
    row = fitted.confidence_interval_survival_function_.loc[:HORIZON].iloc[-1]
    assert (low, high) == pytest.approx((row.iloc[0], row.iloc[1]), abs=1e-9)


def test_censoring_counts_events_first_where_both_fall_on_one_time():
    curve = censoring(np.array([1.0, 1.0, 2.0]), np.array([True, False, True]))
    assert float(curve.at(1.0)) == pytest.approx(0.5)
    assert float(curve.before(1.0)) == 1.0


def test_weights_leave_nobody_out_silently():
    """Those censored before the horizon weigh 0 and the others stand in for them: the mean stays near 1."""
    _, seen = cohort(5, n=4000)
    weight = weights(seen.time, seen.event, HORIZON)
    lost = ~seen.event & (seen.time < HORIZON)
    assert (weight[lost] == 0).all() and (weight[~lost] >= 1).all()
    assert weight.mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_c_index_is_that_of_the_authority(authority, seed, ties):
    x, seen = cohort(seed, ties=ties)
    risk = np.round(risk_of(x, seed), 1 if ties else 9)
    expected = authority.metrics.concordance_index_censored(seen.event, seen.time, risk)[0]
    assert metrics.c_index(seen, risk) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_auc_and_brier_are_those_of_the_authority(authority, seed):
    x, seen = cohort(seed)
    risk, y = risk_of(x, seed), structured(seen)
    area = authority.metrics.cumulative_dynamic_auc(y, y, risk, [HORIZON])[0][0]
    score = authority.metrics.brier_score(y, y, (1 - risk)[:, None], [HORIZON])[1][0]
    assert metrics.auc(seen, risk, HORIZON) == pytest.approx(area, abs=1e-9)
    assert metrics.brier(seen, risk, HORIZON) == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("penalty", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("ties", [False, True])
def test_cox_is_that_of_both_authorities(authority, penalty, ties):
    import pandas as pd
    from lifelines import CoxPHFitter

    x, seen = cohort(7, ties=ties)
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    ours = fit_cox(z, seen, penalty)
    frame = pd.DataFrame(z, columns=list("abc")).assign(time=seen.time, event=seen.event)
    theirs = CoxPHFitter(penalizer=penalty).fit(frame, "time", "event").params_.to_numpy()
    other = authority.linear_model.CoxPHSurvivalAnalysis(alpha=penalty * len(seen), ties="efron")
    other.fit(z, structured(seen))
    assert np.allclose(ours, theirs, atol=2e-5)
    assert np.allclose(ours, other.coef_, atol=1e-6)
    if not ties:
        expected = float(other.cum_baseline_hazard_(HORIZON))
        assert baseline_hazard(z @ ours, seen, HORIZON) == pytest.approx(expected, rel=1e-6)


def test_cox_with_a_column_that_separates_stays_finite_under_a_penalty():
    seen = Observed(np.arange(1.0, 41.0), np.arange(40) < 20)
    x = (np.arange(40) < 20).astype(float)[:, None]
    assert np.isfinite(fit_cox(x, seen, 0.01)).all()


def test_calibration_of_true_risks_is_ideal_and_of_halved_scores_is_not():
    rng = np.random.default_rng(1)
    risk = rng.uniform(0.05, 0.95, 40_000)
    rate = -np.log1p(-risk) / HORIZON
    time, lost = rng.exponential(1 / rate), rng.uniform(2, 30, risk.size)
    seen = Observed(np.minimum(time, lost), time <= lost)
    slope, intercept = metrics.calibration(seen, risk, HORIZON)
    assert slope == pytest.approx(1, abs=0.05) and intercept == pytest.approx(0, abs=0.05)
    flat = 1 / (1 + np.exp(-0.5 * np.log(risk / (1 - risk))))
    assert metrics.calibration(seen, flat, HORIZON)[0] == pytest.approx(2, abs=0.1)


def test_calibration_that_cannot_be_estimated_is_not_a_number():
    seen = Observed(np.array([1.0, 2.0, 9.0, 10.0]), np.array([True, True, False, False]))
    slope, _ = metrics.calibration(seen, np.array([0.9, 0.9, 0.1, 0.1]), HORIZON)
    assert np.isnan(slope)


def test_net_benefit_by_hand():
    """Four of ten have the event; the model picks three of them and one other: (3 - 1 x 0.25/0.75) / 10."""
    time = np.array([1.0, 1, 1, 1, 20, 20, 20, 20, 20, 20])
    seen = Observed(time, time < 2)
    risk = np.array([0.9, 0.9, 0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert metrics.net_benefit(seen, risk, HORIZON, 0.25) == pytest.approx((3 - 1 / 3) / 10)
    assert metrics.net_benefit_of_all(seen, HORIZON, 0.25) == pytest.approx(0.4 - 0.6 / 3)
    assert metrics.net_benefit(seen, np.zeros(10), HORIZON, 0.25) == 0


def test_a_model_that_tells_everybody_the_average_has_no_skill():
    _, seen = cohort(3)
    risk = np.full(len(seen), 1 - float(kaplan_meier(seen.time, seen.event).at(HORIZON)))
    found = metrics.all_figures(seen, risk, HORIZON, (4.0, HORIZON))
    assert found["c_index"] == 0.5 and found["auc_8"] == 0.5
    assert found["brier_scaled"] == pytest.approx(0)
    assert found["observed_to_expected"] == pytest.approx(1)


def test_groups_by_risk_hold_everybody_once_and_keep_equal_predictions_together():
    x, seen = cohort(6, n=200)
    risk = np.round(risk_of(x), 1)
    groups = metrics.calibration_groups(seen, risk, HORIZON, 5)
    assert sum(group.n for group in groups) == 200
    assert [g.predicted for g in groups] == sorted({g.predicted for g in groups})
    assert all(group.low <= group.observed <= group.high for group in groups)
