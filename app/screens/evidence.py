"""Evidence: the claims ledger, and markers, options, rules and sources of the rulebook."""

from __future__ import annotations

import dataclasses
import math

import streamlit as st

from app.components.blocks import note, show, show_all
from app.components.work import book
from cds import SHELVES, Table, claim_counts, rulebook_detail, rulebook_table

PER_PAGE = 25
TITLES = {
    "claims": "Claims ledger",
    "markers": "Markers",
    "options": "Options",
    "rules": "Rules",
    "sources": "Sources",
}
NONE_WORDS = "all"


def page() -> None:
    """One shelf of the rulebook as a table with 25 rows a page, and one entry in full."""
    st.title("Evidence")
    note(claim_counts(book()))
    shelf = st.segmented_control(
        "What to look at",
        list(SHELVES),
        default="claims",
        required=True,
        format_func=TITLES.get,
        key="shelf",
        bind="query-params",
    )
    table = rulebook_table(book(), shelf or "claims")
    rows = _filtered(table)
    st.header(table.caption)
    if not rows:
        note("Nothing fits. Change the search or the filter.")
        return
    pages = math.ceil(len(rows) / PER_PAGE)
    at = st.pagination(pages, key=f"page_{shelf}") if pages > 1 else 1
    part = rows[(at - 1) * PER_PAGE : at * PER_PAGE]
    caption = (
        f"{table.caption}: {(at - 1) * PER_PAGE + 1} to {(at - 1) * PER_PAGE + len(part)} of {len(rows)}"
    )
    show(dataclasses.replace(table, caption=caption, rows=part))
    _one(shelf or "claims", rows)


def _filtered(table: Table) -> tuple[tuple[str, ...], ...]:
    """Rows that hold every word that was typed, under the tag that was chosen."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    asked = left.text_input(
        "Find", key="find", bind="query-params", placeholder="for example PTEN, O03, sorafenib"
    )
    rows = table.rows
    if table.tagged:
        tags = list(dict.fromkeys(row[table.tagged[0]] for row in rows))
        chosen = right.selectbox("Verification", [NONE_WORDS, *tags], key=f"tag_{table.caption}")
        rows = tuple(row for row in rows if chosen in (NONE_WORDS, row[table.tagged[0]]))
    words = (asked or "").casefold().split()
    return tuple(row for row in rows if all(word in " ".join(row).casefold() for word in words))


def _one(shelf: str, rows: tuple[tuple[str, ...], ...]) -> None:
    st.header("One entry in full")
    names = [row[0] for row in rows]
    chosen = st.selectbox("Entry", names, key=f"entry_{shelf}")
    if chosen:
        show_all(rulebook_detail(book(), shelf, chosen))


page()
