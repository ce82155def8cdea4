"""What derived markers are made of, and the order in which to make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds.rulebook.conditions import markers_of
from cds.rulebook.markers import Marker


def inputs_of(marker: Marker) -> tuple[str, ...]:
    """The markers a derived marker is made of."""
    found = [name for step in marker.derived for name in markers_of(step.when)]
    if marker.score:
        found += markers_of(marker.score.given)
        found += [name for part in marker.score.parts for step in part for name in markers_of(step.when)]
    if marker.against_limit:
        found += [marker.against_limit.number, marker.against_limit.limit]
    if marker.from_drugs:
        found.append(marker.from_drugs.list)
    return tuple(dict.fromkeys(found))


def in_order(markers: Mapping[str, Marker]) -> Iterator[Marker]:
    """Derived markers, inputs before what is made of them; ValueError prints a cycle."""
    done: set[str] = set()

    def visit(marker: Marker, path: tuple[str, ...]) -> Iterator[Marker]:
        if marker.id in path:
            raise ValueError(" -> ".join((*path[path.index(marker.id) :], marker.id)))
        if marker.id in done:
            return
        for name in inputs_of(marker):
            yield from visit(markers[name], (*path, marker.id))
        done.add(marker.id)
        if marker.is_derived:
            yield marker

    for marker in markers.values():
        yield from visit(marker, ())
