"""Markers, derivations and drugs: every name is declared and no derivation goes in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Among, Compared, Condition, Missing, leaves
from cds.rulebook.derivations import in_order


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
            yield from unknown_name(place, "marker", marker.complete_flag or "", book.marker)
        ats = [cut.at for cut in marker.cuts]
        if ats != sorted(set(ats)):
            yield Fault(place, f"cuts must increase, found {ats}", "Order them from low to high.")
        if marker.is_derived and marker.enterable and sorted(marker.stricter) != sorted(marker.values):
            yield Fault(place, f"{marker.id}: stricter must order all its values", "List each value once.")
        for step in marker.derived:
            yield from unknown_name(place, "value", step.value, marker.values)
            yield from check_condition(book, place, step.when, may_ask_missing=False, need_cuts=True)
        yield from _makers(book, place, marker.id)
    yield from _cycle(book)


def _makers(book: Rulebook, place: str, name: str) -> Iterator[Fault]:
    marker = book.marker[name]
    if marker.from_drugs:
        fact = marker.from_drugs
        yield from unknown_name(place, "marker", fact.list, book.marker)
        for drug in (*fact.drugs, *fact.but_not):
            yield from unknown_name(place, "drug", drug, book.drug)
        if fact.drug_class:
            yield from unknown_name(place, "drug class", fact.drug_class, [c.id for c in book.drug_classes])
    if marker.score:
        steps = [step.when for part in marker.score.parts for step in part]
        for when in [marker.score.given, *steps]:
            yield from check_condition(book, place, when, may_ask_missing=False, need_cuts=True)
    if marker.against_limit:
        for other in (marker.against_limit.number, marker.against_limit.limit):
            yield from unknown_name(place, "marker", other, book.marker)


def _cycle(book: Rulebook) -> Iterator[Fault]:
    try:
        list(in_order(book.marker))
    except ValueError as cycle:
        yield Fault("rules/markers", f"derived markers go in a circle: {cycle}", "Break the circle.")
    except KeyError:
        return  # an unknown input is named by its own fault


def check_condition(
    book: Rulebook, place: str, when: Condition, *, may_ask_missing: bool, need_cuts: bool
) -> Iterator[Fault]:
    """The markers, values and cuts that a condition names are declared."""
    for leaf in leaves(when):
        if leaf.marker not in book.marker:
            yield from unknown_name(place, "marker", leaf.marker, book.marker)
        else:
            yield from _leaf(book, place, leaf, may_ask_missing, need_cuts)


def _leaf(
    book: Rulebook, place: str, leaf: Among | Compared | Missing, may_ask_missing: bool, need_cuts: bool
) -> Iterator[Fault]:
    marker = book.marker[leaf.marker]
    match leaf:
        case Among(_, values):
            for value in values:
                yield from unknown_name(place, f"value of {marker.id}", value, marker.values)
        case Compared(_, _, bound):
            if marker.type != "number":
                yield Fault(place, f"{marker.id} is not a number", "Name one of its values.")
            elif need_cuts and bound not in [cut.at for cut in marker.cuts]:
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
