"""Page 6: which test could change the order, and what would."""

from __future__ import annotations

import streamlit as st

from app.components.blocks import fold_section, note, show_section
from app.components.views import open_ranking


def page() -> None:
    """Missing safety facts first, then tests, then the smallest changes of the answer."""
    st.title("Next test")
    ranked = open_ranking()
    if ranked is None:
        return
    section = ranked.section("next-test")
    if section is None:
        note("Tests were not tried out for this ranking.")
        return
    fold_section(section, "Every result of every test", section.up_to("tests"))
    show_section(ranked.section("flips"))
    show_section(ranked.section("unknown"))


page()
