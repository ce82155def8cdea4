"""The case document: one assessment, told in the order a board reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from cds.document.blocks import Block, Document, Section, cleaned
from cds.files import sha256
from cds.report import phrases
from cds.report.case import changes, evidence, front, method, model, policies, robustness, why
from cds.report.case import entries as record
from cds.report.case import safety as findings
from cds.report.case import stability as stable
from cds.report.case.front import sentence
from cds.result import Assessment
from cds.rulebook.book import Rulebook

#: Id, title and composer of a section.
Part = tuple[str, str, Callable[[Assessment, Rulebook], Iterator[Block]]]

#: The first page.
FRONT: tuple[Part, ...] = (
    ("answer", "In one paragraph", front.answer),
    ("safety", "Safety first", findings.front),
    ("ranking", "Ranked options", front.ranking),
    ("stability-short", "How stable is the order?", stable.front),
)
#: What follows. Ids are stable: other programs name sections by them.
BODY: tuple[Part, ...] = (
    ("comparators", "Choices without everolimus", policies.comparators),
    ("safety-full", "Safety in full", findings.full),
    ("policies", "Checked against as published", policies.both),
    ("policy-lines", "Why the two policies differ, line by line", policies.line_by_line),
    ("why", "Why, for each ranked option", why.why),
    ("contrast", "Why one stands over the next", robustness.contrasts),
    ("stability", "Stability of the order in full", stable.full),
    ("next-test", "Which test could change the order", stable.next_test),
    ("flips", "What would change the answer", changes.flips),
    ("pathway", "The pathway in this tumour", why.picture),
    ("not-ranked", "Not ranked", policies.not_ranked),
    ("unknown", "What is not known", record.unknown),
    ("decision", "Decision of the board", record.decision),
    ("markers", "Markers as entered", record.markers),
    ("grades", "Grades of evidence", evidence.grades),
    ("evidence", "Evidence and sources", evidence.evidence),
    ("claims", "Claims that did not stand", evidence.claims),
    ("model", "Risk model", model.model),
    ("method", "Method, limits and versions", method.method),
)
SECTIONS = tuple(name for name, *_ in FRONT + BODY)
#: Sections that a reader at a terminal has to ask for.
FOLDED = {
    "stability-short", "safety-full", "policy-lines", "pathway", "decision", "markers", "grades", "evidence",
    "claims",
}  # fmt: skip


def brief(assessment: Assessment) -> tuple[str, ...]:
    """The ids of the sections that a terminal shows first."""
    folded = FOLDED if assessment.model is not None else FOLDED | {"model"}
    folded = folded if assessment.robustness is None else folded - {"stability-short"}
    return tuple(name for name in SECTIONS if name not in folded)


def case_document(assessment: Assessment, book: Rulebook, only: Collection[str] = SECTIONS) -> Document:
    """Compose the case document of an assessment; every text in it is made visible.

    `only` names the sections to compose, by id.
    """
    document = Document(
        title="Everolimus options in osteosarcoma: case for discussion",
        research_only=assessment.research_only,
        subject=subject(assessment),
        made_by=made_by(assessment),
        sections=tuple(_sections(assessment, book, only)),
        band=front.band(assessment, book),
        foot=_foot(assessment),
        number=number(assessment),
    )
    return cleaned(document)


def _sections(assessment: Assessment, book: Rulebook, only: Collection[str]) -> Iterator[Section]:
    for part in FRONT + BODY:
        name, title, composer = part
        blocks = tuple(composer(assessment, book)) if name in only else ()
        if blocks:
            yield Section(name, title, blocks, front=part in FRONT)


def subject(assessment: Assessment) -> str:
    """Whose case: what stands on every page."""
    age = phrases.values(assessment).get("age")
    return f"Case {assessment.patient}" + (f", {age.shown}" if age else "")


def made_by(assessment: Assessment) -> str:
    """Which software and rulebook made this, on one line."""
    made = assessment.provenance
    on = f", made on {phrases.day(made.made_on)}" if made.made_on else ""
    return f"{made.software}, rulebook {made.rulebook_version} ({made.rulebook_digest[:12]}){on}"


def number(assessment: Assessment) -> str:
    """The number of a report: the beginning of the digest of all it tells."""
    return digest(assessment)[:12]


def digest(assessment: Assessment) -> str:
    """SHA-256 of the frozen assessment as JSON."""
    return sha256(assessment.model_dump_json())


def _foot(assessment: Assessment) -> str:
    made = assessment.provenance
    policy = assessment.policy("checked").label
    return (
        f"Report {number(assessment)} · rulebook {made.rulebook_version} ({made.rulebook_digest[:12]}) · "
        f"policy {policy} · holds patient data"
    )


__all__ = ["brief", "case_document", "digest", "made_by", "number", "sentence", "subject"]
