"""Page 2: safety, before any ranking."""

from __future__ import annotations

import streamlit as st

from app.components import words
from app.components.blocks import note, show_section
from app.components.frame import folded
from app.components.views import no_case
from app.components.work import Ranked, book, work
from cds.document.blocks import Section
from cds.document.figures.tallies import TOXICITY_OVERLAP
from cds.report.case.safety import findings, full


def page() -> None:
    """What is true, what was not entered, which checks ran, and a clinician's word on each caution."""
    st.title("Safety")
    ranked = work().ranked
    if ranked is None:
        no_case()
        return
    section = Section("safety-full", "", tuple(full(ranked.assessment, book(), work().statements)))
    if folded():  # the picture names the ranked options in their order
        show_section(section.without(TOXICITY_OVERLAP), heading=False)
        note(words.TOXICITY_FOLDED, "quiet")
    else:
        show_section(section, heading=False)
    _ask(ranked)


def _ask(ranked: Ranked) -> None:
    found = findings(ranked.assessment)
    if not found:
        return
    st.header("Clinician's statements")
    note("Kept with the decision. A stop or caution on the option that is named needs one.", "quiet")
    job = work()
    for finding in found:
        code = finding.reason.code
        where = f"statement_{code}_{job.form}"

        def put(code: str = code, where: str = where) -> None:
            job.statements[code] = st.session_state[where].strip()

        st.text_input(
            f"{finding.level}: {finding.reason.label}",
            value=job.statements.get(code, ""),
            key=where,
            max_chars=400,
            autocomplete="off",
            on_change=put,
        )


page()
