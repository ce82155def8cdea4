"""Page 3: the ranking, in the blocks of the same document that every report renders."""

from __future__ import annotations

import streamlit as st

from app.components.blocks import note, show_section
from app.components.work import work
from app.components import words

SECTIONS = ("answer", "safety", "comparators", "ranking", "not-ranked", "policies")


def page() -> None:
    """The ranking of the open case."""
    st.title("Ranking")
    ranked = work().ranked
    if ranked is None:
        note(words.NO_CASE)
        return
    sections = {section.id: section for section in ranked.document.sections}
    for name in SECTIONS:
        if name in sections:
            show_section(sections[name])


page()
