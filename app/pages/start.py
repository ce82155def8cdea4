"""Start: what this is, and ways into a case."""

from __future__ import annotations

import streamlit as st

from app.components import case_file, people, words
from app.components.blocks import note, show
from app.components.work import clock, work
from cds import Draft, Items


def page() -> None:
    """Three lines on what it is, three on what it is not, and five ways to go on."""
    st.title(words.TITLE)
    left, right = st.columns(2, gap="large")
    with left:
        st.header("What it is")
        show(Items(words.IT_IS))
    with right:
        st.header("What it is not")
        show(Items(words.IT_IS_NOT))
    st.header("Begin")
    _drafts()
    with st.container(horizontal=True, gap="small"):
        if st.button("New case", type="primary", key="new_case"):
            case_file.open_draft(Draft(), "A new case: every marker is not tested or not entered.")
        if st.button("Open a saved case", key="to_saved"):
            st.switch_page("pages/saved.py")
        if st.button("Rank a cohort", key="to_cohort"):
            st.switch_page("pages/cohort.py")
    st.subheader("Try an example")
    case_file.choose_example("start")
    _store()


def _drafts() -> None:
    kept = [draft for draft in case_file.drafts() if draft.id != work().draft_id]
    if not kept:
        return
    note("A form that was not saved as a case is kept for two weeks.", "monitor")
    for draft in kept:
        label = draft.draft.label or "not labelled"
        words_ = f"Continue the draft of {clock(draft.updated_at)} ({len(draft.draft.markers)} values)"
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(words_, key=f"draft_{draft.id}"):
                case_file.continue_draft(draft)
            st.text(label)


def _store() -> None:
    if people.store() is None:
        note("Cases can't be kept: the case store can't be opened. Ranking works all the same.", "caution")
        st.text(st.session_state.get("store_refused", ""))


page()
