"""Load a case: from a file or pasted text, from a saved case, or from an example."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components import people, words
from app.components.blocks import note, show
from app.components.work import book, clock, work
from cds.document.blocks import Items, visible
from cds.errors import CdsError
from cds.intake.draft import Draft
from cds.intake.upload import read_case
from cds.store.cases import Version
from cds.store.drafts import Drafts, KeptDraft

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "patients"
KINDS = ["yaml", "yml", "json", "csv"]


def examples() -> list[Path]:
    """The invented patients that ship with the project."""
    return sorted(EXAMPLES.glob("*.yaml")) if EXAMPLES.is_dir() else []


def title(path: Path) -> str:
    """An example's name as words."""
    return path.stem.replace("_", " ")


def choose_example(key: str) -> None:
    """Open one of the invented patients."""
    found = examples()
    if not found:
        note("No examples are installed here.")
        return
    chosen = st.selectbox("An invented patient", found, format_func=title, key=f"{key}_example")
    if st.button("Open the example", key=f"{key}_open_example"):
        _open(chosen.name, chosen.read_bytes())


def load_case() -> None:
    """Open a case from a file or from pasted text."""
    given = st.file_uploader(
        "A file with one case (YAML, JSON, or CSV with one row)", KINDS, key="case_upload"
    )
    pasted = st.text_area("Or paste its text", key="case_paste", height=120)
    if st.button("Read the case", key="case_read"):
        if given is not None:
            _open(given.name, given.getvalue())
        elif pasted.strip():
            _open("pasted", pasted.encode())
        else:
            note("Choose a file or paste a text first.", "caution")


def copy_saved() -> None:
    """Begin with the values of a saved case, under a label of its own."""
    store = people.store()
    versions = {version.case_id: version for version in store.newest()} if store else {}
    if not versions:
        return
    chosen = st.selectbox(
        "Or the values of a saved case",
        list(versions),
        index=None,
        format_func=lambda case_id: visible(versions[case_id].content.label),
        placeholder="Choose a saved case",
        key="copy_from",
    )
    if st.button("Copy its values", key="copy_values") and chosen:
        open_version(versions[chosen], copy=True)


def _open(name: str, raw: bytes) -> None:
    try:
        draft = read_case(name, raw, book())
    except CdsError as refused:
        note(f"{refused.title}. Nothing was taken over.", "stop")
        show(Items(tuple(str(fault) for fault in refused.faults[:40]), "stop"))
        return
    open_draft(
        draft, f"Read {words.values(len(draft.markers))}, now in the form below; nothing is ranked yet."
    )


def open_draft(draft: Draft, said: str, saved: Version | None = None, draft_id: str | None = None) -> None:
    """Open a draft on the patient page."""
    work().open(draft, saved, draft_id)
    work().said = said
    st.switch_page("screens/patient.py")


def open_version(version: Version, copy: bool = False) -> None:
    """Open a saved version, or a copy of its values under a new label."""
    draft = version.content.draft()
    if copy:
        draft.label = ""
    said = (
        "A copy without its label." if copy else f"Version {version.number}, saved {clock(version.saved_at)}."
    )
    open_draft(draft, f"Opened from the saved cases: {said}", None if copy else version)


def take(version: Version) -> None:
    """Make a saved version the open one, without leaving the page."""
    work().open(version.content.draft(), version)
    work().said = f"Version {version.number} is open now, saved {clock(version.saved_at)}. Rank it on page 1."


def drafts() -> tuple[KeptDraft, ...]:
    """Drafts of earlier visits that were not saved as a case."""
    store = people.store()
    if store is None or not people.may_edit():
        return ()
    try:
        return tuple(kept for kept in Drafts(store).list() if kept.draft.markers or kept.draft.label)
    except CdsError:
        return ()


def offer_drafts() -> None:
    """What was typed and not saved in an earlier visit, to go on with or to throw away."""
    kept = [draft for draft in drafts() if draft.id != work().draft_id]
    if not kept:
        return
    st.header("Continue a draft")
    for draft in kept[:3]:
        label = draft.draft.label or "not labelled"
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(f"Continue the draft of {clock(draft.updated_at)}", key=f"draft_{draft.id}"):
                continue_draft(draft)
            if st.button("Throw it away", key=f"drop_{draft.id}", type="tertiary"):
                drop_draft(draft)
            note(f"{label}, {words.values(len(draft.draft.markers))}")
    note("A form that was not saved as a case is kept for two weeks.", "quiet")


def continue_draft(kept: KeptDraft) -> None:
    """Open a draft of an earlier visit, on the version it was started from."""
    store = people.store()
    saved = store.get(kept.case_id, kept.opened) if store and kept.case_id else None
    open_draft(kept.draft, f"The draft of {clock(kept.updated_at)}.", saved, kept.id)


def drop_draft(kept: KeptDraft) -> None:
    """Throw a draft away."""
    store = people.store()
    if store is not None:
        Drafts(store).drop(kept.id)
    st.rerun()
