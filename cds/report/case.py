"""The case document: one assessment, told in the order a board reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from cds.report import (
    evidence,
    findings,
    front,
    method,
    model,
    policies,
    record,
    robustness,
    say,
    stable,
    why,
)
from cds.report.blocks import Block, Document, Section, cleaned
from cds.report.front import sentence
from cds.result import Assessment
from cds.rulebook.book import Rulebook

Composer = Callable[[Assessment, Rulebook], Iterator[Block]]

#: The first page: id, title, composer.
FRONT: tuple[tuple[str, str, Composer], ...] = (
    ("answer", "In one paragraph", front.answer),
    ("safety", "Safety first", findings.front),
    ("ranking", "Ranked options", front.ranking),
    ("stability-short", "How stable is the order?", stable.front),
)
#: What follows. Ids are stable: other programs name sections by them.
BODY: tuple[tuple[str, str, Composer], ...] = (
    ("comparators", "Choices without everolimus", policies.comparators),
    ("safety-full", "Safety in full", findings.full),
    ("policies", "Checked against as published", policies.both),
    ("why", "Why, for each ranked option", why.why),
    ("contrast", "Why one stands over the next", robustness.contrasts),
    ("stability", "Stability of the order in full", stable.full),
    ("next-test", "Which test next", stable.next_test),
    ("flips", "What would change the answer", robustness.flips),
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
#: Sections that documents hold and the terminal leaves out unless they are named.
PAPER = frozenset(
    ("stability-short", "safety-full", "pathway", "decision", "grades", "evidence", "claims", "model")
)


def compose(assessment: Assessment, book: Rulebook) -> Document:
    """Compose the case document of an assessment; every text in it is made visible."""
    document = Document(
        title="Everolimus options in osteosarcoma: case for discussion",
        research_only=assessment.research_only,
        subject=subject(assessment),
        made_by=made_by(assessment),
        sections=(*_sections(assessment, book, FRONT, front_page=True), *_sections(assessment, book, BODY)),
        band=front.band(assessment, book),
        foot=_foot(assessment),
        number=number(assessment),
    )
    return cleaned(document)


def _sections(
    assessment: Assessment,
    book: Rulebook,
    plan: tuple[tuple[str, str, Composer], ...],
    front_page: bool = False,
) -> Iterator[Section]:
    for name, title, composer in plan:
        blocks = tuple(composer(assessment, book))
        if blocks:
            yield Section(name, title, blocks, front=front_page, paper=name in _paper(assessment))


def _paper(assessment: Assessment) -> frozenset[str]:
    """A risk model that was named is told in the terminal too."""
    return PAPER - {"model"} if assessment.model is not None else PAPER


def subject(assessment: Assessment) -> str:
    """Whose case: what stands on every page."""
    age = say.values(assessment).get("age")
    return f"Case {assessment.patient}" + (f", {age.shown}" if age else "")


def made_by(assessment: Assessment) -> str:
    """Which software and rulebook made this, on one line."""
    made = assessment.provenance
    on = f", made on {say.day(made.made_on)}" if made.made_on else ""
    return f"{made.software}, rulebook {made.rulebook_version} ({made.rulebook_digest[:12]}){on}"


def number(assessment: Assessment) -> str:
    """The number of a report: the beginning of the digest of all it tells."""
    return digest(assessment)[:12]


def digest(assessment: Assessment) -> str:
    """SHA-256 of the frozen assessment as JSON."""
    return hashlib.sha256(assessment.model_dump_json().encode()).hexdigest()


def _foot(assessment: Assessment) -> str:
    made = assessment.provenance
    policy = assessment.policy("checked").label
    return (
        f"Report {number(assessment)} · rulebook {made.rulebook_version} ({made.rulebook_digest[:12]}) · "
        f"policy {policy} · holds patient data"
    )


__all__ = ["compose", "digest", "made_by", "number", "sentence", "subject"]
