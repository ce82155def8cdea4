"""Model card: intended use, method, evidence, limits, versions, and the risk models that are installed."""

from __future__ import annotations

import streamlit as st

from app.components.blocks import fold_section, note, show_section
from app.components.models import model_titles, show_card
from app.components.work import book
from cds.assurance.hazards import hazard_blocks
from cds.document.blocks import Section
from cds.notice import NO_MODEL
from cds.report.rulebook.card import model_card


def page() -> None:
    """The card of the ranking, then those of the models."""
    st.title("Model card")
    for section in model_card(book()):
        show_section(section)
    fold_section(Section("hazards", "What could go wrong", hazard_blocks()), "The hazard log")
    st.header("Risk models")
    titles = model_titles()
    if not titles:
        note(f"{NO_MODEL} None is installed.")
        return
    note(
        "No model is used unless it is chosen on the ranking page. None knows anything of everolimus.",
        "caution",
    )
    chosen = st.selectbox("Model", list(titles), format_func=titles.__getitem__, key="model_card")
    with st.expander("The card of this model"):
        show_card(chosen)


page()
