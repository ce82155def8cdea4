"""One patient of a command: read from a file, filled with what is assumed, and assessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cds.assessment import Context
    from cds.cohort import Cohort
    from cds.result import Assessment
    from cds.rulebook.book import Rulebook


def read(
    source: Path, book: Rulebook, assume: Path | None, made_on: dt.date | None = None
) -> tuple[Cohort, Context]:
    """The patient as a cohort of one, and what is told beside it; InputError lists every fault.

    Only what was filled in is told as assumed, not what the patient's file says itself.
    """
    from cds.assessment import Context
    from cds.intake.assumptions import read_assumptions
    from cds.intake.patient import read_patient

    patient = read_patient(source, book)
    cohort, assumed = patient.cohort(book), {}
    if assume is not None:
        assumptions, entered = read_assumptions(assume, book), patient.profile
        cohort = assumptions.fill(cohort, book)
        filled = {name for name in cohort.columns if cohort.value(book.marker[name], 0) is not None}
        assumed = {name: said for name, said in assumptions.said.items() if name in filled - entered.keys()}
    return cohort, Context(patient.details, patient.flags, assumed, made_on)


def assessed(
    source: Path,
    book: Rulebook,
    assume: Path | None,
    made_on: dt.date,
    seed: int | None,
    contrasts: bool,
    model: str | None,
) -> Assessment:
    """The assessment, with what was asked for beside it.

    `seed`: None where the stability was not asked for; `model`: None where none was named.
    """
    from cds.assessment import assess

    cohort, context = read(source, book, assume, made_on)
    assessment = assess(cohort, book, context=context)
    if seed is not None:
        from cds.robustness.summary import with_robustness

        assessment = with_robustness(assessment, cohort, book, seed)
    if contrasts:
        from cds.robustness.contrast import with_contrasts

        assessment = with_contrasts(assessment, book)
    if model is not None:
        from cds.comparison.with_model import with_model
        from cds.risk.shelf import named

        assessment = with_model(assessment, cohort, book, *named(model, book))
    return assessment
