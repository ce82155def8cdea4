"""The app's entry: `streamlit run app/main.py`. Frame, navigation, and a guard around each page."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

import streamlit as st

import cds
from app.components import frame, people, words
from app.components.work import book
from cds.errors import CdsError
from cds.hosting.settings import REQUIRED_SETTINGS, settings_faults

HERE = Path(__file__).resolve().parent
#: File, title and address of each page; the first one stands at `/`.
PAGES = (
    ("start", "Start", None),
    ("patient", "1 Patient", "patient"),
    ("safety", "2 Safety", "safety"),
    ("ranking", "3 Ranking", "ranking"),
    ("why", "4 Why", "why"),
    ("what_if", "5 What if", "what-if"),
    ("next_test", "6 Next test", "next-test"),
    ("decision", "7 Decision and report", "decision"),
    ("evidence", "Evidence", "evidence"),
    ("cohort", "Cohort", "cohort"),
    ("saved", "Saved cases", "saved"),
    ("model", "Model card", "model"),
)


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Read the rulebook and open the store while the first visitor reads the statement."""
    Thread(target=_warm, daemon=True).start()


def _warm() -> None:
    """What fails here fails again, and is told, where it is needed."""
    with suppress(Exception):
        cds.load()
        cds.case_document, cds.with_robustness  # noqa: B018 - imports them
        people.store()


def main() -> None:
    """Draw the frame and run the page that was asked for."""
    icon = str(HERE / "components" / "icon.png")
    st.set_page_config(page_title=words.TITLE, page_icon=icon, layout="wide")
    st.logo(str(HERE / "components" / "logo.svg"), size="large", icon_image=icon)
    st.html(HERE / "components" / "style.css")
    pages = {
        name: st.Page(
            HERE / "screens" / f"{name}.py",
            title=title + frame.mark(name),
            url_path=url,
            default=url is None,
        )
        for name, title, url in PAGES
    }
    chosen = st.navigation(list(pages.values()), expanded=True)
    name = next(name for name, page in pages.items() if page is chosen)
    try:
        faults = settings_faults({key: st.get_option(key) for key in REQUIRED_SETTINGS}, people.signs_in())
        if faults:
            raise CdsError("The app does not start with these settings", faults)
        if not people.gate():
            frame.research_line()
            return
        if not frame.statement():
            warm_up()
            return
        book(fresh=True)
        frame.sidebar()
        frame.banner(name)
        chosen.run()
        frame.footer()
    except CdsError as refused:
        frame.refusal(refused)
    except Exception as error:
        frame.fault(error, sys.stderr)


main()
