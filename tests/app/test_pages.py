"""Every page in every state: no case, nothing tested, ranked, changed, refused, meeting mode."""

from __future__ import annotations

import pytest

from cds.rulebook.load import load
from tests.app.session import PAGES, SCOPE


@pytest.mark.parametrize("page", PAGES)
def test_every_page_without_a_case(app, page):
    app.start().go(page).well()
    assert app.at.title[0].value
    assert "RESEARCH ONLY: not for treatment decisions" in app.text
    if page in ("safety", "ranking", "why", "what_if", "next_test", "decision"):
        assert "No case is ranked yet" in app.text


def test_every_page_with_a_ranked_case(app):
    app.start().example()
    for page in PAGES:
        app.go(page).well()
        assert "RESEARCH ONLY" in app.text
        has_case = "typical-adult</dd>" in app.text
        assert has_case == (page not in ("evidence", "cohort", "saved", "model")), page


def test_the_statement_is_read_once_per_visit(app):
    app.at.run()
    assert "No medical device" not in app.text
    assert [button.key for button in app.at.button] == ["accept"]
    app.press("accept")
    assert "new_case" in app.keys


def test_nothing_tested_is_said(app):
    app.start().new().press("rank")
    assert "No marker is tested or entered" in app.text
    app.go("ranking").press("own_skip")
    assert "No answer: histology, line of therapy or resectability is not known" in app.text
    assert "No tumour marker is tested" in app.text
    app.example("rb1 lost").well()
    assert "No tumour marker is tested" not in app.text


GATES = [
    ({"age": "15"}, "paediatric"),
    ({"prior_map": "not_given"}, "standard therapy is recorded as not given"),
    ({"histology": "low_grade"}, "outside the scope"),
    ({"resectability": "resectable"}, "resectable"),
]


@pytest.mark.parametrize(("other", "said"), GATES)
def test_gates_name_no_option_and_say_why(app, other, said):
    app.start().new(**{**SCOPE, **other}).rank().well()
    ranked = app.at.session_state["work"].ranked.assessment.policy("checked").ranked()
    assert not any(option.status != "hypothesis" for option in ranked)
    assert said in app.text or said == "paediatric"
    assert "can be named for discussion" not in app.text
    assert "Choices without everolimus" in app.text


def test_under_the_age_of_the_trial_a_paediatric_board_is_named(app):
    app.start().example("adolescent 14")
    assert "Paediatric board" in app.text
    app.example("typical adult").well()
    assert "Paediatric board" not in app.text


def test_a_stop_stands_under_not_ranked_with_its_reason(app):
    app.start().example("pregnant").well()
    assert "■ STOP" in app.text
    assert "excluded" in app.text
    app.go("safety").well()
    assert "■ STOP" in app.text


def test_without_a_stop_there_is_no_stop_tag(app):
    app.start().example("typical adult")
    assert "STOP" not in app.go("ranking").text


def test_a_stop_on_options_that_are_refused_anyway_is_told_as_such(app):
    app.start().example("typical adult")
    assert "O11, refused anyway" in app.go("safety").text


def test_a_contradiction_is_a_caution_and_both_values_stay(app):
    app.start().example("pten conflict").well()
    assert "Contradictory entries" in app.text


# --- changed, faults --------------------------------------------------------------------------


def test_a_change_after_the_ranking_is_said_with_the_time_of_the_ranking(app):
    app.start().new(**SCOPE).rank().go("patient").enter("age", "35").go("ranking").well()
    assert "The form was changed after this ranking" in app.text
    app.go("decision")
    assert "Rank again on page 1" in app.text
    assert "save_decision" not in app.keys
    app.go("patient").rank().go("ranking")
    assert "The form was changed" not in app.text


def test_a_fault_takes_the_old_ranking_away(app):
    app.start().new(**SCOPE).rank().go("patient").enter("age", "old").press("rank")
    assert "No ranking was made" in app.text
    assert "Diagnosis and line of therapy" in app.text
    app.go("ranking")
    assert "No case is ranked yet" in app.text


def test_an_internal_fault_shows_a_code_and_no_value(app, monkeypatch, capsys):
    app.start().new("CANARY-LABEL", **SCOPE)

    def broken(*_args, **_more):
        raise RuntimeError("CANARY-VALUE 34")

    monkeypatch.setattr("cds.assess", broken, raising=False)
    app.press("rank")
    assert "could not be made" in app.text
    assert "E-RuntimeError" in app.text
    assert "CANARY-VALUE" not in app.text
    told = capsys.readouterr()
    assert "E-RuntimeError" in told.err
    assert "CANARY" not in told.err + told.out


def test_a_bad_rulebook_stops_every_page(app, monkeypatch):
    from cds.errors import CdsError

    def refuse(*_args):
        raise CdsError("3 problems in rules/")

    monkeypatch.setattr("cds.load", refuse, raising=False)
    app.start()
    assert "3 problems in rules/" in app.text
    assert not app.at.button


def test_settings_that_are_not_safe_stop_every_page(app, monkeypatch):
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else real(name))  # noqa: S104
    app.at.run()
    assert "The app does not start with these settings" in app.text
    assert "other machines could open the app" in app.text


# --- meeting mode -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["ranking", "why", "what_if", "next_test", "decision"])
def test_in_meeting_mode_the_ranking_stays_folded_until_the_board_has_spoken(app, page):
    app.start().example(unfold=False)
    assert "ranks first" not in app.text
    app.go(page)
    assert "ranks first" not in app.text
    assert "Ranked options" not in app.text
    app.press("own_keep")
    assert "Choose an option or write a word first" in app.text
    app.at.text_input(key="own_text").set_value("regorafenib").run()
    app.press("own_keep").well()
    assert "The board&#39;s own view first" not in app.text
    view = app.at.session_state["work"].own_view
    assert view.text == "regorafenib"
    assert view.at.endswith("Z")


def test_meeting_mode_can_be_switched_off_and_the_switch_is_kept_with_the_case(app):
    app.start()
    app.at.toggle(key="meeting").set_value(False).run()
    app.example(unfold=False).go("ranking")
    assert "Ranked options" in app.text
    app.go("decision").press("save_case")
    assert "Saved as version 1" in app.text
    assert app.at.session_state["work"].saved.content.meeting is False


# --- policies, links --------------------------------------------------------------------------


def test_both_policies_are_shown_and_the_switch_is_said_in_words(app):
    app.start().example("sorafenib progressed")
    assert "Policy</dt><dd>checked" in app.text
    app.at.segmented_control(key="policy").set_value("as_published").run()
    app.well()
    assert "as published, includes 18 contradicted claims" in app.text
    assert "Ranked options, as published" in app.text
    assert "including 18 we found wrong and 76 we could not check" in app.text
    assert "as published minus checked" in app.text


def test_a_link_with_nonsense_shows_the_default_and_says_so(app):
    app.start(policy="Nonsense", option="O99")
    app.well()
    assert app.at.session_state["policy"] == "checked"
    app.example().go("why").well()
    assert app.at.selectbox(key="option").value == "O01"


def test_why_tells_every_option_under_both_policies(app):
    app.start().example("typical adult").go("why")
    for policy in ("checked", "as_published"):
        app.at.segmented_control(key="policy").set_value(policy).run()
        for option in load().options:
            app.at.selectbox(key="option").set_value(option.id).run()
            app.well()
            assert f"{option.label}" in [header.value for header in app.at.header]


def test_the_banner_says_whose_case_it_is(app):
    app.start().example().go("why")
    banner = next(e.proto.body for e in app.at.get("html") if '<dl class="cds-band">' in e.proto.body)
    for word in ("typical-adult", "31\u00a0years", "relapsed later", "0 of", "checked"):
        assert word in banner
