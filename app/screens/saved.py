"""Saved cases: what was answered then and what would be answered now, and what boards made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise

import streamlit as st

from app.components import case_file, people
from app.components.blocks import note, show
from app.components.frame import refusal
from app.components.work import book, clock, work
from cds.comparison.agreement import statistics
from cds.comparison.changes import Change, then_and_now
from cds.comparison.overview import overview
from cds.document.blocks import Items, Table, visible
from cds.errors import CdsError
from cds.report.board.agreement import agreement_table
from cds.report.board.versions import compared
from cds.store.cases import CaseStore, Version
from cds.store.exchange import export_cases, import_cases
from cds.store.verify import verify_store


def page() -> None:
    """The list, one case with its history, agreement, and the log."""
    st.title("Saved cases")
    store = people.store()
    if store is None:
        note("The case store can't be opened. Nothing can be kept or read.", "stop")
        st.text(st.session_state.get("store_refused", ""))
        return
    versions = store.newest()
    if not versions:
        note("No case is saved yet. A case is saved on page 7, after it was ranked.")
    else:
        _list(versions)
        _one(store, versions)
        st.header("Agreement of board and ranking")
        show(agreement_table(statistics((version.content for version in versions), book())))
    _exchange(store, versions)
    _log(store)


def _list(versions: tuple[Version, ...]) -> None:
    rows = tuple(
        (
            line.label,
            str(line.number),
            clock(line.saved_at),
            line.then,
            line.now,
            "▲ changed since" if line.changed else "same",
            line.decision,
            line.agreement,
        )
        for line in overview(versions, book())
    )
    columns = (
        "Label",
        "Version",
        "Saved",
        "First then",
        "First now",
        "Answer",
        "Decision",
        "Board and ranking",
    )
    count = "1 case" if len(rows) == 1 else f"{len(rows)} cases, last saved first"
    show(Table(count, columns, rows, (1,)))


def _one(store: CaseStore, versions: tuple[Version, ...]) -> None:
    st.header("One case")
    by_id = {version.case_id: version for version in versions}
    chosen = st.selectbox(
        "Case",
        list(by_id),
        format_func=lambda case_id: visible(by_id[case_id].content.label),
        key="saved_case",
    )
    newest = by_id[chosen]
    number = 1
    if newest.number > 1:
        number = st.radio(
            "Version", range(newest.number, 0, -1), format_func=str, horizontal=True, key=f"version_{chosen}"
        )
    version = newest if number == newest.number else store.get(chosen, number)
    _then_and_now(store, version)
    with st.container(horizontal=True):
        if version.number == newest.number and st.button("Open this case", type="primary", key="open_case"):
            case_file.open_version(version)
        if st.button("New case with these values", key="copy_case"):
            case_file.open_version(version, copy=True)
    if newest.number > 1:
        _compare(store, newest)
    _beside(version, by_id)
    if people.may_edit():
        _delete(store, newest)


def _beside(version: Version, by_id: Mapping[str, Version]) -> None:
    """Another case beside this one."""
    others = [case_id for case_id in by_id if case_id != version.case_id]
    if not others:
        return
    with st.expander("Compare it with another case"):
        other = st.selectbox(
            "Other case",
            others,
            index=None,
            format_func=lambda case_id: visible(by_id[case_id].content.label),
            placeholder="Choose a saved case",
            key=f"beside_{version.case_id}",
        )
        if other:
            show(compared(version, by_id[other], book()))


def _then_and_now(store: CaseStore, version: Version) -> None:
    kept = store.assessment(version.case_id, version.number)
    found = then_and_now(version, kept, book())
    ranking = version.content.ranking
    if ranking is None:
        note("This version was saved without a ranking.")
        return
    note(f"Answer then ({clock(ranking.at)}, rulebook {ranking.rulebook_version}): {ranking.sentence}")
    if kept and found.same_rulebook and found.same:
        note("The rulebook is the same, and so is the answer now.", "good")
        return
    note(f"Answer now (rulebook {book().identity.version}): {found.now.replace('_', ' ')}.")
    if found.not_read:
        note("Entries that the present rulebook can't read:", "caution")
        show(Items(found.not_read, "caution"))
    if not kept:
        note("The ranking kept with this version can't be read. Check the log below.", "stop")
        return
    since = f"The {'software' if found.same_rulebook else 'rulebook or the software'} changed since"
    if not found.changes:
        same = f"{since}, but no option changes its place, status or points."
        note(same, "good" if found.same else "caution")
        return
    differs = found.answer_differs or found.first_differs
    note(f"{since}, and so did the order:", "caution" if differs else "monitor")
    _changes(found.changes)


def _changes(changes: tuple[Change, ...]) -> None:
    rows = tuple(
        (change.label, change.was, change.now, "; ".join(change.because) or "another rulebook")
        for change in changes
    )
    show(Table("Options that differ", ("Option", "Then", "Now", "Because"), rows))


def _compare(store: CaseStore, newest: Version) -> None:
    with st.expander("What changed between its versions"):
        history = store.history(newest.case_id)
        rows = []
        for before, after in pairwise(history):
            old, new = before.content, after.content
            names = [n for n in {**old.markers, **new.markers} if old.markers.get(n) != new.markers.get(n)]
            labels = [book().marker[name].label if name in book().marker else name for name in names]
            said = [f"values: {', '.join(labels)}"] if labels else []
            said += ["decision"] if old.decision != new.decision else []
            said += ["follow-up"] if old.follow_up != new.follow_up else []
            rows.append(
                (
                    f"{before.number} to {after.number}",
                    clock(after.saved_at),
                    after.saved_by,
                    "; ".join(said) or "nothing",
                )
            )
        show(Table("Versions", ("From", "Saved", "By", "What changed"), tuple(rows)))


def _delete(store: CaseStore, newest: Version) -> None:
    with st.expander("Delete this case"):
        note(
            "Erases all its versions. A tombstone without label and values stays, and the log. Exports and "
            "backups made earlier are not erased.",
            "stop",
        )
        typed = st.text_input(
            "Type the label to delete the case", key=f"delete_{newest.case_id}", autocomplete="off"
        )
        if st.button("Delete for good", key="delete_case"):
            try:
                store.delete(newest.case_id, typed)
            except CdsError as refused:
                refusal(refused)
                return
            job = work()
            if job.saved and job.saved.case_id == newest.case_id:
                job.saved = None
            job.said = "The case is deleted. A tombstone stays."
            st.rerun()


def _exchange(store: CaseStore, versions: tuple[Version, ...]) -> None:
    st.header("Export and import")
    with st.container(horizontal=True):
        if versions:
            name = f"cases-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M}.json"
            st.download_button(
                "Export all cases",
                lambda: export_cases(store),
                name,
                "application/json",
                key="export",
                on_click="ignore",
            )
    note("The file holds patient data. Deleting a case here does not erase it there.", "quiet")
    if not people.may_edit():
        return
    given = st.file_uploader("Cases exported from another store (JSON)", ["json"], key="import_upload")
    if given is not None and st.button("Take these cases in", key="import_cases"):
        try:
            came, here = import_cases(store, given.getvalue())
        except CdsError as refused:
            refusal(refused)
            return
        work().said = f"{came} cases came in, {here} were here already."
        st.rerun()


def _log(store: CaseStore) -> None:
    st.header("Log and deleted cases")
    if st.button("Check the log and all versions", key="verify"):
        verdict = verify_store(store)
        if verdict.faults:
            show(Items(verdict.faults[:50], "stop"))
        else:
            note(f"{verdict.lines} lines and {verdict.versions} versions are as they were written.", "good")
    note(f"Head of the log: {store.head()}. Note it elsewhere: only so a cut end is seen.", "quiet")
    stones = store.tombstones()
    if stones:
        rows = tuple(
            (stone.case_id[:8], clock(stone.deleted_at), stone.deleted_by, str(stone.versions))
            for stone in stones
        )
        show(Table("Deleted cases", ("Case", "Deleted", "By", "Versions"), rows, (3,)))


page()
