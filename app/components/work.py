"""What one browser session works on. It lives in the session only and is never cached."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import streamlit as st

import cds
from app.components import people
from cds.intake.draft import Draft, read_draft
from cds.store.drafts import Drafts

if TYPE_CHECKING:
    from cds import Assessment
    from cds.document.blocks import Document, Section
    from cds.errors import CdsError
    from cds.intake.draft import Reading
    from cds.intake.patient import Patient
    from cds.risk.model import RiskModel
    from cds.rulebook.book import Rulebook
    from cds.store.cases import Version
    from cds.store.record import OwnView


@dataclass
class Ranked:
    """A ranking as it was made, with what was computed from it on demand."""

    patient: Patient
    assessment: Assessment
    document: Document
    digest: str
    at: dt.datetime

    def beside(self, model: RiskModel | None) -> None:
        """Put what a risk model says beside the order, or take it away again."""
        rules = book()
        provenance = self.assessment.provenance.model_copy(update={"model": None, "model_digest": None})
        bare = self.assessment.model_copy(update={"model": None, "provenance": provenance})
        if model is not None:
            bare = cds.with_model(bare, self.patient.cohort(rules), rules, model, pinned=True)
        self.assessment, self.document = bare, cds.case_document(bare, rules)

    def section(self, name: str) -> Section | None:
        """A section of the case document."""
        return self.document.section(name)


@dataclass
class Work:
    """The draft of this session, the last ranking made from it, and what the board said so far."""

    draft: Draft = field(default_factory=Draft)
    ranked: Ranked | None = None
    reading: Reading | None = None
    own_view: OwnView | None = None
    saved: Version | None = None
    draft_id: str | None = None
    is_pseudonym: bool = False
    statements: dict[str, str] = field(default_factory=dict)
    what_if: Draft | None = None
    weights: dict[str, int] = field(default_factory=dict)
    model: str = ""
    said_of_model: CdsError | None = None
    said: str = ""  # a sentence to show once on the next page
    form: int = 0  # a new number makes the form forget what its fields hold

    @property
    def changed(self) -> bool:
        """Whether the form was changed after the last ranking."""
        return self.ranked is not None and self.ranked.digest != self.draft.digest

    def open(self, draft: Draft, saved: Version | None = None, draft_id: str | None = None) -> None:
        """Start on another draft."""
        self.draft, self.ranked, self.reading = draft, None, None
        self.own_view = saved.content.own_view if saved else None
        self.saved, self.draft_id = saved, draft_id
        self.is_pseudonym = bool(saved and saved.content.is_pseudonym)
        self.statements, self.what_if, self.weights = {}, None, {}
        self.form += 1

    def keep(self) -> None:
        """Keep the draft between visits; where there is no store, it lives in this session only."""
        store = people.store()
        if store is None or not people.may_edit():
            return
        case, opened = (self.saved.case_id, self.saved.number) if self.saved else (None, None)
        try:
            self.draft_id = Drafts(store).keep(self.draft, self.draft_id, case, opened)
        except cds.CdsError:
            self.draft_id = None


def work() -> Work:
    """The work of this session."""
    if "work" not in st.session_state:
        st.session_state["work"] = Work()
    return cast("Work", st.session_state["work"])


def book(fresh: bool = False) -> Rulebook:
    """The rulebook; `fresh` (once a run) reads it again if a file of it changed."""
    if fresh or "rulebook" not in st.session_state:
        st.session_state["rulebook"] = cds.load()
    return cast("Rulebook", st.session_state["rulebook"])


def rank() -> bool:
    """Read the draft and rank it; False if a field has a fault, which then stands beside the field."""
    job, rules = work(), book()
    job.reading = read_draft(job.draft, rules)
    if job.reading.faults:
        job.ranked = None
        return False
    job.what_if = None
    now = dt.datetime.now(dt.UTC)
    cohort = job.reading.patient.cohort(rules)
    with st.spinner("Ranking, and trying other weights and tests"):
        assessment = cds.with_robustness(assessed(job.reading.patient, now, rules), cohort, rules)
        assessment = cds.with_contrasts(assessment, rules)
        # Set before the spinner ends: whoever goes to another page meanwhile does not lose it.
        job.model = ""
        job.ranked = Ranked(
            job.reading.patient, assessment, cds.case_document(assessment, rules), job.draft.digest, now
        )
    job.keep()
    return True


def assessed(patient: Patient, now: dt.datetime, rules: Rulebook) -> Assessment:
    """The assessment of a patient as read."""
    context = cds.Context(patient.details, patient.flags, made_on=now.date())
    return cds.assess(patient.cohort(rules), rules, context=context)


def clock(moment: dt.datetime | str) -> str:
    """A moment as a reader here writes it: 23-Nov-2026 14:02."""
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    return moment.astimezone().strftime("%d-%b-%Y %H:%M")
