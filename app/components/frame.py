"""The frame of every page: research line, whose case, which policy, which rulebook."""

from __future__ import annotations

import traceback
from html import escape
from typing import TextIO

import streamlit as st

from app.components import words
from app.components.blocks import note, show
from app.components.work import clock, work
from cds import RESEARCH_ONLY, CdsError, Items


def banner() -> None:
    """The band that stays on top: research line and the open case."""
    job = work()
    pairs = [("Case", job.draft.label or "No case open")]
    if job.ranked:
        known = len(job.ranked.assessment.entered)
        pairs += [("Entered", str(known)), ("Ranked", clock(job.ranked.at))]
    with st.container(key="banner"):
        band = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in pairs)
        st.html(f'<div class="cds"><p class="cds-research">{RESEARCH_ONLY}</p><dl class="cds-band">{band}</dl></div>')
        if job.changed and job.ranked:
            note(words.CHANGED.format(time=clock(job.ranked.at)), "caution")


def refusal(error: CdsError) -> None:
    """What the engine refused, in its own words; nothing else is shown."""
    note(error.title, "stop")
    show(Items(tuple(str(fault) for fault in error.faults[:50]), "stop"))


def fault(error: Exception, log: TextIO) -> None:
    """An internal fault: a code on the page, type and place in the log, never a value."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    code = f"E-{type(error).__name__}-{last.lineno}"
    print(f"{code} in {last.name} of {last.filename.rpartition('/')[2]}", file=log)
    note(f"This page could not be made. Nothing was saved. Code {code}. Reload the page to try again.", "stop")
