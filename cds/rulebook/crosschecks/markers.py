"""Markers, derivations and drugs: every name is declared and no derivation goes in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Among, Compared, Condition, Missing, leaves
from cds.rulebook.markers import Marker


def check_markers(book: Rulebook) -> Iterator[Fault]:
    """Markers are complete, their cuts increase, and what they are made of exists."""
    groups = [group.id for group in book.groups]
    for marker in book.markers:
        place = book.place("markers", marker.id)
        yield from unknown_name(place, "group", marker.group, groups)
        wanted = {"category": bool(marker.values), "number": bool(marker.hard), "drugs": True}
        if not wanted[marker.type]:
            yield Fault(
                place, f"{marker.id}: {marker.type} is incomplete", "Give its values, or its hard range."
            )
        if marker.type == "drugs":
            flag = book.marker.get(marker.complete_flag or "")
            if flag is None or set(flag.values) != {"yes", "no"}:
                yield Fault(place, f"{marker.id} needs a complete_flag of yes and no", "Name such a marker.")
        ats = [cut.at for cut in marker.cuts]
        if ats != sorted(set(ats)):
            yield Fault(place, f"cuts must increase, found {ats}", "Order them from low to high.")
        if marker.is_derived and marker.enterable and sorted(marker.stricter) != sorted(marker.values):
            yield Fault(place, f"{marker.id}: stricter must order all its values", "List each value once.")
        yield from _ranges(place, marker)


def _ranges(place: str, marker: Marker) -> Iterator[Fault]:
    for name, ends in (("hard", marker.hard), ("plausible", marker.plausible)):
        if ends and ends[0] >= ends[1]:
            yield Fault(place, f"{marker.id}: {name} range {list(ends)} is empty", "Write the low end first.")
    names = [marker.unit, *(unit.name for unit in marker.other_units)]
    if len(set(names)) < len(names):
        yield Fault(place, f"{marker.id} names a unit twice", "Keep one of them.")


def check_condition(book: Rulebook, place: str, when: Condition, *, may_ask_missing: bool) -> Iterator[Fault]:
    """The markers, values and cuts that a condition names are declared."""
    for leaf in leaves(when):
        if leaf.marker not in book.marker:
            yield from unknown_name(place, "marker", leaf.marker, book.marker)
        else:
            yield from _leaf(book, place, leaf, may_ask_missing)


def _leaf(
    book: Rulebook, place: str, leaf: Among | Compared | Missing, may_ask_missing: bool
) -> Iterator[Fault]:
    marker = book.marker[leaf.marker]
    match leaf:
        case Among(_, values):
            for value in values:
                yield from unknown_name(place, f"value of {marker.id}", value, marker.values)
        case Compared(_, _, bound):
            if marker.type != "number":
                yield Fault(place, f"{marker.id} is not a number", "Name one of its values.")
            elif bound not in [cut.at for cut in marker.cuts]:
                yield Fault(place, f"{marker.id} has no cut at {bound:g}", "Declare the cut with its source.")
        case Missing():
            if not may_ask_missing:
                yield Fault(
                    place, f"missing: {marker.id} is not allowed here", "Use it in informs or monitors."
                )


def check_drugs(book: Rulebook) -> Iterator[Fault]:
    """Drug classes are declared, no drug is and is not in one, and no name is used twice."""
    classes = [drug_class.id for drug_class in book.drug_classes]
    seen: dict[str, str] = {}
    for drug in book.drugs:
        place = book.place("drugs", drug.name)
        for name in (*drug.classes, *drug.not_classes):
            yield from unknown_name(place, "drug class", name, classes)
        if both := set(drug.classes) & set(drug.not_classes):
            yield Fault(place, f"{drug.name} is and is not {sorted(both)[0]}", "Remove one.")
        for name in (drug.name, *(brand.lower() for brand in drug.brands)):
            if seen.setdefault(name, drug.name) != drug.name:
                yield Fault(place, f"{name!r} also names {seen[name]}", "Remove one.")
