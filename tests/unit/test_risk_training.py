"""Training: refusals, honest figures, one answer for one seed, and no patient in what is written."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pytest

from cds.errors import ModelError
from cds.files import canonical_lines
from cds.risk.card import answers, facts
from cds.risk.card_items import ATTRIBUTES, TRIPOD
from cds.risk.card_text import card_markdown
from cds.risk.external import evaluate, is_training_data
from cds.risk.metrics import Observed
from cds.risk.patients import from_rows
from cds.risk.resampling import folds, problem_of, samples, seeds
from cds.risk.summaries import members
from cds.risk.training import train
from tests import toy_cohort

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return toy_cohort.write(tmp_path_factory.mktemp("toy") / "cohort.csv", 240)


def fit(path, declaration, **more):
    return train(declaration, toy_cohort.cohort(path, declaration), toy_cohort.book(), today=TODAY, **more)


@pytest.fixture(scope="module")
def trained(path):
    return fit(path, toy_cohort.per_option())


def test_a_cohort_below_five_events_per_parameter_is_refused(path, tmp_path):
    small = toy_cohort.write(tmp_path / "small.csv", 30)
    with pytest.raises(ModelError, match="under 5"):
        fit(small, toy_cohort.per_option())


def test_below_ten_it_warns(tmp_path):
    declared = toy_cohort.per_option(subgroups=[], comparisons=[])
    trained = fit(toy_cohort.write(tmp_path / "c.csv", 70), declared)
    assert 5 <= trained.validation.events_per_parameter < 10
    assert "unsure" in trained.validation.warnings[0]


def test_boosting_below_a_hundred_events_warns(tmp_path):
    plan = {"seed": 1, "strengths": [0.1], "folds": 3, "repeats": 1, "resamples": 20}
    declared = toy_cohort.per_option(estimator="boosting", plan=plan, subgroups=[], comparisons=[])
    trained = fit(toy_cohort.write(tmp_path / "c.csv", 110), declared)
    assert any("overfit" in warning for warning in trained.validation.warnings)


def test_nobody_is_lost(trained):
    flow = trained.validation.flow
    assert flow.read == 240 == flow.used + flow.no_outcome + flow.no_follow_up + sum(flow.not_known.values())
    assert flow.events + flow.censored == flow.used and flow.censored_before_horizon > 0


def test_the_figures_inside_are_less_than_apparent(trained):
    v = trained.validation
    apparent, corrected = v.apparent["c_index"].value, v.corrected["c_index"].value
    assert corrected is not None and apparent is not None and 0.5 < corrected < apparent
    assert corrected == pytest.approx(apparent - (v.optimism["c_index"] or 0), abs=2e-6)
    for figure in (*v.apparent.values(), *v.cross_validated.values()):
        assert figure.low is None or figure.low <= figure.value <= figure.high


def test_the_solver_agrees_with_lifelines(trained):
    assert trained.validation.solver_difference is not None
    assert trained.validation.solver_difference < 1e-4


def test_same_seed_same_model_whatever_runs_side_by_side(path, trained):
    again = fit(path, toy_cohort.per_option(), jobs=2)
    assert again.validation == trained.validation
    assert again.model.fitted.payload()["coef"].tolist() == trained.model.fitted.payload()["coef"].tolist()


def test_another_seed_another_resampling(path, trained):
    plan = {"seed": 2, "strengths": [0.01], "folds": 4, "repeats": 2, "resamples": 20}
    other = fit(path, toy_cohort.per_option(plan=plan, subgroups=[], comparisons=[]))
    assert other.validation.optimism != trained.validation.optimism


def test_a_feature_of_noise_adds_nothing(path):
    """The comparison shows a marker model that adds nothing to add nothing."""
    noise = {"id": "b", "label": "signal B", "marker": "signal_b", "any_of": ["high"], "missing": "abstain"}
    with_noise = {
        "id": "noise",
        "label": "and noise",
        "features": ["lost", "high", "old", "t2", "t4"],
        "extra": [noise],
    }
    v = fit(path, toy_cohort.per_option(comparisons=[with_noise])).validation
    gain = (v.comparisons[0].c_index.value or 0) - (v.cross_validated["c_index"].value or 0)
    assert gain < 0.02 and v.comparisons[0].parameters == v.parameters + 1


@pytest.mark.parametrize("estimator", ["logistic", "boosting"])
def test_every_estimator_learns_and_answers_within_bounds(path, estimator):
    strengths = [0.01, 0.1] if estimator == "logistic" else [0.1]
    plan = {"seed": 1, "strengths": strengths, "folds": 3, "repeats": 1, "resamples": 20}
    declared = toy_cohort.per_option(estimator=estimator, plan=plan, subgroups=[], comparisons=[])
    trained = fit(path, declared)
    assert (trained.validation.cross_validated["c_index"].value or 0) > 0.6
    few = trained.model.background.take(np.arange(5))
    for prediction in trained.model.predict(few):
        assert 0 < (prediction.percent or 0) < 100 and prediction.low <= prediction.high
    figures, shares = trained.model.percent(few), trained.model.explain(few)
    assert all(trained.model.add_up(s, p) for s, p in zip(shares, figures, strict=True))


def test_a_horizon_label_is_enough_for_logistic(tmp_path):
    path = tmp_path / "labels.csv"
    header = toy_cohort.HEADER.replace("months,event", "by12")
    lines = []
    for line in toy_cohort.rows(240):
        *cells, months, event = line.split(",")
        known = "yes" if event == "1" and float(months) <= 12 else "no" if float(months) > 12 else ""
        lines.append(",".join([*cells, known]))
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    outcome = {
        "kind": "progression", "event_words": "progression", "counted_from": "start",
        "horizon_months": 12, "label": "by12",
    }  # fmt: skip
    declared = toy_cohort.per_option(estimator="logistic", outcome=outcome, subgroups=[], comparisons=[])
    v = fit(path, declared).validation
    assert v.flow.no_outcome > 0 and v.flow.censored_before_horizon == 0


def test_imputation_happens_inside_the_folds(path):
    """The mean that fills a gap is that of the patients fitted to, never of those left out."""
    features = [{**toy_cohort.FEATURES[1], "missing": "impute"}, toy_cohort.FEATURES[0]]
    declared = toy_cohort.per_option(features=[*features, *toy_cohort.REGIMEN])
    cohort = toy_cohort.cohort(path, declared)
    problem = problem_of(declared, declared.features, cohort.patients, cohort.seen)
    assert np.isnan(problem.x).any()
    for test in folds(problem.seen, 12, 4, 0):
        rows = np.setdiff1d(np.arange(len(problem.seen)), test)
        fitted = problem.take(rows).fit(0.01, 0)
        assert fitted.payload()["fill"][0] == pytest.approx(np.nanmean(problem.x[rows, 0]))
        assert np.isnan(fitted.payload()["fill"][1])


def test_folds_hold_everybody_once_and_are_stratified():
    rng = np.random.default_rng(0)
    seen = Observed(rng.uniform(1, 30, 203), rng.random(203) < 0.4)
    parts = folds(seen, 12, 5, 3)
    assert sorted(np.concatenate(parts).tolist()) == list(range(203))
    early = seen.event & (seen.time <= 12)
    counts = [int(early[part].sum()) for part in parts]
    assert max(counts) - min(counts) <= 1


def test_seeds_differ_by_kind_and_task():
    assert len({*seeds(1, 1, 50), *seeds(1, 2, 50), *seeds(2, 1, 50)}) == 150


def test_samples_hold_events_and_survivors():
    seen = Observed(np.array([1.0] * 6 + [20.0] * 6), np.array([True] * 6 + [False] * 6))
    rows = next(samples(seen, 12, 0))
    assert (rows < 6).sum() >= 5 and (rows >= 6).sum() >= 5


def test_who_is_unknown_is_in_no_subgroup():
    patients = from_rows([{"age": 30.0}, {"age": 50.0}, {"age": None}], ["age"])
    young, old = toy_cohort.declared().subgroups[:2]
    assert members(young, patients).tolist() == [0] and members(old, patients).tolist() == [1]


def test_small_subgroups_say_nothing(path):
    group = {"label": "very old", "marker": "age", "at_least": 69}
    v = fit(path, toy_cohort.per_option(subgroups=[group], comparisons=[])).validation
    assert v.subgroups[0].events is None and v.subgroups[0].c_index.value is None


def numbers(data: object) -> set[float]:
    if isinstance(data, dict):
        return {n for value in data.values() for n in numbers(value)}
    if isinstance(data, list):
        return {n for value in data for n in numbers(value)}
    return {float(data)} if isinstance(data, (int, float)) and not isinstance(data, bool) else set()


def test_nothing_of_a_patient_stands_in_what_is_written(path, trained):
    """No id, no time, no age with its decimal, no prediction of a training patient."""
    cohort = toy_cohort.cohort(path, toy_cohort.per_option())
    written = canonical_lines(trained.validation.model_dump(mode="json"))
    written += canonical_lines(trained.model.manifest.model_dump(mode="json"))
    text = written.decode()
    assert not [name for name in cohort.patients.ids if f'"{name}"' in text]
    found = numbers(json.loads(canonical_lines(trained.validation.model_dump(mode="json"))))
    own = {time for time in cohort.seen.time.tolist() if time > 1 and time != round(time, 1)}
    assert len(own) > 100 and not found & own
    risks = trained.model.fitted.risk(trained.model.encoded(cohort.patients))
    assert not {round(float(risk), 6) for risk in risks} & {
        n for n in found if 0 < n < 1 and n != round(n, 3)
    }


# --- cards -----------------------------------------------------------------------------------------


def test_a_card_answers_every_item(trained):
    assert len(ATTRIBUTES) == 31 and len(TRIPOD) == 52
    known = facts(trained.model.manifest, trained.validation, ())
    for items in (ATTRIBUTES, TRIPOD):
        said = list(answers(items, known))
        assert len(said) == len(items) and all(answer for _, _, answer in said)
    by_id = {name: answer for name, _, answer in answers(ATTRIBUTES, known)}
    assert by_id["7.3"] == "not available" and "C-index" in by_id["7.1"]


def test_a_simulated_card_says_so_first(trained):
    text = card_markdown(trained.model.manifest, trained.validation, ())
    assert "SIMULATED" in text.split("##")[0] and "| 27c |" in text and "| 9.2 |" in text


def test_the_card_shows_an_external_validation_once_there_is_one(trained, tmp_path):
    declared = toy_cohort.per_option()
    other = toy_cohort.cohort(toy_cohort.write(tmp_path / "other.csv", 300, seed=9), declared)
    found = evaluate(
        trained.model, trained.validation, other, name="other", description="another draw", today=TODAY
    )
    assert not is_training_data(trained.model, other)
    text = card_markdown(trained.model.manifest, trained.validation, (found,))
    assert "External validation: other (300 patients" in text
    assert (found.figures["c_index"].value or 0) > 0.6


def test_warnings_where_inside_and_outside_part(trained, tmp_path):
    """In a cohort whose outcomes were shuffled the model is told to be worthless."""
    path = tmp_path / "shuffled.csv"
    lines = [line.split(",") for line in toy_cohort.rows(300, seed=4)]
    ends = np.random.default_rng(0).permutation([line[-2:] for line in lines])
    shuffled = [",".join([*line[:-2], *end]) for line, end in zip(lines, ends, strict=True)]
    path.write_text("\n".join([toy_cohort.HEADER, *shuffled]) + "\n", encoding="utf-8")
    cohort = toy_cohort.cohort(path, toy_cohort.per_option())
    found = evaluate(trained.model, trained.validation, cohort, name="x", description="x", today=TODAY)
    said = " ".join(found.warnings)
    assert "falls from" in said and "no better here" in said


def test_patients_the_model_does_not_speak_of_are_counted(trained, tmp_path):
    path = tmp_path / "old.csv"
    lines = toy_cohort.rows(200, seed=5)
    lines[0] = lines[0].replace(lines[0].split(",")[1], "99", 1)
    path.write_text("\n".join([toy_cohort.HEADER, *lines]) + "\n", encoding="utf-8")
    cohort = toy_cohort.cohort(path, toy_cohort.per_option())
    found = evaluate(trained.model, trained.validation, cohort, name="x", description="x", today=TODAY)
    assert found.abstained == {"outside_range:age": 1} and found.flow.not_known == {"model": 1}


def test_figures_are_numbers_or_null(trained):
    text = canonical_lines(trained.validation.model_dump(mode="json")).decode()
    assert "NaN" not in text and "Infinity" not in text
    assert all(math.isfinite(n) for n in numbers(json.loads(text)))
