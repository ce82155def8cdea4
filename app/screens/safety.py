"""Page 2: safety, before any ranking."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import streamlit as st

from app.components import words
from app.components.blocks import note, show_section
from app.components.frame import folded
from app.components.views import no_case
from app.components.work import Ranked, work
from cds.document.blocks import Block, Figure, Paragraph, Section, Table
from cds.report.case.safety import findings

STATEMENT = "Statement"


def page() -> None:
    """What is true, what was not entered, which checks ran, and a clinician's word on each caution."""
    st.title("Safety")
    ranked = work().ranked
    if ranked is None:
        no_case()
        return
    section = ranked.section("safety-full")
    if section is not None:
        show_section(Section(section.id, section.title, tuple(_with_statements(section))), heading=False)
    if folded():
        note(words.TOXICITY_FOLDED, "quiet")
    _ask(ranked)


def _with_statements(section: Section) -> Iterator[Block]:
    """The section with the statements that were made where paper leaves a column empty.

    The picture of shared toxicity names the ranked options in their order: it waits for the own view.
    """
    for block in section.blocks:
        if isinstance(block, Table) and STATEMENT in block.columns:
            rule, last = block.columns.index("Rule"), block.columns.index(STATEMENT)
            said = work().statements
            rows = tuple((*row[:last], said.get(row[rule], "not made yet")) for row in block.rows)
            yield dataclasses.replace(block, rows=rows)
        elif isinstance(block, Figure) and folded():
            continue
        elif not (isinstance(block, Paragraph) and "left empty" in block.text):
            yield block


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
