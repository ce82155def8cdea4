"""Panels: tests that answer several markers at once (`rules/panels.yaml`)."""

from __future__ import annotations

from pydantic import Field

from cds.rulebook.base import Id, MarkerId, Record, Text


class Panel(Record):
    """One test a laboratory can be asked for, and the markers it answers together."""

    id: Id
    label: Text
    reveals: tuple[MarkerId, ...] = Field(min_length=1)
    note: Text | None = None
