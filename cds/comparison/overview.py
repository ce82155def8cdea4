"""All cases in one table: the first option then, and what the present rulebook puts first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cds.cohort import cohort_from_profiles
from cds.comparison.agreement import AGREEMENT, agreement_of
from cds.decision import decide
from cds.intake.draft import read_draft
from cds.rulebook.book import Rulebook
from cds.store.cases import Version


@dataclass(frozen=True)
class Line:
    """One case of the overview."""

    case_id: str
    label: str
    number: int
    saved_at: str
    then: str
    now: str
    changed: bool
    decision: str
    agreement: str


def overview(versions: Sequence[Version], book: Rulebook) -> tuple[Line, ...]:
    """One line a case; all are ranked again together, as one cohort."""
    now = _first_now(versions, book)
    return tuple(_line(version, first, book) for version, first in zip(versions, now, strict=True))


def _line(version: Version, now: str, book: Rulebook) -> Line:
    content = version.content
    then = _first_then(version, book)
    decision = content.decision
    return Line(
        case_id=version.case_id,
        label=content.label,
        number=version.number,
        saved_at=version.saved_at,
        then=then,
        now=now,
        changed=then not in ("not ranked", now),
        decision=content.decided(),
        agreement=AGREEMENT[agreement_of(content.ranking, decision, book)] if decision else "",
    )


def _first_then(version: Version, book: Rulebook) -> str:
    ranking = version.content.ranking
    if ranking is None:
        return "not ranked"
    return _words(ranking.answer, [place.option for place in ranking.first()], book)


def _first_now(versions: Sequence[Version], book: Rulebook) -> list[str]:
    if not versions:
        return []
    profiles = [read_draft(version.content.draft(), book).patient.profile for version in versions]
    decision = decide(cohort_from_profiles(book, profiles), book)
    ranks = decision.ranking.rank
    found = []
    for row in range(len(versions)):
        first = [option.id for at, option in enumerate(book.options) if ranks[at, row] == 1]
        found.append(_words(decision.answer_of(row).id, first, book))
    return found


def _words(answer: str, first: list[str], book: Rulebook) -> str:
    if answer in book.answer and not book.answer[answer].abstains:
        return " = ".join(first)
    return answer.replace("_", " ")
