"""Page 4: why an option stands where it stands."""

from __future__ import annotations

import streamlit as st

from app.components import links
from app.components.blocks import fold_long, note, show_all, show_section
from app.components.frame import OPTION, policy
from app.components.views import open_ranking
from app.components.work import book
from cds.report.case.option import rival_blocks, why_option


def page() -> None:
    """One option: for, against, no effect, not known; its limits; and its nearest rival."""
    st.title("Why")
    ranked = open_ranking()
    if ranked is None:
        return
    result = ranked.assessment.policy(policy())
    order = [option.option for option in result.ranked()]
    order += [option.option for option in result.options if option.option not in order]
    labels = {option.option: f"{option.rank or '–'}  {option.label}" for option in result.options}
    if links.asks_wrongly(OPTION, labels):
        note("The link asks for an option that does not exist; the first one is shown.", "caution")
    ordered = {option: labels[option] for option in order}
    chosen = links.choose(st.selectbox, "Option (rank first)", ordered, OPTION, order[0])
    st.header(book().option[chosen].label)
    fold_long(why_option(ranked.assessment, book(), policy(), chosen))
    st.page_link(
        "screens/evidence.py",
        label=f"Rules, claims and sources of {chosen} in Evidence",
        query_params={"shelf": "rules", "by_option": chosen},
    )
    st.header("Nearest rival")
    show_all(rival_blocks(ranked.assessment, book(), policy(), chosen))
    show_section(ranked.section("pathway"))


page()
