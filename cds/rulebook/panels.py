"""Panels: tests that answer several markers at once (`rules/panels.yaml`)."""

from __future__ import annotations

from pydantic import Field

from cds.rulebook.base import Id, MarkerId, Record, Text


class Panel(Record):
    """One test a laboratory can be asked for, and the markers it answers together.

    Attributes:
        id: Name.
        label: Name on screen.
        reveals: Markers it answers at once.
        note: What a reader has to know of it.
    """

    id: Id
    label: Text
    reveals: tuple[MarkerId, ...] = Field(min_length=1)
    note: Text | None = None
