"""The report of a case as files, with the board's decision in it once there is one."""

from __future__ import annotations

import dataclasses
import datetime as dt

from cds.cases.agreement import agreement_of
from cds.cases.record import DECISIONS, BoardDecision, Content, FollowUp
from cds.report import docx, html, markdown, pdf
from cds.report.blocks import Block, Document, Facts, Heading, Paragraph, Section, cleaned
from cds.report.case import compose
from cds.report.say import day
from cds.result import Assessment
from cds.rulebook.book import Rulebook

FORMS = {
    "html": ("HTML", "text/html"),
    "pdf": ("PDF", "application/pdf"),
    "docx": ("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "md": ("Markdown", "text/markdown"),
}


def case_document(
    assessment: Assessment, book: Rulebook, content: Content | None, head: str | None
) -> Document:
    """The case document; the empty decision form gives way to what the board decided."""
    document = compose(assessment, book)
    if content is None or content.decision is None:
        return document
    filled = Section("decision", "Decision of the board", tuple(_decided(content, book, head)), paper=True)
    sections = tuple(filled if section.id == "decision" else section for section in document.sections)
    return cleaned(dataclasses.replace(document, sections=sections))


def as_file(document: Document, form: str) -> bytes:
    """The document in one of the forms."""
    if form == "pdf":
        return pdf.render(document)
    if form == "docx":
        return docx.render(document)
    return (html.render(document) if form == "html" else markdown.render(document)).encode()


def file_name(assessment: Assessment, form: str, at: dt.datetime) -> str:
    """A name made of time and digest, never of the label."""
    return f"case-{at:%Y%m%d-%H%M}-{assessment.provenance.input_digest[:8]}.{form}"


def _decided(content: Content, book: Rulebook, head: str | None) -> list[Block]:
    decision = content.decision
    assert decision is not None  # noqa: S101 - the caller asked
    blocks: list[Block] = [Facts(_pairs(content, decision, book))]
    if decision.statements:
        blocks += [Heading("Statements on cautions"), Facts(tuple(sorted(decision.statements.items())))]
    if content.follow_up:
        blocks.append(Heading("Follow-up"))
        blocks += [Facts(_followed(entry)) for entry in content.follow_up]
    if head:
        blocks.append(Paragraph(f"Head of the audit log when this report was made: {head}", "quiet"))
    return blocks


def _pairs(content: Content, decision: BoardDecision, book: Rulebook) -> tuple[tuple[str, str], ...]:
    agreement = {"agrees": "yes", "differs": "no", "not_applicable": "not applicable"}
    return (
        ("Own view before the ranking", own_view_words(content, book)),
        ("Decision", decision_words(decision, book)),
        ("Agrees with the ranking", agreement[agreement_of(content.ranking, decision)]),
        ("Reason", decision.reason),
        ("Persons, by role", ", ".join(decision.roles)),
        ("Date of the meeting", day(decision.held_on.isoformat())),
    )


def decision_words(decision: BoardDecision, book: Rulebook) -> str:
    """A decision in words."""
    label = book.option[decision.option].label if decision.option in book.option else decision.option
    parts = [DECISIONS[decision.kind], label or "", decision.text]
    return ": ".join(part for part in parts if part)


def own_view_words(content: Content, book: Rulebook) -> str:
    """What the board thought before it saw the ranking."""
    view = content.own_view
    if view is None:
        return "not asked: meeting mode was off"
    if view.skipped:
        return "no view yet"
    label = book.option[view.option].label if view.option in book.option else view.option
    return ": ".join(part for part in (label or "", view.text) if part)


def _followed(entry: FollowUp) -> tuple[tuple[str, str], ...]:
    return (
        ("Date", day(entry.on.isoformat())),
        ("Was the decision carried out", entry.realised),
        ("Course", entry.course),
        ("Notes", entry.text or "none"),
        ("Written by", entry.role),
    )
