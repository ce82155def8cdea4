"""Derived markers: what they are made of exists, has the right type, and goes in no circle."""

from __future__ import annotations

from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Condition
from cds.rulebook.crosschecks.markers import check_condition
from cds.rulebook.derivations import in_order
from cds.rulebook.markers import AgainstLimit, FromDrugs, Marker, Score
from cds.vocabulary import OUTCOMES


def check_derivations(book: Rulebook) -> Iterator[Fault]:
    """Every derived marker can be made, and gives only values that it declares."""
    for marker in book.markers:
        place = book.place("markers", marker.id)
        for when in _conditions(marker):
            yield from check_condition(book, place, when, may_ask_missing=False)
        for value in _given(marker):
            yield from unknown_name(place, f"value of {marker.id}", value, marker.values)
        if marker.from_drugs:
            yield from _from_drugs(book, place, marker.from_drugs)
        if marker.against_limit:
            yield from _against_limit(book, place, marker.against_limit)
        if marker.score:
            yield from _bands(place, marker.score)
    yield from _circle(book)


def _conditions(marker: Marker) -> Iterator[Condition]:
    yield from (step.when for step in marker.derived)
    if marker.score:
        yield marker.score.given
        yield from (step.when for part in marker.score.parts for step in part)


def _given(marker: Marker) -> Iterator[str]:
    """The values that a marker's makers can give."""
    yield from (step.value for step in marker.derived)
    if marker.score:
        yield from (band.value for band in marker.score.bands)
    if marker.against_limit:
        yield from (marker.against_limit.below, marker.against_limit.otherwise)
    if marker.from_drugs:
        yield from ("yes", "no")


def _from_drugs(book: Rulebook, place: str, fact: FromDrugs) -> Iterator[Fault]:
    yield from unknown_name(place, "drug list", fact.list, [m.id for m in book.markers if m.type == "drugs"])
    for drug in (*fact.drugs, *fact.but_not):
        yield from unknown_name(place, "drug", drug, book.drug)
    if fact.drug_class:
        yield from unknown_name(place, "drug class", fact.drug_class, [c.id for c in book.drug_classes])
    if fact.outcome:
        yield from unknown_name(place, "outcome", fact.outcome, OUTCOMES)


def _against_limit(book: Rulebook, place: str, limit: AgainstLimit) -> Iterator[Fault]:
    numbers = [marker.id for marker in book.markers if marker.type == "number"]
    for name in (limit.number, limit.limit):
        yield from unknown_name(place, "number", name, numbers)


def _bands(place: str, score: Score) -> Iterator[Fault]:
    bounds = [band.at_least for band in score.bands]
    if bounds != sorted(set(bounds)):
        yield Fault(place, f"bands must increase, found {bounds}", "Order them from low to high.")


def _circle(book: Rulebook) -> Iterator[Fault]:
    try:
        list(in_order(book.marker))
    except ValueError as circle:
        yield Fault("rules/markers", f"derived markers go in a circle: {circle}", "Break the circle.")
    except KeyError:
        return  # an unknown input is named by its own fault
