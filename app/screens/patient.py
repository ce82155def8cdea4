"""Page 1: the patient, as far as known."""

from __future__ import annotations

import streamlit as st

from app.components import case_file, form, words
from app.components.blocks import note, show
from app.components.frame import folded
from app.components.work import clock, rank, work
from cds import Paragraph, Table, sentence

OPEN_AT_FIRST = ("scope", "fitness")


def page() -> None:
    """The form, one button, and what was understood."""
    st.title("Patient")
    job = work()
    if not job.draft.markers and not job.draft.label:
        case_file.offer_drafts()
    with st.expander("Load a case from a file or from pasted text"):
        case_file.load_case()
    st.text_input(
        "Case label", value=job.draft.label, key=f"label_{job.form}", help=words.LABEL_HELP, on_change=_label
    )
    asked = st.text_input(
        "Find a marker", key="find_marker", placeholder="for example RB1, platelets, sorafenib"
    )
    with st.container(horizontal=True):
        only_entered = st.toggle("Only what is entered", key="only_entered")
        all_open = st.toggle("Open all groups", key="all_open")
    _fields(asked, only_entered, all_open)
    form.details()
    if st.button("Rank options", type="primary", key="rank"):
        rank()
    _result()


def _fields(asked: str, only_entered: bool, all_open: bool) -> None:
    every = bool(asked or only_entered or all_open)
    view = "all" if every else "some"
    section = None
    shown = 0
    for group, markers in form.groups():
        found = [marker for marker in markers if form.matches(marker, asked, only_entered)]
        shown += len(found)
        if not found:
            continue
        if form.section_of(markers) != section:
            section = form.section_of(markers)
            st.header(words.SECTIONS[section])
        form.group_fields(group, found, every or group.id in OPEN_AT_FIRST, view)
    if not shown:
        note("No marker fits. Empty the search box to see all." if asked else "Nothing is entered yet.")


def _label() -> None:
    job = work()
    job.draft.label = st.session_state[f"label_{job.form}"]
    job.keep()


def _result() -> None:
    job = work()
    if job.reading is None:
        return
    if job.reading.faults:
        st.header("What can't be used")
        note("No ranking was made. These fields have to be mended or emptied first:", "stop")
        groups = {group.id: group.label for group, _ in form.groups()}
        rows = tuple((groups[f.group], f.label, f.problem, f.remedy) for f in job.reading.faults)
        show(Table("Fields that can't be read", ("Group", "Field", "Problem", "Remedy"), rows))
        return
    st.header("Read back")
    if job.ranked:
        hidden = "The ranking is folded until the board has said its own view." if folded() else ""
        said = hidden or sentence(job.ranked.assessment)
        show(Paragraph(f"Ranked {clock(job.ranked.at)}. {said}", "monitor"))
    rows = tuple((line.label, line.typed, line.understood, line.remark) for line in job.reading.back)
    if rows:
        show(Table("What was understood", ("Item", "As typed", "Understood as", "Remark"), rows))
    else:
        note("No marker is tested or entered: the order reflects the tier of the evidence only.", "caution")
    with st.container(horizontal=True):
        st.page_link("screens/safety.py", label="Go on to 2 Safety")
        st.page_link("screens/ranking.py", label="Go on to 3 Ranking")


page()
