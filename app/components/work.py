"""What one browser session works on. It lives in the session only and is never cached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import streamlit as st

from cds import Assessment, Context, Document, Draft, Patient, Reading, Rulebook, assess, compose, load, read_draft


@dataclass
class Ranked:
    """A ranking as it was made, with what was computed from it on demand."""

    patient: Patient
    assessment: Assessment
    document: Document
    digest: str
    at: dt.datetime
    made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute something from this ranking once."""
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]


@dataclass
class Work:
    """The draft of this session and the last ranking made from it."""

    draft: Draft = field(default_factory=Draft)
    ranked: Ranked | None = None
    reading: Reading | None = None
    form: int = 0  # a new number makes the form forget what its fields hold

    @property
    def changed(self) -> bool:
        """Whether the form was changed after the last ranking."""
        return self.ranked is not None and self.ranked.digest != self.draft.digest

    def open(self, draft: Draft) -> None:
        """Start on another draft."""
        self.draft, self.ranked, self.reading = draft, None, None
        self.form += 1


def work() -> Work:
    """The work of this session."""
    if "work" not in st.session_state:
        st.session_state["work"] = Work()
    return cast(Work, st.session_state["work"])


def book() -> Rulebook:
    """The rulebook; read again only if a file of it changed."""
    return load()


def rank() -> bool:
    """Read the draft and rank it; False if a field has a fault, which then stands beside the field."""
    job, rules = work(), book()
    job.reading = read_draft(job.draft, rules)
    if job.reading.faults:
        job.ranked = None
        return False
    patient = job.reading.patient
    now = dt.datetime.now(dt.UTC)
    context = Context(patient.details, patient.flags, made_on=now.date())
    assessment = assess(patient.cohort(rules), rules, context=context)
    job.ranked = Ranked(patient, assessment, compose(assessment, rules), job.draft.digest, now)
    return True


def clock(moment: dt.datetime) -> str:
    """A moment as a reader here writes it: 23-Nov-2026 14:02."""
    return moment.astimezone().strftime("%d-%b-%Y %H:%M")
