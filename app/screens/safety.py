"""Page 2: safety, before any ranking."""

from __future__ import annotations

import streamlit as st

from app.components import case_file, words
from app.components.blocks import note, show_section
from app.components.work import work
from cds import findings


def page() -> None:
    """What is true, what was not entered, which checks ran, and a clinician's word on each caution."""
    st.title("Safety")
    ranked = work().ranked
    if ranked is None:
        note(words.NO_CASE)
        st.page_link("screens/patient.py", label="Enter a patient")
        case_file.offer_drafts()
        return
    show_section(ranked.section("safety-full"))
    found = findings(ranked.assessment)
    if not found:
        return
    st.header("Clinician's statements")
    note("Kept with the decision. A caution on the option that is named needs one.", "quiet")
    for finding in found:
        code = finding.reason.code
        where = f"statement_{code}_{work().form}"
        st.text_input(
            f"{finding.level}: {finding.reason.label}",
            value=work().statements.get(code, ""),
            key=where,
            max_chars=400,
            autocomplete="off",
            on_change=lambda code=code, where=where: work().statements.update(
                {code: st.session_state[where]}
            ),
        )


page()
