"""The cohort file's header: `id`, then one column for each marker that can be entered."""

from __future__ import annotations

from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker

ID = "id"


def header(book: Rulebook) -> tuple[str, ...]:
    """Column names of the template: numbers carry their canonical unit."""
    return (ID, *(marker.column for marker in entered(book)))


def entered(book: Rulebook) -> tuple[Marker, ...]:
    """Markers that can be entered, in the order of their groups."""
    order = {group.id: position for position, group in enumerate(book.groups)}
    return tuple(sorted((m for m in book.markers if m.enterable), key=lambda m: order[m.group]))


def columns(book: Rulebook) -> dict[str, tuple[Marker, float]]:
    """Every accepted column: its marker and the factor to the canonical unit."""
    accepted = {}
    for marker in entered(book):
        accepted[marker.column] = (marker, 1.0)
        for unit in marker.other_units:
            accepted[f"{marker.id} ({unit.name})"] = (marker, unit.factor)
    return accepted
