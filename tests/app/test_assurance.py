"""What the app owes to safety: the hazard log is shown, and no word of a patient leaves its pages."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.components.uploaded_cohort import rank_upload
from cds.assurance.hazards import hazards
from cds.rulebook.load import load
from tests.app.session import PAGES, ROOT, SCOPE, App
from tests.assurance.canary import Trace, watched
from tests.assurance.test_privacy import CANARY, DRUG, HEADER, ID, LABEL, NOTE, ROWS, VALUE, quiet


def test_the_model_card_shows_the_hazard_log(app):
    app.start().go("model").well()
    for hazard in hazards():
        assert f"{hazard.id} {hazard.title}" in unescape(app.text)
        assert hazard.residual in unescape(app.text)


def told(app: App, *, label: str = LABEL) -> App:
    """A case in which label, details and a drug are words that occur nowhere else."""
    app.start().new(label, **SCOPE, rb1_ihc="lost")
    app.at.selectbox(key=app.name("detail_of")).set_value(load().marker["rb1_ihc"]).run()
    app.at.text_input(key=app.name("detail_specimen_rb1_ihc")).set_value(NOTE).run()
    return app.rank().well()


def nothing_left(app: App, trace: Trace, data: Path) -> None:
    """No word of the patient outside of the store, and none in the page's address."""
    quiet(trace, data)
    assert CANARY not in trace.stdout
    assert CANARY not in str(dict(app.at.query_params))


def test_two_visits_share_nothing(app, tmp_path, monkeypatch):
    """The store is meant to be shared by those who may open it; here each visit has its own."""
    told(app)
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path / "other"))
    st.cache_resource.clear()
    other = App(AppTest.from_file(ROOT / "app" / "main.py", default_timeout=60)).start()
    for page in PAGES:
        assert CANARY not in other.go(page).well().text, page
    assert CANARY in app.go("ranking").text


def test_no_word_of_a_patient_leaves_any_page(app, tmp_path):
    with watched(tmp_path / "tmp") as trace:
        told(app)
        assert any(CANARY in app.go(page).well().text for page in PAGES), "the canary did not fly at all"
        app.go("decision").press("save_case").well()
        app.go("saved").well()
    nothing_left(app, trace, tmp_path / "data")


def test_a_value_that_is_refused_stays_on_its_page(app, tmp_path):
    with watched(tmp_path / "tmp") as trace:
        told(app).go("patient").enter("age", VALUE).press("rank")
        assert "No ranking was made" in app.text
    nothing_left(app, trace, tmp_path / "data")


@pytest.mark.parametrize("shared", [False, True])
def test_a_cohort_stays_in_its_visit(app, tmp_path, shared):
    """An upload leaves no file behind; only what is downloaded for the board names a patient."""
    (tmp_path / "tmp").mkdir()
    table = "\n".join([HEADER.removesuffix(",note"), *(row.rpartition(",")[0] for row in ROWS)]) + "\n"
    with watched(tmp_path / "tmp") as trace:
        found = rank_upload(f"{LABEL}.csv", table.encode(), load())
        app.start()
        app.at.session_state["cohort_found"] = found
        app.go("cohort").well().press("cohort_show").well()
        assert ID in app.text
        assert DRUG not in app.text
        given = found.report(load(), shared, "html")
    assert (ID.encode() in given) is not shared
    nothing_left(app, trace, tmp_path / "data")
