"""The app's entry: `streamlit run app/main.py`. Frame, navigation, and a guard around each page."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from app.components import frame, words
from cds import CdsError

HERE = Path(__file__).resolve().parent
PAGES = (
    ("pages/patient.py", "1 Patient", None),
    ("pages/ranking.py", "3 Ranking", "ranking"),
)


def main() -> None:
    """Draw the frame and run the page that was asked for."""
    st.set_page_config(
        page_title=words.TITLE, page_icon=str(HERE / "components" / "icon.png"), layout="wide"
    )
    st.html(HERE / "components" / "style.css")
    pages = [
        st.Page(HERE / path, title=title, url_path=url, default=url is None) for path, title, url in PAGES
    ]
    chosen = st.navigation(pages, expanded=True)
    try:
        frame.banner()
        chosen.run()
    except CdsError as refused:
        frame.refusal(refused)
    except Exception as error:
        frame.fault(error, sys.stderr)


main()
