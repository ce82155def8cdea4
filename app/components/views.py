"""What several case pages need: the open ranking, and the board's own view that unfolds it."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from app.components import case_file, words
from app.components.blocks import note
from app.components.frame import folded
from app.components.work import Ranked, book, work
from cds.store.record import OwnView, stamp

OTHER = "A treatment without everolimus"


def open_ranking() -> Ranked | None:
    """The ranking to look at; None, with a sentence and ways on, if there is none to show yet."""
    ranked = work().ranked
    if ranked is None:
        no_case()
        return None
    if folded():
        _ask_own_view()
        return None
    return ranked


def no_case() -> None:
    """Nothing is ranked yet: ways on, and what was typed in an earlier visit."""
    note(words.NO_CASE)
    with st.container(horizontal=True):
        st.page_link("screens/patient.py", label="Enter a patient")
        st.page_link("screens/start.py", label="Try an example")
    case_file.offer_drafts()


def _ask_own_view() -> None:
    """The board writes its own leading option down before it sees the ranking."""
    st.header("The board's own view first")
    note(words.FOLDED, "monitor")
    options = {option.id: option.label for option in book().options}
    chosen = st.selectbox(
        "The board's own leading option",
        ["", *options, OTHER],
        format_func=lambda name: options.get(name, name or "Not chosen"),
        key="own_option",
    )
    text = st.text_input("In the board's words", key="own_text", max_chars=400, autocomplete="off")
    with st.container(horizontal=True):
        if st.button("Keep this view and show the ranking", type="primary", key="own_keep"):
            if not chosen and not text.strip():
                note("Choose an option or write a word first; or say that there is no view yet.", "caution")
                return
            _keep(OwnView(at=_now(), option=chosen if chosen in options else None, text=_said(chosen, text)))
        if st.button("No view yet: show the ranking", key="own_skip"):
            _keep(OwnView(at=_now(), skipped=True))


def _said(chosen: str, text: str) -> str:
    return ": ".join(part for part in (chosen if chosen == OTHER else "", text.strip()) if part)


def _keep(view: OwnView) -> None:
    work().own_view = view
    st.rerun()


def _now() -> str:
    return stamp(dt.datetime.now(dt.UTC))
