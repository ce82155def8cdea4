"""Panels: tests that answer several markers at once (`rules/panels.yaml`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from cds.errors import Fault
from cds.rulebook.base import Id, MarkerId, Record, Text

if TYPE_CHECKING:
    from cds.rulebook.book import Rulebook


class Panel(Record):
    """One test a laboratory can be asked for, and the markers it answers together."""

    id: Id
    label: Text
    reveals: tuple[MarkerId, ...] = Field(min_length=1)
    note: Text | None = None


def panel_faults(book: Rulebook) -> Iterator[Fault]:
    """A panel answers declared tumour markers that can be entered, each once."""
    for panel in book.panels:
        place = book.place("panels", panel.id)
        for name in panel.reveals:
            marker = book.marker.get(name)
            if marker is None or marker.concern != "tumour" or marker.is_derived:
                yield Fault(place, f"{name} is not a tumour marker that a test answers", "Name another marker.")
        if len(set(panel.reveals)) < len(panel.reveals):
            yield Fault(place, f"{panel.id} names a marker twice", "Remove one.")
