"""What if, other weights, loading a case, cohort, evidence, models."""

from __future__ import annotations

import json

import pytest

from cds.report.rulebook.tables import rulebook_table
from cds.rulebook.load import load
from tests.app.session import ROOT, SCOPE

READ = {"age": "34", "platelets": {"value": "210", "unit": "10^3/uL"}}
EXAMPLES = sorted((ROOT / "examples" / "patients").glob("*.yaml"))


def work(app):
    return app.at.session_state["work"]


# --- what if ----------------------------------------------------------------------------------


def test_what_if_changes_a_copy_and_says_what_would_follow(app):
    app.start().new(**SCOPE, rb1_ihc="retained").rank().go("what_if").well()
    assert "WHAT IF: not the patient&#39;s data" in app.text
    assert "Nothing is changed yet" in app.text
    app.at.selectbox(key="what_if_marker").set_value(load().marker["rb1_ihc"]).run()
    app.at.radio(key=app.name("w_rb1_ihc")).set_value("lost").run()
    app.well()
    assert "everolimus + palbociclib" in app.text
    assert "would be excluded" in app.text
    assert "because" in app.text
    assert work(app).draft.markers["rb1_ihc"] == "retained"
    assert not list(app.at.get("download_button"))
    app.press("what_if_reset")
    assert "Nothing is changed yet" in app.text


def test_what_if_is_never_saved(app):
    app.start().new(**SCOPE).rank().go("what_if")
    app.at.selectbox(key="what_if_marker").set_value(load().marker["age"]).run()
    app.at.text_input(key=app.name("w_age")).set_value("15").run()
    app.go("decision").press("save_case")
    assert work(app).saved.content.markers["age"] == "34"


def test_a_value_that_cannot_be_read_gives_no_order(app):
    app.start().new(**SCOPE).rank().go("what_if")
    app.at.selectbox(key="what_if_marker").set_value(load().marker["age"]).run()
    app.at.text_input(key=app.name("w_age")).set_value("12,5").run()
    assert "no order is shown" in app.text


def test_weights_can_be_tried_within_their_order_and_the_result_is_marked(app):
    app.start().new(**SCOPE).rank().go("what_if")
    app.at.segmented_control(key="what").set_value("Other weights").run()
    assert "These are the declared weights" in app.text
    app.at.text_input(key=app.name("weight_missed")).set_value("20").run()
    app.well()
    assert "YOUR WEIGHTS" in app.text
    assert "checked, your weights" in app.text
    app.at.text_input(key=app.name("weight_missed")).set_value("1").run()
    assert "must not weigh less than" in app.text
    app.at.text_input(key=app.name("weight_missed")).set_value("ten").run()
    assert "is not a whole number" in app.text
    app.press("weights_reset")
    assert "These are the declared weights" in app.text
    assert "your weights" not in app.go("ranking").text


# --- load a case ------------------------------------------------------------------------------


def paste(app, text: str):
    app.start().go("patient")
    app.at.text_area(key="case_paste").set_value(text).run()
    return app.press("case_read")


@pytest.mark.parametrize(
    "text",
    [
        "id: OS-1\nmarkers:\n  age: 34\n  platelets: {value: 210, unit: 10^3/uL}\n",
        json.dumps({"id": "OS-1", "markers": READ}),
        "id,age (years),platelets (10^3/uL)\nOS-1,34,210\n",
    ],
)
def test_a_case_is_read_from_yaml_json_and_one_row_csv(app, text):
    paste(app, text).well()
    assert work(app).draft.label == "OS-1"
    assert work(app).draft.markers == READ


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: OS-1\nmarkers:\n  agee: 34\n", "agee"),
        ("id: OS-1\nmarkers:\n  age: thirty\n", "is not a number"),
        ('{"id": "OS-1", "markers": {"age": 1, "age": 2}}', "appears twice"),
        ("id,age (years)\nOS-1,34\nOS-2,35\n", "has 2 rows"),
        ("id,age (years)\nOS-1,34,35\n", "cells where the header has"),
        ("a: &x 1\nb: *x\n", "anchors"),
    ],
)
def test_a_case_that_cannot_be_read_is_refused_whole(app, text, said):
    paste(app, text).well()
    assert said in app.text
    assert "Nothing was taken over" in app.text
    assert work(app).draft.markers == {}


def test_every_example_ranks(app):
    app.start()
    for path in EXAMPLES:
        app.example(path.stem).well()
        assert work(app).ranked is not None, path.stem


# --- cohort, evidence, models -----------------------------------------------------------------


def test_a_cohort_is_checked_first_and_then_ranked(app):
    from app.components.uploaded_cohort import rank_upload

    app.start()
    raw = (ROOT / "examples" / "cohort.csv").read_bytes()
    app.at.session_state["cohort_found"] = rank_upload("cohort.csv", raw, load())
    app.go("cohort").well()
    assert "60 rows read, 60 can be ranked, 0 are refused" in app.text
    assert "Patients one by one" not in app.text
    app.press("cohort_show").well()
    assert "Patients one by one" in app.text
    assert "INVENTED-0000001" in app.text


@pytest.mark.parametrize("shelf", ["claims", "markers", "options", "rules", "sources"])
def test_evidence_lists_every_entry_and_tells_each(app, shelf):
    app.start().go("evidence")
    app.at.segmented_control(key="shelf").set_value(shelf).run()
    app.well()
    table = rulebook_table(load(), shelf)
    assert f"of {len(table.rows)}" in app.text
    chooser = app.at.selectbox(key=f"entry_{shelf}")
    for name in [table.rows[0][0], table.rows[len(table.rows) // 2][0], table.rows[-1][0]]:
        chooser.set_value(name).run()
        app.well()


def test_the_ledger_starts_with_what_did_not_stand_and_counts_all(app):
    app.start().go("evidence")
    assert "154 claims: 18 contradicted, 10 inconsistent, 27 partly, 76 unchecked, 23 confirmed." in app.text
    assert "✕ CONTRADICTED" in app.text
    assert "● CONFIRMED" not in app.text


def test_every_entry_of_the_rulebook_can_be_told():
    from cds.report.rulebook.entry import rulebook_detail
    from cds.report.rulebook.tables import SHELVES

    for shelf in SHELVES:
        for row in rulebook_table(load(), shelf).rows:
            assert list(rulebook_detail(load(), shelf, row[0])), (shelf, row[0])


def test_no_model_unless_one_is_chosen_and_both_orders_then(app):
    from app.components.models import model_titles

    app.start().example()
    titles = model_titles()
    if not titles:
        pytest.skip("no risk model is on the shelf")
    assert "No risk model was used" in app.text
    for name in titles:
        app.at.selectbox(key=app.name("risk_model")).set_value(name).run()
        app.well()
        assert work(app).ranked.assessment.model.id in name
        assert "cannot" in app.text or "can&#39;t" in app.text
    app.at.selectbox(key=app.name("risk_model")).set_value("").run()
    assert work(app).ranked.assessment.model is None
    app.go("model").well()


def test_a_broken_model_is_refused_and_the_ranking_stands(app, monkeypatch):
    from cds.errors import InputError

    def broken():
        raise InputError("The risk model is refused", ["its digest differs"])

    app.start().example()
    monkeypatch.setattr("app.components.models.model_titles", broken)
    app.at.run()
    app.well()
    assert "its digest differs" in app.text
    assert "Both policies put the same option first" in app.text
