"""Save the open case: a new case, or the next version of one; nothing is ever edited in place."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from app.components import case_file, people, words
from app.components.blocks import note
from app.components.frame import refusal
from app.components.work import Ranked, book, clock, work
from cds.errors import CdsError
from cds.report.case.document import sentence
from cds.store.cases import Version
from cds.store.drafts import Drafts
from cds.store.labels import looks_personal
from cds.store.record import BoardDecision, Content, FollowUp, assessment_text, ranking_then
from cds.store.refusals import NotSaved


def content(
    ranked: Ranked, decision: BoardDecision | None = None, follow_up: tuple[FollowUp, ...] = ()
) -> Content:
    """What a version would hold now."""
    job = work()
    return Content(
        label=job.draft.label.strip(),
        is_pseudonym=job.is_pseudonym,
        markers=dict(job.draft.markers),
        ranking=ranking_then(ranked.assessment, sentence(ranked.assessment, book()), ranked.at),
        meeting=bool(st.session_state.get("meeting", True)),
        own_view=job.own_view,
        decision=decision,
        follow_up=follow_up,
    )


def ask_pseudonym() -> None:
    """Where a label looks like a name or a date of birth: say so, and let somebody say that it is none."""
    job = work()
    why = looks_personal(job.draft.label)
    if why is None:
        return
    note(f"The case label is held back: {why}. Change it on page 1, or say that it is no name.", "caution")
    st.checkbox(
        words.IS_PSEUDONYM,
        value=job.is_pseudonym,
        key=f"pseudonym_{job.form}",
        on_change=lambda: setattr(job, "is_pseudonym", bool(st.session_state[f"pseudonym_{job.form}"])),
    )


def save(new: Content, ranked: Ranked) -> Version | None:
    """Save, and say what happened; None if nothing was written."""
    job, store = work(), people.store()
    if store is None or not people.may_edit():
        note("Nothing was saved: you may read here, but not save." if store else "Nothing was saved.", "stop")
        return None
    assessment = assessment_text(ranked.assessment)
    try:
        if job.saved is None:
            saved = store.create(new, assessment)
        else:
            saved = store.save(job.saved.case_id, job.saved.number, new, assessment)
        if job.draft_id:
            Drafts(store).drop(job.draft_id)
    except NotSaved as told:
        refusal(told)
        _newest()
        return None
    except CdsError as told:
        refusal(told)
        return None
    job.saved, job.draft_id = saved, None
    note(
        f"Saved as version {saved.number}, {clock(saved.saved_at)}. Head of the log: {store.head()[:16]}",
        "good",
    )
    return saved


def _newest() -> None:
    """Offer the version that somebody else saved meanwhile."""
    job, store = work(), people.store()
    if store is None or job.saved is None:
        return
    case_id = job.saved.case_id
    st.button("Open the newest version", key="open_newest", on_click=_open_newest, args=(case_id,))


def _open_newest(case_id: str) -> None:
    store = people.store()
    if store is not None:
        version = store.get(case_id)
        case_file.take(version)


def today() -> str:
    """Today, as a date is typed here."""
    return dt.datetime.now().astimezone().date().isoformat()
