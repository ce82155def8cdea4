"""Declarations, features and outcomes: what is missing stays missing, and nobody is lost silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from cds.errors import InputError
from cds.risk.declaration import Declaration, read_declaration
from cds.risk.features import Feature, encode, markers_of, names, required
from cds.risk.outcome import Outcome, flow, read_outcomes
from cds.risk.patients import as_rows, from_rows
from tests import toy_cohort

ROOT = Path(__file__).resolve().parents[2]
GIVEN = [
    {"gene": "lost", "signal_a": "high", "age": 50.0, "regimen": "T2"},
    {"gene": "intact", "age": 20.0, "regimen": "T4"},
    {"signal_a": "low", "age": None, "regimen": "T1"},
]


def patients():
    return from_rows(GIVEN, ["age"])


def feature(**more: object) -> Feature:
    base = {"id": "f", "label": "f", "marker": "signal_a", "any_of": ["high"], "missing": "native"}
    return Feature.model_validate(base | more)


def outcome(**more: object) -> Outcome:
    base = {
        "kind": "overall_survival", "event_words": "death", "counted_from": "diagnosis",
        "horizon_months": 12, "time": "t", "event": "e",
    }  # fmt: skip
    return Outcome.model_validate(base | more)


def test_a_value_a_cut_and_a_scale():
    assert feature().values(patients()).tolist()[:1] == [1.0]
    cut = feature(marker="age", any_of=[], at_least=40)
    assert cut.values(patients())[:2].tolist() == [1, 0]
    scaled = feature(marker="age", any_of=[], per=10, centre=40)
    assert scaled.values(patients())[:2].tolist() == [1, -2]


def test_unknown_is_neither_yes_nor_no():
    assert np.isnan(feature().values(patients())[1])
    assert np.isnan(feature(marker="age", any_of=[], at_least=40).values(patients())[2])


def test_an_indicator_says_what_is_not_known():
    x = encode([feature(missing="indicator")], patients())
    assert x.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert names([feature(missing="indicator")]) == ("f", "f_unknown")


def test_a_feature_of_some_regimens_is_zero_for_the_others():
    """Where it does not count it is 0, known or not; where it counts unknown stays unknown."""
    some = feature(options=["T2", "T4"])
    x = encode([some], patients())
    assert x[0, 0] == 1 and np.isnan(x[1, 0]) and x[2, 0] == 0
    assert markers_of([some]) == ("signal_a", "regimen")


def test_what_has_to_be_known_is_named():
    missing = required([feature(marker="gene", any_of=["lost"], missing="abstain")], patients())
    assert missing["gene"].tolist() == [False, False, True]


def test_rows_survive_the_way_there_and_back():
    again = as_rows(patients())
    assert again == [{k: v for k, v in row.items() if v is not None} for row in GIVEN]


@pytest.mark.parametrize(
    "wrong",
    [
        {"any_of": [], "at_least": None},
        {"at_least": 3},
        {"per": 0, "any_of": []},
        {"missing": "zero"},
        {"surprise": 1},
    ],
)
def test_a_feature_is_one_thing(wrong):
    with pytest.raises(ValidationError):
        feature(**wrong)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"estimand": "per_option"}, "points"),
        ({"simulated": "true"}, "SIMULATED"),
        ({"id": "SIMULATED-x"}, "SIMULATED"),
        ({"features": [*toy_cohort.FEATURES, toy_cohort.FEATURES[0]]}, "same id"),
        ({"version": "1"}, "version"),
        ({"features": []}, "features"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(wrong, word):
    with pytest.raises(ValidationError, match=word):
        toy_cohort.declared(**wrong)


def test_a_label_outcome_is_not_for_cox():
    label = {
        "kind": "progression", "event_words": "progression", "counted_from": "start",
        "horizon_months": 6, "label": "by6",
    }  # fmt: skip
    with pytest.raises(ValidationError, match="Cox"):
        toy_cohort.declared(outcome=label)
    assert toy_cohort.declared(outcome=label, estimator="logistic").outcome.columns == ("by6",)


def test_a_declaration_must_fit_the_rulebook():
    wrong = toy_cohort.declared(features=[{**toy_cohort.FEATURES[0], "any_of": ["gone"]}], comparisons=[])
    assert "is not a value" in str(next(iter(wrong.faults(toy_cohort.book()))))
    wrong = toy_cohort.declared(features=[{**toy_cohort.FEATURES[2], "marker": "gene"}], comparisons=[])
    assert "is a category" in str(next(iter(wrong.faults(toy_cohort.book()))))
    wrong = toy_cohort.declared(comparisons=[{"id": "x", "label": "x", "features": ["nothing"]}])
    assert "not a feature" in str(next(iter(wrong.faults(toy_cohort.book()))))


@pytest.mark.parametrize("name", ["target-os", "target-efs", "SIMULATED-regimen"])
def test_the_shipped_declarations_fit_the_rulebook(name):
    from cds.rulebook.load import load

    declared = read_declaration(ROOT / "models" / name / "declaration.yaml")
    assert declared.id == name and not list(declared.faults(load()))


def test_no_tumour_marker_enters_the_prognostic_models():
    from cds.rulebook.load import load

    book = load()
    for name in ("target-os", "target-efs"):
        declared = read_declaration(ROOT / "models" / name / "declaration.yaml")
        assert "tumour" not in {book.marker[marker].concern for marker in declared.markers}


def test_faults_of_a_declaration_carry_their_line(tmp_path):
    path = tmp_path / "d.yaml"
    path.write_text("id: x\nversion: '1'\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"d\.yaml:2"):
        read_declaration(path)


# --- outcomes --------------------------------------------------------------------------------------


def test_times_and_events_are_read_as_written():
    seen = read_outcomes(
        outcome(), {"t": ["1.5", "20", "", "0"], "e": ["1:DECEASED", "0:LIVING", "", "no"]}, "x"
    )
    assert seen.time[:2].tolist() == [1.5, 20] and np.isnan(seen.time[2]) and seen.time[3] == 0
    assert seen.event.tolist() == [True, False, False, False]


def test_days_become_months():
    seen = read_outcomes(outcome(time_unit="days"), {"t": ["365.25"], "e": ["1"]}, "x")
    assert seen.time[0] == pytest.approx(12)


def test_a_label_says_only_what_it_says():
    made = outcome(time=None, event=None, label="by12")
    seen = read_outcomes(made, {"by12": ["yes", "no", "NA"]}, "x")
    assert seen.time[0] == 12 and seen.time[1] > 12 and np.isnan(seen.time[2])


@pytest.mark.parametrize(
    ("time", "event"), [("-1", "1"), ("a", "1"), ("1e9", "0"), ("1", "2"), ("1", "dead")]
)
def test_a_bad_outcome_refuses_the_cohort(time, event):
    with pytest.raises(InputError, match="row 1"):
        read_outcomes(outcome(), {"t": [time], "e": [event]}, "x")


def test_the_flow_accounts_for_everybody():
    seen = read_outcomes(
        outcome(), {"t": ["", "0", "5", "6", "13", "20", "9"], "e": ["", "0", "1", "0", "1", "0", "1"]}, "x"
    )
    lost = {"age": np.array([False, False, False, False, False, False, True])}
    counted, kept = flow(seen, lost, 12)
    assert (counted.read, counted.no_outcome, counted.no_follow_up, counted.not_known) == (
        7,
        1,
        1,
        {"age": 1},
    )
    assert kept.tolist() == [2, 3, 4, 5]
    assert (counted.events, counted.events_by_horizon, counted.censored, counted.censored_before_horizon) == (
        2,
        1,
        2,
        1,
    )
    assert counted.read == counted.used + counted.no_outcome + counted.no_follow_up + 1
    assert "1 without age" in " ".join(counted.sentences())


# --- cohort files ----------------------------------------------------------------------------------


def read(tmp_path: Path, lines: list[str], declaration: Declaration | None = None):
    path = tmp_path / "cohort.csv"
    path.write_text("\n".join([toy_cohort.HEADER, *lines]) + "\n", encoding="utf-8")
    return toy_cohort.cohort(path, declaration or toy_cohort.declared())


def test_a_cohort_file_is_read_with_derived_markers(tmp_path):
    wide = toy_cohort.HEADER.replace("regimen,", "")
    path = tmp_path / "c.csv"
    path.write_text(f"{wide}\nA,30,lost,high,low,100,3.0,1\n", encoding="utf-8")
    found = toy_cohort.cohort(path, toy_cohort.declared())
    assert found.patients.columns["gene"].tolist() == ["lost"]
    assert found.seen.time.tolist() == [3.0] and set(found.files) == {"c.csv"}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("A,30,lost,high,low,100,T1,3", "cells where the header"),
        ("A,x,lost,high,low,100,T1,3,1", "not a number"),
        ("A,30,gone,high,low,100,T1,3,1", "is not a value"),
        (",30,lost,high,low,100,T1,3,1", "id is empty"),
        ("A,30,lost,high,low,100,T9,3,1", "not an option"),
        ("A,30,lost,high,low,100,T1,x,1", "time is not a number"),
    ],
)
def test_one_doubtful_row_refuses_the_training_cohort(tmp_path, line, word):
    with pytest.raises(InputError, match=word):
        read(tmp_path, [line], toy_cohort.per_option())


def test_two_rows_with_one_id_refuse_it(tmp_path):
    with pytest.raises(InputError, match="same id"):
        read(tmp_path, ["A,30,lost,high,low,100,T1,3,1"] * 2, toy_cohort.per_option())


def test_a_cohort_without_the_outcome_is_refused(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("id,gene_dna\nA,lost\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column `months`"):
        toy_cohort.cohort(path, toy_cohort.declared())


def test_words_that_tell_nothing_count_as_not_known(tmp_path):
    declared = toy_cohort.per_option(tells_nothing={"signal_a": ["low"]})
    found = read(tmp_path, ["A,30,lost,low,low,100,T1,3,1", "B,30,lost,high,low,100,T1,3,1"], declared)
    assert found.patients.columns["signal_a"].tolist() == [None, "high"]
