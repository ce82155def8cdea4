"""The form is the rulebook's: every marker, not tested by default, numbers read by our own grammar."""

from __future__ import annotations

import shutil

import pytest

from cds.intake.draft import Draft
from cds.intake.template import entered
from cds.rulebook.load import load
from cds.store.cases import open_store
from cds.store.drafts import Drafts
from cds.wording import printed
from tests.app.session import ROOT, SCOPE


def test_every_marker_that_can_be_entered_has_a_field_and_nothing_is_preselected(app):
    app.start().new()
    assert app.text.count('<p class="cds-count">') > 20
    assert 'class="cds-count cds-some"' not in app.text
    app.unfold()
    at = app.at
    radios = {radio.key: radio for radio in at.radio}
    texts = {text.key: text for text in at.text_input}
    lists = {choice.key: choice for choice in at.multiselect}
    for marker in entered(load()):
        key = app.name(f"m_{marker.id}")
        if marker.type == "category":
            assert radios[key].value == "", marker.id
            nothing = "Not tested" if marker.concern == "tumour" else "Not entered"
            assert radios[key].options == [nothing, *marker.values.values()]
        elif marker.type == "number":
            assert texts[key].value == "", marker.id
            assert marker.unit is None or f"({printed(marker.unit)})" in texts[key].label
        else:
            assert lists[key].value == []
    app.well()


def test_the_heading_of_a_group_stays_while_its_fields_are_filled(app):
    """A heading that changed would make the group anew, and take the focus from whoever types."""
    app.start().new()
    before = [group.label for group in app.at.expander]
    app.enter("histology", "high_grade_conventional")
    assert [group.label for group in app.at.expander] == before
    assert "Diagnosis and line of therapy: </span>1 of 4" in app.text


def test_a_marker_added_in_yaml_appears_in_the_form(app, tmp_path, monkeypatch):
    rules = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", rules)
    (rules / "markers" / "test_only.yaml").write_text(
        "- id: test_only_marker\n  ref: DECISIONS\n  label: A marker of this test\n  group: bone\n"
        "  concern: tumour\n  type: category\n  values: {high: high, low: low}\n  help: Only here.\n"
        "  unread: record_only\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("cds.rulebook.load.rules_folder", lambda: rules)
    app.start().new().unfold()
    radio = next(radio for radio in app.at.radio if radio.key == app.name("m_test_only_marker"))
    assert radio.label == "A marker of this test"
    assert radio.options == ["Not tested", "high", "low"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("99999", "is outside"),
        ("12,5", "Write a decimal point"),
        ("-1", "is outside"),
        ("<5", "Limits can&#39;t be compared"),
        ("1 000", "without spaces"),
        ("９０", "is not a number"),
        ("1e309", "is outside"),
        ("abc", "is not a number"),
    ],
)
def test_a_number_that_cannot_be_read_says_what_was_read_and_is_never_used(app, typed, said):
    app.start().new(**SCOPE, platelets=typed)
    assert said in app.text, app.text[-600:]
    assert "Not used" in app.text
    app.press("rank")
    assert "No ranking was made" in app.text
    assert app.at.session_state["work"].ranked is None
    assert app.at.text_input(key=app.name("m_platelets")).value == typed


@pytest.mark.parametrize(("typed", "shown"), [("88.5", "88.5\u00a0×10⁹/L"), ("210", "210\u00a0×10⁹/L")])
def test_a_number_is_read_back_as_it_was_typed(app, typed, shown):
    app.start().new(**SCOPE, platelets=typed).press("rank")
    assert shown in app.text
    assert app.at.text_input(key=app.name("m_platelets")).value == typed


def test_an_emptied_number_is_not_tested_again(app):
    app.start().new(platelets="210").enter("platelets", "")
    assert "platelets" not in app.at.session_state["work"].draft.markers


def test_another_unit_is_chosen_never_guessed(app):
    app.start().new(**SCOPE, bilirubin="17")
    app.at.radio(key=app.name("m_unit_bilirubin")).set_value("umol/L").run()
    app.press("rank")
    assert "17\u00a0µmol/L" in app.text
    assert "0.994\u00a0mg/dL" in app.text


def test_a_fraction_for_a_percent_is_not_used_until_it_is_confirmed(app):
    app.start().new(**SCOPE, necrosis="0.9")
    assert "looks like a fraction" in app.text
    app.at.checkbox(key=app.name("m_confirm_necrosis")).check().run()
    (kept,) = Drafts(open_store()).list()
    assert kept.draft.details("necrosis") == {"flag": "confirmed"}
    app.press("rank")
    assert "0.9\u00a0%" in app.text


@pytest.mark.parametrize(("said", "shown"), [("before therapy", "before"), ("after", "after"), ("", "")])
def test_the_timing_a_file_gave_is_shown_in_the_form(app, said, shown):
    app.start().new()
    app.at.session_state["work"].draft = Draft("OS-1", {"pten_ihc": {"value": "lost", "timing": said}})
    app.at.run()
    assert app.at.selectbox(key=app.name("detail_timing_pten_ihc")).value == shown


def test_drugs_are_chosen_by_name_with_their_outcome(app):
    app.start().new(**SCOPE).unfold()
    app.at.multiselect(key=app.name("m_prior_drugs")).set_value(["sorafenib", "regorafenib"]).run()
    app.at.radio(key=app.name("m_outcome_sorafenib_prior_drugs")).set_value("progressed").run()
    app.press("rank")
    assert "sorafenib (progressed)" in app.text
    assert "regorafenib" in app.text


def test_no_drug_is_a_word_of_its_own(app):
    app.start().new(**SCOPE).unfold()
    app.at.multiselect(key=app.name("m_current_drugs")).set_value(["none"]).run()
    assert app.at.session_state["work"].draft.markers["current_drugs"] == "none"


def test_details_stand_beside_a_value(app):
    app.start().new(**SCOPE, rb1_ihc="lost")
    app.at.selectbox(key=app.name("detail_of")).set_value(load().marker["rb1_ihc"]).run()
    app.at.text_input(key=app.name("detail_specimen_rb1_ihc")).set_value("lung metastasis").run()
    app.at.text_input(key=app.name("detail_date_rb1_ihc")).set_value("03/04/2026").run()
    assert "not of the form 2026-11-23" in app.text
    app.at.text_input(key=app.name("detail_date_rb1_ihc")).set_value("2026-04-03").run()
    app.rank()
    details = next(
        v for v in app.at.session_state["work"].ranked.assessment.entered if v.marker == "rb1_ihc"
    ).details
    assert details == {"specimen": "lung metastasis", "date": "2026-04-03"}


def test_search_and_filter_show_what_was_asked_for_and_lose_nothing(app):
    app.start().new(**SCOPE, platelets="210")
    app.at.text_input(key="find_marker").set_value("RB1 inner control").run()
    assert {radio.key for radio in app.at.radio if radio.key.startswith("m_rb1")} == {app.name("m_rb1_ihc")}
    app.at.text_input(key="find_marker").set_value("").run()
    assert app.at.text_input(key=app.name("m_platelets")).value == "210"
    app.at.toggle(key="only_entered").set_value(True).run()
    shown = {radio.key for radio in app.at.radio if radio.key.startswith("m_")}
    assert app.name("m_histology") in shown
    assert app.name("m_rb1_ihc") not in shown


def test_a_folded_group_keeps_its_values(app):
    app.start().new(**SCOPE, rb1_ihc="lost")
    app.at.toggle(key="all_open").set_value(False).run()
    assert app.name("m_rb1_ihc") not in app.keys
    app.press("rank")
    assert "lost, with a positive inner control" in app.text
