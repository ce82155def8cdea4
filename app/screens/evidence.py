"""Evidence: the claims ledger, and markers, options, rules, drugs and sources of the rulebook."""

from __future__ import annotations

import dataclasses
import math

import streamlit as st

from app.components import links
from app.components.blocks import note, show, show_all
from app.components.work import book
from cds.document.blocks import Table
from cds.document.tags import VERIFIED
from cds.report.rulebook.entry import rulebook_detail
from cds.report.rulebook.facets import FACETS, facets, verifications
from cds.report.rulebook.tables import claim_counts, rulebook_table
from cds.vocabulary import Verification

PER_PAGE = 25
TITLES = {
    "claims": "Claims ledger",
    "markers": "Markers",
    "options": "Options",
    "rules": "Rules",
    "drugs": "Drugs",
    "sources": "Sources",
}
ALL = "all"
ASKED = {"option": "Option", "marker": "Marker", "type": "Type", "policy": "Counts under policy"}


def page() -> None:
    """One shelf of the rulebook as a table with 25 rows a page, and one entry in full."""
    st.title("Evidence")
    note(claim_counts(book()))
    shelf = links.choose(st.segmented_control, "What to look at", TITLES, "shelf", "claims", required=True)
    table = rulebook_table(book(), shelf)
    rows = _filtered(table, shelf)
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
    _one(shelf, rows)


def _filtered(table: Table, shelf: str) -> tuple[tuple[str, ...], ...]:
    """Rows that hold every word that was typed, under the tag and with the facets that were chosen."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    asked = left.text_input(
        "Find", key="find", bind="query-params", placeholder="for example PTEN, O03, sorafenib"
    )
    rows, checks = table.rows, verifications(book(), shelf)
    if checks:
        there = [word for word in Verification if word in checks.values()]
        words = {ALL: ALL} | {word.value: VERIFIED[word] for word in there}
        chosen = links.choose(right.selectbox, "Source check", words, "verification", ALL)
        rows = tuple(row for row in rows if chosen in (ALL, checks[row[0]].value))
    found, asked_for = facets(book(), shelf), _facets_asked(shelf)
    rows = tuple(row for row in rows if found[row[0]].fit(asked_for))
    typed = (asked or "").casefold().split()
    return tuple(row for row in rows if all(word in " ".join(row).casefold() for word in typed))


def _facets_asked(shelf: str) -> dict[str, str]:
    """What was chosen of option, marker, type and policy; only what the shelf has is offered."""
    rules, found = book(), facets(book(), shelf).values()
    labels = {
        "option": {option.id: f"{option.id} {option.label}" for option in rules.options},
        "marker": {marker.id: marker.label for marker in rules.markers},
        "policy": {one.id: one.label for one in rules.policies},
    }
    asked = {}
    columns = (*st.columns(2), *st.columns(2))
    for name, column in zip(FACETS, columns, strict=True):
        there = sorted({value for one in found for value in getattr(one, name)})
        named = labels.get(name) or {value: value.replace("_", " ") for value in there}
        named = {key: label for key, label in named.items() if key in there}
        chosen = links.choose(column.selectbox, ASKED[name], {ALL: ALL, **named}, f"by_{name}", ALL)
        if chosen != ALL:
            asked[name] = chosen
    return asked


def _one(shelf: str, rows: tuple[tuple[str, ...], ...]) -> None:
    st.header("One entry in full")
    names = [row[0] for row in rows]
    chosen = st.selectbox("Entry", names, key=f"entry_{shelf}")
    if chosen:
        show_all(rulebook_detail(book(), shelf, chosen))


page()
