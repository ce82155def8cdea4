"""Page 1: the patient, as far as known."""

from __future__ import annotations

import streamlit as st

from app.components import form, words
from app.components.blocks import note, show
from app.components.work import clock, rank, work
from cds import Paragraph, Table, sentence

OPEN_AT_FIRST = ("scope", "fitness")


def page() -> None:
    """The form, one button, and what was understood."""
    st.title("Patient")
    job = work()
    st.text_input(
        "Case label", value=job.draft.label, key=f"label_{job.form}", help=words.LABEL_HELP, on_change=_label
    )
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    asked = left.text_input("Find a marker", key="find_marker", placeholder="for example RB1, platelets, sorafenib")
    only_entered = right.toggle("Show only what is entered", key="only_entered")
    section = None
    for group, markers in form.groups():
        shown = [m for m in markers if form.matches(m, asked, only_entered)]
        if not shown:
            continue
        if form.section_of(markers) != section:
            section = form.section_of(markers)
            st.header(words.SECTIONS[section])
        form.group_fields(group, shown, bool(asked or only_entered or group.id in OPEN_AT_FIRST))
    if st.button("Rank options", type="primary", key="rank"):
        rank()
    _result()


def _label() -> None:
    job = work()
    job.draft.label = st.session_state[f"label_{job.form}"]


def _result() -> None:
    job = work()
    if job.reading is None:
        return
    if job.reading.faults:
        st.header("What can't be used")
        note("No ranking was made. Mend or empty these fields:", "stop")
        rows = tuple((fault.label, fault.problem, fault.remedy) for fault in job.reading.faults)
        show(Table("Fields that can't be read", ("Field", "Problem", "Remedy"), rows))
        return
    if job.ranked:
        st.header("Read back")
        show(Paragraph(f"Ranked {clock(job.ranked.at)}. {sentence(job.ranked.assessment)}", "monitor"))
    rows = tuple((line.label, line.typed, line.understood, line.remark) for line in job.reading.back)
    if rows:
        show(Table("What was understood", ("Item", "As typed", "Understood as", "Remark"), rows))


page()
