"""The report of a case as files, with the board's decision in it once there is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from cds.comparison.agreement import agreement_of
from cds.document import docx, html, pdf
from cds.document.blocks import Block, Document, Facts, Heading, Paragraph, Section, cleaned
from cds.report import files
from cds.report.case.document import case_document
from cds.report.phrases import day
from cds.result import Assessment
from cds.rulebook.book import Rulebook
from cds.store.record import DECISIONS, BoardDecision, Content, FollowUp

FORMS = {
    "html": ("HTML", "text/html"),
    "pdf": ("PDF", "application/pdf"),
    "docx": ("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "md": ("Markdown", "text/markdown"),
    "json": ("JSON", "application/json"),
    "fhir": ("FHIR", "application/fhir+json"),
}
#: Forms of the report that holds the decision. It can't be verified by `cds report verify`: it
#: holds more than the assessment, and carries no data.
WITH_DECISION = ("html", "pdf", "docx")


def document_with_decision(
    assessment: Assessment, book: Rulebook, content: Content, head: str | None
) -> Document:
    """The case document, with what the board decided in the place of the empty form.

    `head` is the head of the audit log, to be printed so that a cut end of the log can be seen.
    """
    document = case_document(assessment, book)
    if content.decision is None:
        return document
    filled = Section("decision", "Decision of the board", tuple(_decided(content, book, head)))
    sections = tuple(filled if section.id == "decision" else section for section in document.sections)
    return cleaned(dataclasses.replace(document, sections=sections))


def case_file(assessment: Assessment, book: Rulebook, form: str) -> bytes:
    """The report of an assessment in one form, as `cds report case` writes it."""
    return files.render(assessment, book, case_document(assessment, book), form)


def decision_file(document: Document, form: str) -> bytes:
    """A document with the decision in it, in one of the forms."""
    if form == "pdf":
        return pdf.render(document)
    return docx.render(document) if form == "docx" else html.render(document).encode()


def _decided(content: Content, book: Rulebook, head: str | None) -> list[Block]:
    decision = content.decision
    assert decision is not None  # noqa: S101 - the caller asked
    blocks: list[Block] = [Facts(_pairs(content, decision, book))]
    if decision.statements:
        blocks += [Heading("Clinician's statements"), Facts(tuple(_statements(decision, book)))]
    if content.follow_up:
        blocks.append(Heading("Follow-up"))
        blocks += [Facts(_followed(entry)) for entry in content.follow_up]
    if head:
        blocks.append(Paragraph(f"Head of the audit log when this report was made: {head}", "quiet"))
    return blocks


def _statements(decision: BoardDecision, book: Rulebook) -> Iterator[tuple[str, str]]:
    for code, words in sorted(decision.statements.items()):
        yield (book.rule[code].label if code in book.rule else code), words


def _pairs(content: Content, decision: BoardDecision, book: Rulebook) -> tuple[tuple[str, str], ...]:
    agreement = {"agrees": "yes", "differs": "no", "not_applicable": "not applicable"}
    return (
        ("Own view before the ranking", own_view_words(content, book)),
        ("Decision", decision_words(decision, book)),
        ("Agrees with the ranking", agreement[agreement_of(content.ranking, decision, book)]),
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
    label = book.option[view.option].label if view.option in book.option else view.option
    said = ": ".join(part for part in (label or "", view.text) if part)
    return f"{'no view yet' if view.skipped else said} ({day(view.at[:10])} {view.at[11:16]} UTC)"


def _followed(entry: FollowUp) -> tuple[tuple[str, str], ...]:
    return (
        ("Date", day(entry.on.isoformat())),
        ("Was the decision carried out", entry.realised),
        ("Course", entry.course),
        ("Notes", entry.text or "none"),
        ("Written by", entry.role),
    )
