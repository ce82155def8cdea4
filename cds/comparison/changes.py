"""Two assessments of one patient held against each other: what changed for which option, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cds.assessment import Context, assess
from cds.intake.draft import read_draft
from cds.result import Assessment, OptionResult
from cds.rulebook.book import Rulebook
from cds.store.cases import Version
from cds.wording import STATUS


@dataclass(frozen=True)
class Change:
    """One option before and after; `because` names the lines and reasons that made the difference."""

    option: str
    label: str
    was: str
    now: str
    points_was: int
    points_now: int
    moved: bool
    because: tuple[str, ...]


def changes(before: Assessment, after: Assessment, policy: str = "checked") -> tuple[Change, ...]:
    """Options whose place, status or points differ, in the order of the rulebook."""
    there = {option.option: option for option in before.policy(policy).options}
    found = []
    for option in after.policy(policy).options:
        old = there.get(option.option)
        if old and (_place(old) != _place(option) or old.points != option.points):
            found.append(_change(old, option))
    return tuple(found)


def _change(old: OptionResult, new: OptionResult) -> Change:
    return Change(
        option=new.option,
        label=new.label,
        was=_place(old),
        now=_place(new),
        points_was=old.points,
        points_now=new.points,
        moved=_place(old) != _place(new),
        because=(*_reasons(old, new), *_lines(old, new)),
    )


def _place(option: OptionResult) -> str:
    if option.rank is None:
        return STATUS[option.status]
    return f"{option.rank}{' (tie)' if option.tied else ''}, {STATUS[option.status]}"


def _reasons(old: OptionResult, new: OptionResult) -> Iterator[str]:
    before, after = ({r.code: r.label for r in option.reasons} for option in (old, new))
    yield from (label for code, label in after.items() if code not in before)
    if new.rank is not None:  # what lowered a rank is no news of an option that lost it
        yield from (f"no longer: {label}" for code, label in before.items() if code not in after)


def _lines(old: OptionResult, new: OptionResult) -> Iterator[str]:
    before, after = ({line.id: line for line in option.contributions} for option in (old, new))
    for name in dict.fromkeys([*before, *after]):
        line = after.get(name) or before[name]
        points = [lines[name].points if name in lines else 0 for lines in (before, after)]
        if points[0] != points[1]:
            yield f"{line.label} ({points[0]:+d} before, {points[1]:+d} after)"


@dataclass(frozen=True)
class ThenNow:
    """A saved version's answer then, and the answer of the present rulebook to the same entries.

    With the same rulebook another software can still answer otherwise: see `same`.
    """

    same_rulebook: bool
    then: str
    now: str
    answer_differs: bool
    first_differs: bool
    changes: tuple[Change, ...]
    not_read: tuple[str, ...]
    assessment: Assessment

    @property
    def same(self) -> bool:
        """Whether every entry could be read and nothing of answer, order, status and points differs."""
        return not (self.answer_differs or self.first_differs or self.changes or self.not_read)


def then_and_now(
    version: Version, kept: str | None, book: Rulebook, context: Context | None = None
) -> ThenNow:
    """Assess the entries of a saved version again; `kept` is the assessment it was saved with."""
    reading = read_draft(version.content.draft(), book)
    known = set(book.marker)
    lost = [f"{name}: no marker of this rulebook" for name in version.content.markers if name not in known]
    patient = reading.patient
    beside = context or Context(patient.details, patient.flags)
    now = assess(patient.cohort(book), book, context=beside)
    ranking = version.content.ranking
    before = Assessment.model_validate_json(kept) if kept else None
    return ThenNow(
        same_rulebook=bool(ranking and ranking.rulebook_digest == book.digest),
        then=ranking.answer if ranking else "not ranked",
        now=now.answer,
        answer_differs=bool(ranking and ranking.answer != now.answer),
        first_differs=bool(ranking and {place.option for place in ranking.first()} != _first(now)),
        changes=changes(before, now) if before else (),
        not_read=(*lost, *(f"{fault.label}: {fault.problem}" for fault in reading.faults)),
        assessment=now,
    )


def _first(assessment: Assessment) -> set[str]:
    return {option.option for option in assessment.policy("checked").ranked() if option.rank == 1}
