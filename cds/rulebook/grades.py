"""Grades of evidence as tumour boards use them: declared schemes, and one grade for each thing graded.

Grades are shown beside the ranking and never give points. The grade of a regimen and the grade of
a marker are two things and are never joined.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from cds.rulebook.base import Backed, Id, Record, Text
from cds.vocabulary import Kind, Verification

Of = Literal["regimen", "marker"]
#: Said with every grade.
TO_BE_CONFIRMED = "Assigned by rulebook, to be confirmed by a person."
#: Rules by which a finding speaks for or against an option; each carries a grade.
GRADED = (Kind.SUPPORTS, Kind.OPPOSES, Kind.TARGET_ABSENT)


class Scheme(Backed):
    """A grading scheme and what its levels mean, in our words.

    Attributes:
        id: Name of the scheme.
        label: Name on screen.
        grades: What it grades.
        levels: Each level and what it means, in our words.
    """

    id: Literal["amp", "escat", "m"]
    label: Text
    grades: tuple[Of, ...] = Field(min_length=1)
    levels: dict[Text, Text] = Field(min_length=1)


class Grade(Record):
    """The grade of a regimen (an option) or of a marker (a rule), with its reason.

    Attributes:
        of: Whether a regimen or a marker is graded.
        names: The option, or the rule.
        amp: Level by AMP/ASCO/CAP.
        escat: Level by ESCAT.
        m: Level by the m-levels.
        because: Why.
        verification: What our check of it found.
    """

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
