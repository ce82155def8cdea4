"""Cohort: a table of patients, checked first, then ranked; results live in this visit only."""

from __future__ import annotations

import math

import streamlit as st

from app.components.blocks import note, show, show_all
from app.components.frame import refusal
from app.components.work import book
from cds import CdsError, RankedCohort, dry_run, header, overview_blocks, patients_table, rank_upload

PER_PAGE = 25
KEPT = "cohort_found"


def page() -> None:
    """Template, upload with a dry run, overview, download."""
    st.title("Cohort")
    _template()
    given = st.file_uploader(
        "Table of patients (CSV in the form of the template, at most 20 MB)",
        ["csv", "gz", "parquet"],
        key="cohort_upload",
    )
    if given is not None and st.button("Check the table", type="primary", key="cohort_check"):
        _check(given.name, given.getvalue())
    found: RankedCohort | None = st.session_state.get(KEPT)
    if found is None:
        return
    st.header("Dry run")
    show_all(dry_run(found))
    if not found.summary["scored"]:
        note("No patient can be ranked.", "stop")
        return
    if st.button(f"Show the ranking of {found.summary['scored']} patients", key="cohort_show"):
        st.session_state["cohort_confirmed"] = True
    if st.session_state.get("cohort_confirmed"):
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


def _check(name: str, raw: bytes) -> None:
    """Read and rank everything; what is refused is shown before any result."""
    st.session_state.pop(KEPT, None)
    st.session_state["cohort_confirmed"] = False
    with st.spinner("Reading every row and ranking what can be read"):
        try:
            st.session_state[KEPT] = rank_upload(name, raw)
        except CdsError as refused:
            refusal(refused)


def _results(found: RankedCohort) -> None:
    st.header("Overview")
    show_all(overview_blocks(found, book()))
    st.header("Patients")
    pages = math.ceil((len(found.ranking) - 1) / PER_PAGE)
    at = st.pagination(pages, key="cohort_page") if pages > 1 else 1
    show(patients_table(found, at, PER_PAGE))
    st.header("Download")
    names = ", ".join(found.files)
    note(
        f"One ZIP with {names}. It holds the ids and results of patients; formula cells are neutralised.",
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


page()
