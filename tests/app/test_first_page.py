"""The form is the rulebook's, and the ranking page shows the case document."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path))
    return AppTest.from_file(MAIN, default_timeout=60).run()


def test_every_marker_that_can_be_entered_has_a_field_and_nothing_is_preselected(app):
    from cds import entered, load

    radios = {radio.key.rsplit("_", 1)[0]: radio for radio in app.radio}
    texts = {text.key.rsplit("_", 1)[0]: text for text in app.text_input}
    lists = {choice.key.rsplit("_", 1)[0]: choice for choice in app.multiselect}
    for marker in entered(load()):
        name = f"m_{marker.id}"
        if marker.type == "category":
            assert radios[name].value == "", marker.id
        elif marker.type == "number":
            assert texts[name].value == "", marker.id
            assert marker.unit is None or marker.unit in texts[name].label
        else:
            assert lists[name].value == []


def test_ranking_shows_the_document(app):
    app.text_input(key="m_age_0").set_value("34").run()
    app.radio(key="m_histology_0").set_value("high_grade_conventional").run()
    app.radio(key="m_prior_map_0").set_value("relapsed").run()
    app.radio(key="m_resectability_0").set_value("unresectable").run()
    app.button(key="rank").click().run()
    assert not app.exception
    app.switch_page("pages/ranking.py").run()
    assert not app.exception
    assert "Ranked options" in [header.value for header in app.header]
