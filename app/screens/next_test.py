"""Page 6: which test could change the order, and what would."""

from __future__ import annotations

import streamlit as st

from app.components.blocks import fold_section, note, show_section
from app.components.views import open_ranking
from cds.document.blocks import Table


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
    tables = [at for at, block in enumerate(section.blocks) if isinstance(block, Table)]
    before = tables[0] + 1 if tables else len(section.blocks)
    fold_section(section, "Every result of every test", before)
    show_section(ranked.section("flips"))
    show_section(ranked.section("unknown"))


page()
