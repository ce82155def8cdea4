"""Start: what this is, and ways into a case."""

from __future__ import annotations

import streamlit as st

from app.components import case_file, people, words
from app.components.blocks import note, show
from cds.document.blocks import Items
from cds.intake.draft import Draft


def page() -> None:
    """Ways into a case, then three lines on what this is and three on what it is not."""
    st.title(words.TITLE)
    case_file.offer_drafts()
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Begin")
        with st.container(horizontal=True, gap="small"):
            if st.button("New case", type="primary", key="new_case"):
                case_file.open_draft(Draft(), "A new case: every marker is not tested or not entered.")
            if st.button("Open a saved case", key="to_saved"):
                st.switch_page("screens/saved.py")
            if st.button("Rank a cohort", key="to_cohort"):
                st.switch_page("screens/cohort.py")
    with right:
        st.header("Try an example")
        case_file.choose_example("start")
    left, right = st.columns(2, gap="large")
    with left:
        st.header("What it is")
        show(Items(words.IT_IS))
    with right:
        st.header("What it is not")
        show(Items(words.IT_IS_NOT))
    _store()


def _store() -> None:
    if people.store() is None:
        note("Cases can't be kept: the case store can't be opened. Ranking works all the same.", "caution")
        st.text(st.session_state.get("store_refused", ""))


page()
