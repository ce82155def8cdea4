"""The models that ship: they load, they hold nobody, and they say what they can't say."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from cds.derivation import derive
from cds.risk.artefact import load_model, read_record
from cds.risk.card_text import card_markdown
from cds.risk.declaration import read_declaration
from cds.risk.external import is_training_data
from cds.risk.outcome import flow
from cds.risk.patients import from_rows
from cds.risk.resampling import problem_of, tuned
from cds.risk.training_data import read_training_set
from cds.rulebook.load import load

MODELS = Path(__file__).resolve().parents[2] / "models"
REAL = os.environ.get("CDS_REAL_DATA")
NAMES = ("target-os", "target-efs", "SIMULATED-regimen")
needs_real_data = pytest.mark.skipif(not REAL, reason="CDS_REAL_DATA names no folder of real study data")


@pytest.fixture(scope="module", params=NAMES)
def name(request) -> str:
    return str(request.param)


def test_it_loads_and_answers(name):
    model = load_model(MODELS / name, load())
    assert model.declaration.id == name
    assert np.isfinite(model.percent(model.background)).all()
    assert model.declaration.simulated == name.startswith("SIMULATED")


def test_its_declaration_is_the_one_it_was_trained_by(name):
    assert (
        read_declaration(MODELS / name / "declaration.yaml")
        == read_record(MODELS / name).manifest.declaration
    )


def test_its_card_is_the_one_the_run_makes(name):
    record = read_record(MODELS / name)
    card = (MODELS / name / "card.md").read_text(encoding="utf-8")
    assert card.startswith(
        card_markdown(record.manifest, record.validation, record.external).split("## Plots")[0]
    )
    assert card.count("| not available |") > 5


def test_no_file_holds_a_pickle_or_a_patient(name):
    for path in (MODELS / name).rglob("*"):
        assert path.suffix in {".json", ".md", ".svg", ".txt", ".yaml", ".skops"} or path.is_dir()
        if path.is_file():
            raw = path.read_bytes()
            assert not raw.startswith(b"\x80") and not re.search(rb"TARGET-40|SIM-\d{5}", raw)


def test_simulated_stands_on_everything_it_shows():
    folder = MODELS / "SIMULATED-regimen"
    record = read_record(folder)
    assert "SIMULATED" in record.manifest.declaration.outcome.words
    for path in folder.glob("figures/*.svg"):
        assert "SIMULATED" in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("model", ["target-os", "target-efs"])
def test_the_prognostic_models_claim_little(model):
    record = read_record(MODELS / model)
    assert record.manifest.declaration.points is None
    assert any("below 10" in warning for warning in record.validation.warnings)
    said = " ".join(record.manifest.declaration.cannot_say)
    assert "everolimus" in said and "relapse" in said
    assert not record.external and "outside: not available" in record.validity
    assert 0.6 < (record.validation.corrected["c_index"].value or 0) < 0.8


def test_more_risk_with_metastases_and_poor_response():
    model = load_model(MODELS / "target-os", load())
    base = {
        "metastasis_at_diagnosis": "no",
        "age_at_diagnosis": 15.0,
        "sex": "female",
        "map_response": "good",
    }
    rows = [base, base | {"map_response": "poor"}, base | {"metastasis_at_diagnosis": "yes"}]
    good, poor, metastatic = model.percent(from_rows(rows, ["age_at_diagnosis"]))
    assert good < poor < metastatic


def test_the_example_of_markers_is_told_beside_the_model():
    comparisons = {c.id: c for c in read_record(MODELS / "target-os").validation.comparisons}
    assert "would be refused" in str(comparisons["tumour_markers"].note)
    assert comparisons["tumour_markers"].external_c.startswith("0.56 quoted")
    card = (MODELS / "target-os" / "card.md").read_text(encoding="utf-8")
    assert "not computed by this run" in card


# --- with the real data ----------------------------------------------------------------------------


def target(name: str):
    book = load()
    declared = read_declaration(MODELS / name / "declaration.yaml")
    folder = Path(str(REAL)) / "os_target_discovery"
    return declared, read_training_set(folder, declared, book, lambda c: derive(c, book).columns)


@pytest.mark.real_data
@needs_real_data
@pytest.mark.parametrize(("model", "used", "events"), [("target-os", 86, 30), ("target-efs", 85, 42)])
def test_the_shipped_model_is_trained_again_to_the_same_numbers(model, used, events):
    """Reading, counting and fitting; the resampling is not repeated here."""
    declared, cohort = target(model)
    counted, rows = flow(cohort.seen, {}, declared.outcome.horizon_months)
    assert (counted.read, counted.no_follow_up, counted.used, counted.events) == (89, 1, used, events)
    shipped = load_model(MODELS / model, load())
    assert is_training_data(shipped, cohort)
    problem = problem_of(declared, declared.features, cohort.patients.take(rows), cohort.seen.take(rows))
    fitted, strength = tuned(problem, declared.plan.seed)
    assert strength == read_record(MODELS / model).validation.strength
    assert fitted.payload()["coef"] == pytest.approx(shipped.fitted.payload()["coef"], abs=1e-9)
    figures = problem.figures(fitted.risk(problem.x))
    assert figures["c_index"] == pytest.approx(
        read_record(MODELS / model).validation.apparent["c_index"].value, abs=1e-6
    )


@pytest.mark.real_data
@needs_real_data
@pytest.mark.parametrize("model", ["target-os", "target-efs"])
def test_no_value_of_a_real_patient_stands_in_the_model(model):
    """Neither ids, nor months of follow-up, nor exact ages, nor the risk of anybody."""
    _, cohort = target(model)
    text = " ".join(
        path.read_text(encoding="utf-8") for path in sorted((MODELS / model).glob("*.json")) if path.is_file()
    )
    assert not [name for name in cohort.patients.ids if name in text]
    numbers = set(re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])", text))
    times = {f"{t:g}" for t in cohort.seen.time if t == t and t != round(t, 1)}
    ages = {f"{a:g}" for a in cohort.patients.columns["age_at_diagnosis"] if a == a and a != round(a, 1)}
    assert len(times) > 40 and not numbers & times
    assert len(ages) > 40 and not numbers & ages
    assert json.loads((MODELS / model / "manifest.json").read_bytes())["training"]["digest"]


@pytest.mark.real_data
@needs_real_data
@pytest.mark.long
@pytest.mark.parametrize("model", ["target-os", "target-efs"])
def test_training_anew_gives_the_stored_validation(model):
    """Minutes: every resample again, figure by figure."""
    import datetime as dt

    from cds.risk.training import train

    declared, cohort = target(model)
    again = train(declared, cohort, load(), today=dt.date(2026, 11, 23)).validation
    stored = read_record(MODELS / model).validation
    for part in ("apparent", "corrected", "cross_validated"):
        for name, figure in getattr(stored, part).items():
            assert getattr(again, part)[name].value == pytest.approx(figure.value, abs=1e-4)
