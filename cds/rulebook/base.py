"""The strict base of all rulebook models, and the small records they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from cds.vocabulary import HalfBecause, Uncounted, Verification

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.\-]*$", max_length=60)]
TierId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+\-/]+$", max_length=12)]
MarkerId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


def _true_or_false(value: object) -> object:
    """Only the words true and false are a flag; `yes`, `no`, `1` are not."""
    words = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in words:
        return words[value]
    raise ValueError("write true or false")


Flag = Annotated[bool, BeforeValidator(_true_or_false)]


class Record(BaseModel):
    """A frozen record that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)


class Citation(Record):
    """Where a fact was read: a source of `rules/sources.yaml` and the place in it.

    Attributes:
        source: Key of a source in `sources.yaml`.
        locator: Where in it: abstract, table, page, section.
        says: What is read there, in our words, where it adds something.
    """

    source: Id
    locator: Text
    says: Text | None = None


class Backed(Record):
    """A fact with its sources and what our check of it found.

    Attributes:
        evidence: Where the fact was read.
        verification: What our check of it found.
        review_needed: Whether it was read on a secondary copy only.
    """

    evidence: tuple[Citation, ...] = Field(min_length=1)
    verification: Verification
    review_needed: Flag = False


class Counting(Record):
    """How one policy counts a rule or an evidence line: a level, in full or in half, or not at all.

    Attributes:
        level: The level of evidence it is counted at.
        half: Why it counts half.
        none: Why this policy does not count it, in place of a level.
        options: The options it concerns under this policy, if not those of the rule.
    """

    level: Id | None = None
    half: HalfBecause | None = None
    none: Uncounted | None = None
    options: tuple[Id, ...] | None = Field(default=None, min_length=1)

    @property
    def units(self) -> int:
        """2 in full, 1 in half, 0 where the policy does not count the line."""
        if self.none is not None or self.level is None:
            return 0
        return 1 if self.half is not None else 2
