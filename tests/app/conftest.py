"""The app in a test: one session, a data folder of its own."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.app.session import ROOT, App


@pytest.fixture
def app(tmp_path, monkeypatch, request) -> App:
    """Trying other weights and tests takes most of the time of a ranking: only where it is asked for."""
    if "stability" not in request.fixturenames:
        monkeypatch.setattr("cds.with_robustness", lambda assessment, *_: assessment, raising=False)
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("CDS_STORE_URL", raising=False)
    st.cache_resource.clear()
    return App(AppTest.from_file(ROOT / "app" / "main.py", default_timeout=60))


@pytest.fixture
def stability() -> None:
    """Asks for a whole ranking."""
