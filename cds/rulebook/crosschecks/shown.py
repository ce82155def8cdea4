"""What is shown beside the ranking: grades, test panels and the pathway picture."""

from __future__ import annotations

from collections.abc import Iterator

from cds.errors import Fault
from cds.rulebook.book import Rulebook
from cds.rulebook.grades import GRADED


def check_grades(book: Rulebook) -> Iterator[Fault]:
    """Grades that name nothing, levels that no scheme has, and what lacks a grade."""
    schemes = {scheme.id: scheme for scheme in book.grade_schemes}
    seen: set[tuple[str, str]] = set()
    for grade in book.grades:
        place = book.place("grades", grade.names)
        known = book.option if grade.of == "regimen" else book.rule
        if grade.names not in known:
            yield Fault(place, f"unknown {grade.of} {grade.names!r}", "Name an option, or a rule.")
        seen.add((grade.of, grade.names))
        for name, level in grade.levels().items():
            if name not in schemes or level not in schemes[name].levels:
                yield Fault(place, f"{name} has no level {level!r}", "Use a level of grade_schemes.yaml.")
            elif grade.of not in schemes[name].grades:
                yield Fault(place, f"{name} does not grade a {grade.of}", "Remove the level.")
    if book.grade_schemes:
        yield from _lacking(book, seen)


def _lacking(book: Rulebook, seen: set[tuple[str, str]]) -> Iterator[Fault]:
    for option in book.options:
        if ("regimen", option.id) not in seen:
            yield Fault(
                book.place("options", option.id), f"{option.id} has no grade", "Add it to grades.yaml."
            )
    for rule in book.rule.values():
        if rule.kind in GRADED and ("marker", rule.id) not in seen:
            yield Fault(book.place("rules", rule.id), f"{rule.id} has no grade", "Add it to grades.yaml.")


def check_panels(book: Rulebook) -> Iterator[Fault]:
    """A panel answers declared tumour markers that can be entered, each once."""
    for panel in book.panels:
        place = book.place("panels", panel.id)
        for name in panel.reveals:
            marker = book.marker.get(name)
            if marker is None or marker.concern != "tumour" or marker.is_derived:
                yield Fault(place, f"{name} is not a tumour marker a test answers", "Name another one.")
        if len(set(panel.reveals)) < len(panel.reveals):
            yield Fault(place, f"{panel.id} names a marker twice", "Remove one.")


def check_picture(book: Rulebook) -> Iterator[Fault]:
    """Names of the pathway picture that nothing carries."""
    picture, place = book.pathway, "rules/pathway.yaml"
    if picture is None:
        return
    nodes = [node.id for node in picture.nodes]
    tags = {tag for option in book.options for tag in option.tags}
    for node in picture.nodes:
        for marker, values in [*node.altered.items(), *node.uncertain.items()]:
            declared = book.marker[marker].values if marker in book.marker else {}
            for value in values:
                if value not in declared:
                    yield Fault(place, f"{node.id}: {marker} has no value {value!r}", "Mend the name.")
    ends = [end for edge in picture.edges for end in (edge.source, edge.target)]
    for name in [*ends, *(action.node for action in picture.actions)]:
        if name not in nodes:
            yield Fault(place, f"unknown node {name!r}", "Declare it among the nodes.")
    for action in picture.actions:
        for name in action.options:
            if name not in {"all", *tags, *book.option}:
                yield Fault(place, f"{action.drug}: unknown option or tag {name!r}", "Mend the name.")
