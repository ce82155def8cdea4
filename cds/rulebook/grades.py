"""Grades of evidence as tumour boards use them: declared schemes, and one grade for each thing graded.

Grades are shown beside the ranking and never give points. The grade of a regimen and the grade of
a marker are two things and are never joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from cds.errors import Fault
from cds.rulebook.base import Backed, Id, Record, Text
from cds.rulebook.pictures import picture_faults
from cds.vocabulary import Kind, Verification

if TYPE_CHECKING:
    from cds.rulebook.book import Rulebook

Of = Literal["regimen", "marker"]
#: Said with every grade.
TO_BE_CONFIRMED = "Assigned by rulebook, to be confirmed by a person."
#: Rules by which a finding speaks for or against an option; each carries a grade.
GRADED = (Kind.SUPPORTS, Kind.OPPOSES, Kind.TARGET)


class Scheme(Backed):
    """A grading scheme and what its levels mean, in our words."""

    id: Literal["amp", "escat", "m"]
    label: Text
    grades: tuple[Of, ...] = Field(min_length=1)
    levels: dict[Text, Text] = Field(min_length=1)


class Grade(Record):
    """The grade of a regimen (an option) or of a marker (a rule), with its reason."""

    of: Of
    names: Id
    amp: Text | None = None
    escat: Text | None = None
    m: Text
    because: Text
    verification: Verification

    @model_validator(mode="after")
    def _fits_what_it_grades(self) -> Grade:
        """AMP and ESCAT grade findings; a regimen has an m-level only."""
        given = (self.amp is not None, self.escat is not None)
        if given != ((False, False) if self.of == "regimen" else (True, True)):
            raise ValueError("a regimen has m only; a marker has amp, escat and m")
        return self

    def levels(self) -> dict[str, str]:
        """Scheme -> level."""
        said = {"amp": self.amp, "escat": self.escat, "m": self.m}
        return {scheme: level for scheme, level in said.items() if level is not None}


def shown_faults(book: Rulebook) -> Iterator[Fault]:
    """Faults of what is shown beside the ranking: grades and the pathway picture."""
    yield from _grade_faults(book)
    yield from picture_faults(book)


def _grade_faults(book: Rulebook) -> Iterator[Fault]:
    """Grades that name nothing, levels that no scheme has, and what lacks a grade."""
    schemes = {scheme.id: scheme for scheme in book.grade_schemes}
    seen: set[tuple[str, str]] = set()
    for grade in book.grades:
        place = book.place("grades", grade.names)
        known = book.option if grade.of == "regimen" else book.rule
        if grade.names not in known:
            yield Fault(place, f"unknown {grade.of} {grade.names!r}", "Name an option, or a rule.")
        if (grade.of, grade.names) in seen:
            yield Fault(place, f"{grade.names} is graded twice", "Keep one of them.")
        seen.add((grade.of, grade.names))
        for name, level in grade.levels().items():
            if name not in schemes or level not in schemes[name].levels:
                yield Fault(place, f"{name} has no level {level!r}", "Use a level of grade_schemes.yaml.")
            elif grade.of not in schemes[name].grades:
                yield Fault(place, f"{name} does not grade a {grade.of}", "Remove the level.")
    if book.grade_schemes:
        yield from _lacking(book, seen)


def _lacking(book: Rulebook, seen: set[tuple[str, str]]) -> Iterator[Fault]:
    for option in book.options:
        if ("regimen", option.id) not in seen:
            yield Fault(
                book.place("options", option.id), f"{option.id} has no grade", "Add it to grades.yaml."
            )
    for rule in book.rule.values():
        if rule.kind in GRADED and ("marker", rule.id) not in seen:
            yield Fault(book.place("rules", rule.id), f"{rule.id} has no grade", "Add it to grades.yaml.")
