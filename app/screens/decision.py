"""Page 7: what the board decided, what became of it, and the report."""

from __future__ import annotations

import datetime as dt
from functools import partial

import streamlit as st

from app.components import people, saving
from app.components.blocks import note, show, show_section
from app.components.views import open_ranking
from app.components.work import Ranked, book, work
from cds.comparison.agreement import AGREEMENT, agreement_with
from cds.document.blocks import Facts
from cds.document.tags import MONITOR
from cds.report.board.decision import (
    FORMS,
    WITH_DECISION,
    case_file,
    decision_file,
    decision_words,
    document_with_decision,
    own_view_words,
)
from cds.report.case.safety import findings
from cds.report.files import file_name
from cds.store.record import COURSES, DECISIONS, REALISED, ROLES, BoardDecision, DecisionKind, FollowUp, stamp


def page() -> None:
    """Own view, decision with its reason, follow-up, report."""
    st.title("Decision and report")
    ranked = open_ranking()
    if ranked is None:
        return
    if work().changed:
        note(
            "The form was changed after this ranking. Rank again on page 1 before a decision is kept.", "stop"
        )
    else:
        _decision(ranked)
        _follow_up(ranked)
    _report(ranked)


def _decision(ranked: Ranked) -> None:
    st.header("Decision of the board")
    job = work()
    note(f"Own view before the ranking: {own_view_words(saving.content(ranked), book())}", "quiet")
    kept = job.saved.content.decision if job.saved else None
    if kept:
        note(
            f"Decided on {kept.held_on}: {decision_words(kept, book())}. A new decision makes a new version.",
            "monitor",
        )
    kinds = list(DECISIONS)
    kind = st.radio("Decision", kinds, index=None, format_func=DECISIONS.__getitem__, key=f"kind_{job.form}")
    option = _option(ranked) if kind == "option" else None
    _compared(ranked, kind, option)
    text = st.text_input(
        "In words (what exactly)", key=f"decision_text_{job.form}", max_chars=400, autocomplete="off"
    )
    reason = st.text_area(
        "Reason (needed whether the board agrees with the ranking or not)",
        key=f"reason_{job.form}",
        max_chars=2000,
        help="No names, no dates of birth.",
    )
    left, right = st.columns([2, 1], gap="large")
    with left:
        roles = st.multiselect(
            "Persons, by role", ROLES, key=f"roles_{job.form}", placeholder="Choose one role or more"
        )
    with right:
        held = st.text_input(
            "Date of the meeting (year-month-day)", value=saving.today(), key=f"held_{job.form}"
        )
    saving.ask_pseudonym()
    with st.container(horizontal=True):
        decided = st.button("Save the decision", type="primary", key="save_decision")
        bare = kept is None and st.button("Save the case without a decision", key="save_case")
    if decided:
        _save(ranked, kind, option, text, reason, roles, held)
    if bare:
        saving.save(saving.content(ranked), ranked)


def _compared(ranked: Ranked, kind: DecisionKind | None, option: str | None) -> None:
    """Whether this decision is what ranks first, before it is saved."""
    if kind is None or (kind == "option" and option is None):
        return
    said = AGREEMENT[agreement_with(saving.content(ranked).ranking, kind, option, book())]
    note(f"This decision, compared with the ranking: {said}.", "quiet")


def _option(ranked: Ranked) -> str | None:
    options = ranked.assessment.policy("checked").options
    labels = {option.option: option.label for option in options}
    chosen: str | None = st.selectbox(
        "Option that is named",
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        key=f"named_{work().form}",
    )
    return chosen


def _save(
    ranked: Ranked,
    kind: DecisionKind | None,
    option: str | None,
    text: str,
    reason: str,
    roles: list[str],
    held: str,
) -> None:
    missing = _missing(ranked, kind, option, reason, roles)
    day = _date(held)
    if day is None:
        missing.append("a date of the form 2026-11-23 that does not lie in the future")
    if missing or kind is None or day is None:
        note(f"Nothing was saved. Still wanted: {'; '.join(missing)}.", "stop")
        return
    decision = BoardDecision(
        at=stamp(dt.datetime.now(dt.UTC)),
        held_on=day,
        kind=kind,
        option=option,
        text=text.strip(),
        reason=reason.strip(),
        roles=tuple(roles),
        statements={code: words for code, words in work().statements.items() if words.strip()},
    )
    saved = work().saved
    follow_up = saved.content.follow_up if saved else ()
    saving.save(saving.content(ranked, decision, follow_up), ranked)


def _missing(
    ranked: Ranked, kind: DecisionKind | None, option: str | None, reason: str, roles: list[str]
) -> list[str]:
    missing = []
    if kind is None:
        missing.append("the kind of decision")
    if kind == "option" and option is None:
        missing.append("the option that is named")
    if not reason.strip():
        missing.append("a reason")
    if not roles:
        missing.append("who took part, by role")
    if not work().draft.label.strip():
        missing.append("a case label (page 1)")
    if option is not None:
        named = [f for f in findings(ranked.assessment) if option in f.options and f.level != MONITOR]
        silent = [f.reason.label for f in named if not work().statements.get(f.reason.code, "").strip()]
        missing += [f"a clinician's statement on: {label} (page 2)" for label in silent]
    return missing


def _date(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day <= dt.datetime.now().astimezone().date() else None


def _follow_up(ranked: Ranked) -> None:
    saved = work().saved
    if saved is None or saved.content.decision is None:
        return
    st.header("Follow-up")
    for entry in saved.content.follow_up:
        pairs = (
            ("Date", str(entry.on)),
            ("Carried out", entry.realised),
            ("Course", entry.course),
            ("Notes", entry.text or "none"),
            ("Written by", entry.role),
        )
        show(Facts(pairs))
    with st.expander("Add a follow-up"):
        _add_follow_up(ranked)


def _add_follow_up(ranked: Ranked) -> None:
    on = st.text_input("Date (year-month-day)", value=saving.today(), key="follow_on")
    realised = st.radio(
        "Was the decision carried out", REALISED, index=3, horizontal=True, key="follow_realised"
    )
    course = st.radio("Course", COURSES, index=5, horizontal=True, key="follow_course")
    text = st.text_area("Notes (side effects, what was changed)", key="follow_text", max_chars=2000)
    role = st.selectbox("Written by", ROLES, key="follow_role")
    if not st.button("Save the follow-up", key="save_follow_up"):
        return
    day, saved = _date(on), work().saved
    if day is None or saved is None:
        note("Nothing was saved: the date is not of the form 2026-11-23, or lies in the future.", "stop")
        return
    entry = FollowUp(
        at=stamp(dt.datetime.now(dt.UTC)), on=day, realised=realised, course=course, text=text, role=role
    )
    new = saving.content(ranked, saved.content.decision, (*saved.content.follow_up, entry))
    saving.save(new, ranked)


def _report(ranked: Ranked) -> None:
    st.header("Report")
    note(
        f"Report {ranked.document.number}, {ranked.document.made_by}. Every file holds patient data. The "
        "command “cds report verify FILE” makes an HTML, PDF or JSON report again and compares.",
        "quiet",
    )
    with st.container(horizontal=True):
        for form, (name, kind) in FORMS.items():
            st.download_button(
                f"Report as {name}",
                data=partial(case_file, ranked.assessment, book(), form),
                file_name=file_name(ranked.assessment, form),
                mime=kind,
                key=f"report_{form}",
                on_click="ignore",
            )
    _report_with_decision(ranked)
    with st.expander("Preview of the first page"):
        show(Facts(ranked.document.band))
        for section in ranked.document.sections:
            if section.front:
                show_section(section)


def _report_with_decision(ranked: Ranked) -> None:
    saved, store = work().saved, people.store()
    if saved is None or saved.content.decision is None or store is None or work().changed:
        return
    note(f"The same with the decision of version {saved.number} in it, and the head of the log:", "quiet")
    document = document_with_decision(ranked.assessment, book(), saved.content, store.head())
    with st.container(horizontal=True):
        for form in WITH_DECISION:
            name, kind = FORMS[form]
            st.download_button(
                f"With the decision, as {name}",
                data=partial(decision_file, document, form),
                file_name=f"decision-{ranked.document.number}-v{saved.number}.{form}",
                mime=kind,
                key=f"decided_{form}",
                on_click="ignore",
            )


page()
