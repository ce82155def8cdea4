"""What a board does: own view, decision, follow-up, report; and what is kept of it."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from cds.report.board.decision import case_file
from cds.rulebook.load import load
from tests.app.session import SCOPE


def decide(
    app, kind: str = "option", option: str | None = "O01", reason: str = "Trial of the regimen", **other
):
    app.go("decision")
    app.at.radio(key=app.name("kind")).set_value(kind).run()
    if option:
        app.at.selectbox(key=app.name("named")).set_value(option).run()
    app.at.text_area(key=app.name("reason")).set_value(reason).run()
    app.at.multiselect(key=app.name("roles")).set_value(other.get("roles", ["medical oncology"])).run()
    if "held" in other:
        app.at.text_input(key=app.name("held")).set_value(other["held"]).run()
    return app.press("save_decision").well()


def work(app):
    return app.at.session_state["work"]


def test_a_decision_is_saved_with_its_reason_and_the_ranking_it_followed(app):
    decide(app.start().new(**SCOPE).rank())
    assert "Saved as version 1" in app.text
    content = work(app).saved.content
    assert content.decision.reason == "Trial of the regimen"
    assert content.ranking.rulebook_digest == load().digest
    assert content.own_view.skipped
    app.go("saved").well()
    assert "agrees" in app.text
    assert "1 of 1 (100" in app.text


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"kind": "option", "option": None}, "the option that is named"),
        ({"reason": "  "}, "a reason"),
        ({"roles": []}, "who took part, by role"),
        ({"held": "23.11.2026"}, "a date of the form"),
        ({"held": "2999-01-01"}, "does not lie in the future"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_saved(app, other, said):
    decide(app.start().new(**SCOPE).rank(), **other)
    assert "Nothing was saved" in app.text
    assert said in app.text
    assert work(app).saved is None


def test_agreeing_needs_a_reason_as_much_as_differing(app):
    decide(app.start().new(**SCOPE).rank(), kind="other_treatment", option=None, reason="")
    assert "a reason" in app.text
    decide(app, kind="other_treatment", option=None, reason="Regorafenib was never given")
    assert "Saved as version 1" in app.text
    assert "differs" in app.go("saved").text


def test_a_caution_on_the_named_option_needs_a_clinicians_word(app):
    app.start().example("hypertension low phosphate")
    decide(app)
    assert "a clinician&#39;s statement on" in app.text
    app.go("safety").well()
    for box in [box for box in app.at.text_input if box.key.startswith("statement_")]:
        box.set_value("Treated; to be looked at again").run()
    decide(app)
    assert "Saved as version 1" in app.text
    assert "Treated; to be looked at again" in work(app).saved.content.decision.statements.values()


def test_a_decision_is_never_edited_a_new_version_is_added(app):
    decide(app.start().new(**SCOPE).rank())
    decide(app, kind="deferred", option=None, reason="RB1 first")
    assert "Saved as version 2" in app.text
    from cds.store.cases import open_store

    history = open_store().history(work(app).saved.case_id)
    assert [version.content.decision.kind for version in history] == ["option", "deferred"]


def test_a_follow_up_is_kept_apart_from_the_decision(app):
    decide(app.start().new(**SCOPE).rank())
    app.at.radio(key="follow_realised").set_value("yes").run()
    app.at.radio(key="follow_course").set_value("stable").run()
    app.press("save_follow_up").well()
    assert "Saved as version 2" in app.text
    saved = work(app).saved.content
    assert saved.decision.reason == "Trial of the regimen"
    assert saved.follow_up[0].course == "stable"
    assert saved.follow_up[0].on == dt.datetime.now().astimezone().date()


@pytest.mark.parametrize("label", ["Anna Schmidt", "12.03.1987"])
def test_a_personal_label_is_held_back_until_somebody_says_it_is_a_pseudonym(app, label):
    app.start().new(label, **SCOPE).rank().go("decision")
    assert "The case label is held back" in app.text
    app.press("save_case")
    assert "The label is refused" in app.text
    app.at.checkbox(key=app.name("pseudonym")).check().run()
    app.press("save_case").well()
    assert "Saved as version 1" in app.text
    assert work(app).saved.content.is_pseudonym


def test_a_case_without_a_label_is_not_saved(app):
    app.start().new("", **SCOPE).rank().go("decision").press("save_case")
    assert "the label is empty" in app.text


@pytest.mark.usefixtures("stability")
def test_the_report_is_that_of_the_command_line_and_can_be_verified(app, tmp_path):
    from cds.report.verification import verify

    decide(app.start().new(**SCOPE).rank())
    path = tmp_path / "report.html"
    path.write_bytes(case_file(work(app).ranked.assessment, load(), "html"))
    assert verify(path, load()).reproduced
    assert {f"report_{form}" for form in ("html", "pdf", "docx", "md", "json", "fhir")} <= {
        button.key for button in app.at.get("download_button")
    }


@pytest.mark.usefixtures("stability")
def test_stability_tests_and_flips_are_shown(app):
    app.start().example()
    assert "out of 100" in app.text or "of 100" in app.text
    app.go("next_test").well()
    assert "No test of a tumour marker would change the first option" in app.text


# --- saved cases ------------------------------------------------------------------------------


def test_saved_cases_open_copy_and_delete(app):
    decide(app.start().new("OS-7", **SCOPE).rank())
    app.go("saved").press("copy_case")
    assert work(app).draft.label == ""
    assert work(app).draft.markers == SCOPE
    assert work(app).saved is None
    app.go("saved").press("open_case")
    assert work(app).draft.label == "OS-7"
    assert work(app).saved.number == 1
    app.go("saved")
    case_id = work(app).saved.case_id
    app.at.text_input(key=f"delete_{case_id}").set_value("os-7").run()
    app.press("delete_case")
    assert "Not deleted" in app.text
    app.at.text_input(key=f"delete_{case_id}").set_value("OS-7").run()
    app.press("delete_case").well()
    assert "No case is saved yet" in app.text
    assert "Deleted cases" in app.text
    assert "OS-7" not in app.text


def test_a_changed_rulebook_shows_the_answer_then_and_now(app, monkeypatch):
    from cds.rulebook.own_weights import with_weights

    decide(app.start().new("OS-7", **SCOPE, rb1_ihc="retained", cdk4_cn="amplified").rank())
    other = with_weights(load(), {"xeno": 8, "pdox": 8})
    monkeypatch.setattr("cds.load", lambda: other, raising=False)
    app.go("saved").well()
    assert "Answer then" in app.text
    assert "Answer now" in app.text
    assert "The rulebook or the software changed since" in app.text


def test_the_same_rulebook_and_answer_are_said_to_be_the_same(app):
    decide(app.start().new("OS-7", **SCOPE).rank())
    assert "The rulebook is the same, and so is the answer now" in app.go("saved").well().text


@pytest.mark.parametrize(
    "differs", [{"answer_differs": True}, {"first_differs": True}, {"not_read": ("Age: not read",)}]
)
def test_newer_software_that_answers_otherwise_is_not_called_the_same(app, monkeypatch, differs):
    from cds.comparison.changes import then_and_now

    def otherwise(*given):
        return dataclasses.replace(then_and_now(*given), **differs)

    decide(app.start().new("OS-7", **SCOPE).rank())
    monkeypatch.setattr("cds.comparison.changes.then_and_now", otherwise)
    app.go("saved").well()
    assert "so is the answer now" not in app.text
    assert "The software changed since" in app.text


def test_a_version_without_its_ranking_is_not_called_the_same(app, monkeypatch):
    decide(app.start().new("OS-7", **SCOPE).rank())
    monkeypatch.setattr("cds.store.cases.unpacked", lambda packed: "")
    assert "kept with this version can&#39;t be read" in app.go("saved").well().text


def test_the_log_is_checked_and_its_head_is_shown(app):
    decide(app.start().new(**SCOPE).rank())
    app.go("saved").press("verify")
    assert "1 lines and 1 versions are as they were written" in app.text
    assert "Head of the log" in app.text


def test_what_earlier_visits_left_goes_when_the_app_starts(app, tmp_path):
    from cds.intake.draft import Draft
    from cds.store.cases import open_store
    from cds.store.drafts import Drafts

    (tmp_path / "data" / "working-left").mkdir(parents=True)
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=15)
    Drafts(open_store()).keep(Draft("OS-OLD"), now=long_ago)
    assert "OS-OLD" not in app.start().well().text
    assert not Drafts(open_store()).list()
    assert not (tmp_path / "data" / "working-left").exists()


def test_a_draft_goes_when_the_case_is_saved(app):
    app.start().new(**SCOPE).rank()
    from cds.store.cases import open_store
    from cds.store.drafts import Drafts

    assert len(Drafts(open_store()).list()) == 1
    decide(app)
    assert not Drafts(open_store()).list()


def test_without_a_store_ranking_works_and_says_so(app, monkeypatch):
    monkeypatch.setenv("CDS_STORE_URL", "mysql://somewhere/cases")
    app.start()
    assert "Cases can&#39;t be kept" in app.text
    app.new(**SCOPE).rank().well()
    app.go("saved").well()
    assert "can&#39;t be opened" in app.text
    app.go("decision").press("save_case")
    assert "Nothing was saved" in app.text


# --- sign-in ----------------------------------------------------------------------------------


class Signed(dict):
    """Who signed in, as Streamlit tells it."""


@pytest.fixture
def signed(monkeypatch):
    def sign(email=None, verified=True):
        user = Signed(is_logged_in=bool(email), email=email, email_verified=verified)
        secrets = {
            "auth": {"client_id": "x"},
            "roles": {"edit": ["Edit@example.org"], "read": ["read@example.org"]},
        }
        monkeypatch.setattr("app.components.people._secret", lambda name: secrets.get(name, {}))
        monkeypatch.setattr("app.components.people.st.user", user)

    return sign


def test_with_a_sign_in_nobody_gets_in_without_it(app, signed):
    signed()
    app.at.run()
    assert "Please sign in" in app.text
    assert "RESEARCH ONLY" in app.text
    assert len(app.at.button) == 1


def test_somebody_without_a_role_gets_no_further(app, signed):
    signed("stranger@example.org")
    app.at.run()
    assert "no role here is yours" in app.text


def test_an_unverified_address_has_no_role(app, signed):
    signed("edit@example.org", verified=False)
    app.at.run()
    assert "no role here is yours" in app.text


def test_a_reader_ranks_but_saves_nothing(app, signed):
    signed("read@example.org")
    app.start().new(**SCOPE).rank().go("decision").press("save_case")
    assert "you may read here, but not save" in app.text


def test_an_editor_signs_what_is_saved(app, signed):
    signed("edit@example.org")
    app.start().new(**SCOPE).rank().go("decision").press("save_case").well()
    assert work(app).saved.saved_by == "edit@example.org"
