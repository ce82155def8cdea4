"""Cohort: a table of patients, checked first, then ranked; results live in this visit only."""

from __future__ import annotations

import math
from functools import partial

import streamlit as st

from app.components.blocks import fold_long, note, show, show_all
from app.components.frame import refusal
from app.components.uploaded_cohort import RankedCohort, rank_upload
from app.components.work import book
from cds.errors import CdsError
from cds.intake.template import header
from cds.report.board.decision import FORMS
from cds.report.cohort.document import cohort_document
from cds.report.cohort.page import dry_run, patients_table

PER_PAGE = 25
KEPT, CONFIRMED = "cohort_found", "cohort_confirmed"
WORKING = "Reading every row, and ranking what can be read"
KINDS = ["csv", "gz", "parquet"]


def page() -> None:
    """Template, upload with a dry run, overview, download."""
    st.title("Cohort")
    _template()
    given = st.file_uploader(
        "Table of patients, in the form of the template (at most 20 MB)", KINDS, key="cohort_upload"
    )
    if given is not None and st.button("Check the table", type="primary", key="cohort_check"):
        _check(given.name, given.getvalue())
    found: RankedCohort | None = st.session_state.get(KEPT)
    if found is None:
        return
    st.header("Dry run")
    show_all(dry_run(found.run))
    if not found.ranked:
        note("No patient can be ranked.", "stop")
        return
    if st.button(f"Show the ranking of {found.ranked} patients", key="cohort_show"):
        st.session_state[CONFIRMED] = True
    if st.session_state.get(CONFIRMED):
        _results(found)


def _template() -> None:
    names = header(book())
    with st.expander("The template and its columns"):
        st.download_button(
            "Download the empty template",
            ",".join(names) + "\n",
            "cohort-template.csv",
            "text/csv",
            key="template",
            on_click="ignore",
        )
        note(f"{len(names)} columns: the id, then one for each marker. An empty cell means: not known.")
        note(", ".join(names), "quiet")


def _check(name: str, raw: bytes) -> None:
    """Read and rank everything; what is refused is shown before any result."""
    st.session_state.pop(KEPT, None)
    st.session_state[CONFIRMED] = False
    bar = st.progress(0.0, WORKING)

    def watch(share: float, rows: int) -> None:
        bar.progress(share, f"{WORKING}: {rows:,} patients")

    try:
        st.session_state[KEPT] = rank_upload(name, raw, book(), watch)
    except CdsError as refused:
        refusal(refused)
    finally:
        bar.empty()


def _results(found: RankedCohort) -> None:
    document = cohort_document(found.run, book(), shared=False)
    for section in document.sections:
        st.header(section.title, anchor=section.id)
        fold_long(section.blocks)
    st.header("Patients one by one")
    pages = math.ceil(found.ranked / PER_PAGE)
    at = st.pagination(pages, key="cohort_page") if pages > 1 else 1
    show(patients_table(found.orders, at, PER_PAGE))
    _download(found)


def _download(found: RankedCohort) -> None:
    st.header("Download")
    note(
        f"Results as one ZIP ({', '.join(found.files)}): patient data; formula cells are neutralised.",
        "quiet",
    )
    st.download_button(
        "Download the results",
        found.archive,
        "cohort-results.zip",
        "application/zip",
        key="cohort_zip",
        on_click="ignore",
    )
    note(
        "Reports: with patients for the board, or for sharing (aggregates only, cells under 5 hidden).",
        "quiet",
    )
    with st.container(horizontal=True):
        for shared, words in ((False, "For the board"), (True, "For sharing")):
            for form in ("html", "pdf", "docx"):
                name, kind = FORMS[form]
                st.download_button(
                    f"{words}, as {name}",
                    partial(found.report, book(), shared, form),
                    f"cohort-{'shared' if shared else 'board'}-{found.run.digest()[:12]}.{form}",
                    kind,
                    key=f"cohort_{shared}_{form}",
                    on_click="ignore",
                )


page()
