"""Reports as files: one assessment in every format, named by its digest and never by a label."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from cds.document import docx, html, markdown, pdf
from cds.document.blocks import Document
from cds.errors import Fault, InputError
from cds.files import write_whole
from cds.report import envelope, fhir
from cds.report.case import document as case
from cds.report.cohort import document as cohort
from cds.report.cohort.extras import NOTHING, More
from cds.report.cohort.run import CohortRun
from cds.result import Assessment
from cds.rulebook.book import Rulebook

FORMATS = ("html", "pdf", "docx", "md", "json", "fhir")
COHORT_FORMATS = ("html", "pdf", "docx", "md")
_SUFFIX = {"fhir": "fhir.json"}


def case_files(assessment: Assessment, book: Rulebook, formats: Sequence[str] = FORMATS) -> dict[str, bytes]:
    """File name -> content of a case report in each format asked for."""
    check_formats(formats, FORMATS)
    document = case.case_document(assessment, book)
    return {file_name(assessment, form): render(assessment, book, document, form) for form in formats}


def file_name(assessment: Assessment, form: str) -> str:
    """`case-<beginning of the digest>.<format>`."""
    return f"case-{case.number(assessment)}.{_SUFFIX.get(form, form)}"


def render(assessment: Assessment, book: Rulebook, document: Document, form: str) -> bytes:
    """One format; equal assessments give equal bytes."""
    on = assessment.provenance.made_on
    made: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: html.render(document, envelope.pack(assessment)),
        "pdf": lambda: pdf.render(document, envelope.pack(assessment)),
        "docx": lambda: docx.render(document, dt.date.fromisoformat(on) if on else None),
        "md": lambda: markdown.render(document),
        "json": lambda: assessment.model_dump_json(indent=2) + "\n",
        "fhir": lambda: json.dumps(fhir.bundle(assessment, book), indent=2, ensure_ascii=False) + "\n",
    }
    content = made[form]()
    return content if isinstance(content, bytes) else content.encode()


def cohort_files(
    run: CohortRun, book: Rulebook, shared: bool, formats: Sequence[str], more: More = NOTHING
) -> dict[str, bytes]:
    """File name -> content of a cohort report in each format; `more` as in `cohort_document`."""
    check_formats(formats, COHORT_FORMATS)
    document = cohort.cohort_document(run, book, shared, more)
    on = run.run.get("made_on")
    made: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: html.render(document),
        "pdf": lambda: pdf.render(document),
        "docx": lambda: docx.render(document, dt.date.fromisoformat(on) if on else None),
        "md": lambda: markdown.render(document),
    }
    name = f"cohort-{'shared' if shared else 'board'}-{cohort.number(run, more)}"
    contents = {form: made[form]() for form in formats}
    return {f"{name}.{form}": c if isinstance(c, bytes) else c.encode() for form, c in contents.items()}


def check_formats(wanted: Sequence[str], known: Sequence[str]) -> None:
    """InputError for a format that there is not."""
    faults = [
        Fault("--format", f"{form!r} is no format", f"Use: {', '.join(known)}.")
        for form in wanted
        if form not in known
    ]
    if faults or not wanted:
        raise InputError("The formats are not known", faults or [Fault("--format", "no format given")])


def write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Write files into a folder, each completely or not at all; returns their paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(folder / name, content)
    except OSError as error:
        fault = Fault("--out", error.strerror or "can't be written", "Name a folder that can be written.")
        raise InputError("The report can't be written", [fault]) from None
    return [folder / name for name in files]
