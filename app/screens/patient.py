"""Page 1: the patient, as far as known."""

from __future__ import annotations

import streamlit as st

from app.components import case_file, form, words
from app.components.blocks import note, show
from app.components.frame import folded
from app.components.work import book, clock, rank, work
from cds.document.blocks import Paragraph, Table
from cds.report.case.document import sentence
from cds.store.labels import label_fault, looks_personal

OPEN_AT_FIRST = ("scope", "fitness")


def page() -> None:
    """The form, one button, and what was understood."""
    st.title("Patient")
    job = work()
    if not job.form and not job.draft.markers and not job.draft.label:  # a new case was not begun on purpose
        case_file.offer_drafts()
    loading = st.expander("Load a case: from a file, pasted text, or a saved case", on_change="rerun")
    with loading:
        case_file.load_case()
        if loading.open:
            case_file.copy_saved()
    left, right = st.columns(2, gap="large")
    with left:
        _ask_label()
    with right:
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
        st.rerun()  # the banner stands above, and groups with a fault are opened
    _result()


def _fields(asked: str, only_entered: bool, all_open: bool) -> None:
    every = bool(asked or only_entered or all_open)
    view = "all" if every else "some"
    reading = work().reading
    wrong = {fault.group for fault in reading.faults} if reading else set()
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
        is_open = every or group.id in OPEN_AT_FIRST or group.id in wrong
        form.group_fields(group, found, is_open, f"{view}_mend" if group.id in wrong else view)
    if not shown:
        note("No marker fits. Empty the search box to see all." if asked else "Nothing is entered yet.")


def _ask_label() -> None:
    job = work()
    st.text_input(
        f"Case label ({words.LABEL_RULE})",
        value=job.draft.label,
        key=f"label_{job.form}",
        help=words.LABEL_HELP,
        on_change=_label,
        autocomplete="off",
    )
    label = job.draft.label
    why = (label_fault(label) or looks_personal(label)) if label.strip() else None
    if why and not job.is_pseudonym:
        note(f"This label will be held back when the case is saved: {why}.", "caution")


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
        note("No ranking was made. Mend or empty these fields first; their groups are open above:", "stop")
        groups = {group.id: group.label for group, _ in form.groups()}
        faults = tuple(
            (groups[f.group], f.label, job.draft.value(f.marker), f.problem, f.remedy)
            for f in job.reading.faults
        )
        show(Table("Fields that can't be read", ("Group", "Field", "Read", "Problem", "Remedy"), faults))
        return
    st.header("Read back")
    if job.ranked:
        hidden = "The ranking is folded until the board has said its own view." if folded() else ""
        said = hidden or sentence(job.ranked.assessment, book())
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
