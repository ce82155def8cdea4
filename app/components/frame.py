"""The frame of every page: research line, whose case, which policy, which rulebook."""

from __future__ import annotations

import traceback
from html import escape
from typing import TextIO

import streamlit as st

from app.components import links, people, words
from app.components.blocks import note, show
from app.components.work import Ranked, book, clock, work
from cds import __version__
from cds.document.blocks import Items, visible
from cds.document.tags import CAUTION, STOP
from cds.errors import CdsError
from cds.notice import RESEARCH_ONLY
from cds.report.case import front
from cds.report.case.safety import findings
from cds.report.rulebook.tables import contradicted_count

#: Pages on which more than one patient, or none, is looked at: no case in the banner.
WITHOUT_CASE = ("evidence", "cohort", "saved", "model")
POLICY, OPTION = "policy", "option"


def sidebar() -> None:
    """Policy and meeting mode: chosen here, said in words in the banner."""
    with st.sidebar:
        if links.asks_wrongly(POLICY, words.POLICIES):
            work().said = "The link asks for a policy that does not exist; the checked policy is shown."
        links.choose(
            st.segmented_control,
            "Evidence policy",
            words.POLICIES,
            POLICY,
            "checked",
            required=True,
            help="Checked: what our check left standing. As published: the review at its word.",
        )
        st.toggle(
            "Meeting mode",
            value=True,
            key="meeting",
            persist_state="session",
            help="The ranking stays folded until the board has written down its own view.",
        )
        if people.signs_in():
            st.text(f"{people.actor()} ({people.role()})")
            st.button("Sign out", on_click=st.logout)


def policy() -> str:
    """The policy that is shown first."""
    return str(st.session_state.get(POLICY) or "checked")


def research_line() -> None:
    """The line that stands on every page, where there is no banner."""
    st.html(f'<div class="cds"><p class="cds-research">{RESEARCH_ONLY}</p></div>')


def banner(page: str) -> None:
    """The band that stays on top."""
    job = work()
    with st.container(key="banner"):
        pairs = [] if page in WITHOUT_CASE else _case()
        band = "".join(
            f"<div><dt>{escape(label)}</dt><dd>{escape(visible(value))}</dd></div>" for label, value in pairs
        )
        line = f'<p class="cds-research">{RESEARCH_ONLY}</p>'
        st.html(f'<div class="cds">{line}<dl class="cds-band">{band}</dl></div>')
        if pairs and job.changed and job.ranked:
            note(words.CHANGED.format(time=clock(job.ranked.at)), "caution")
        if page == "what_if" and job.ranked and not folded():
            weights = st.session_state.get("what") == words.WEIGHTS
            note(words.YOUR_WEIGHTS if weights else words.WHAT_IF, "caution")
    if job.said:
        note(job.said, "monitor")
        job.said = ""


def _case() -> list[tuple[str, str]]:
    job = work()
    label = job.draft.label.strip() or (words.NOTHING_OPEN if not job.draft.markers else "not labelled yet")
    pairs = [("Case", label)]
    if job.ranked:
        pairs += _ranked(job.ranked)
    elif job.draft.markers:
        pairs += [("Entered", words.values(len(job.draft.markers))), ("Ranked", "not yet")]
    return pairs


def _ranked(ranked: Ranked) -> list[tuple[str, str]]:
    pairs = front.banner(ranked.assessment, book())
    return [*pairs, ("Safety", _levels(ranked)), ("Policy", _policy_words()), ("Ranked", clock(ranked.at))]


def _levels(ranked: Ranked) -> str:
    levels = [finding.level for finding in findings(ranked.assessment) if not finding.moot]
    said = [f"{level} {levels.count(level)}" for level in dict.fromkeys(levels)]
    return ", ".join(said) or "no rule true"


def mark(page: str) -> str:
    """What the menu says beside the safety page: how many stops and cautions."""
    ranked = work().ranked
    if page != "safety" or ranked is None:
        return ""
    levels = [finding.level for finding in findings(ranked.assessment) if not finding.moot]
    counts = {"■": levels.count(STOP), "▲": levels.count(CAUTION)}
    return "".join(f" {sign}{count}" for sign, count in counts.items() if count)


def _policy_words() -> str:
    if policy() == "checked":
        return "checked"
    return f"▲ as published, includes {contradicted_count(book())} contradicted claims"


def footer() -> None:
    """Which rulebook and software; where a mistake is told."""
    identity = book().identity
    with st.bottom:
        st.html(
            f'<div class="cds cds-foot">Rulebook {escape(identity.version)} ({book().digest[:7]}), '
            f"to be reviewed by {escape(identity.review_by)} · evr-cds {__version__} · Found a "
            f"mistake? See SECURITY.md and "
            "CONTRIBUTING.md of the project.</div>"
        )


def statement() -> bool:
    """What it is for, to be read once per visit."""
    if st.session_state.get("accepted"):
        return True
    research_line()
    st.title(words.TITLE)
    note(words.STATEMENT, "caution")
    for heading, lines in (("What it is", words.IT_IS), ("What it is not", words.IT_IS_NOT)):
        st.header(heading)
        show(Items(lines))
    st.button(words.ACCEPT, type="primary", key="accept", on_click=_accept)
    return False


def _accept() -> None:
    st.session_state["accepted"] = True


def refusal(error: CdsError) -> None:
    """What the engine refused, in its own words; nothing else is shown."""
    note(f"{error.title}. Nothing was saved.", "stop")
    if error.faults:
        show(Items(tuple(str(fault) for fault in error.faults[:50]), "stop"))


def fault(error: Exception, log: TextIO) -> None:
    """An internal fault: a code on the page, type and place in the log, never a value."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    code = f"E-{type(error).__name__}-{last.lineno}"
    print(f"{code} in {last.name} of {last.filename.rpartition('/')[2]}", file=log)
    note(
        f"This page could not be made. Nothing was saved. Code {code}. Reload the page to try again.", "stop"
    )


def folded() -> bool:
    """Whether the ranking is to stay folded: meeting mode, and the board has said nothing yet."""
    return bool(st.session_state.get("meeting", True)) and work().own_view is None
