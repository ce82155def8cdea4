"""Every small change of a condition: operator, bound, value, part, join, `not`, `missing`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Among, Compared, Condition, Joined, Missing, Not, Operator

#: The same relation with the bound itself in or out, and the opposite relation.
EDGE: dict[Operator, Operator] = {"lt": "le", "le": "lt", "gt": "ge", "ge": "gt"}
OPPOSITE: dict[Operator, Operator] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}

Mutant = tuple[str, Condition]


def condition_mutants(condition: Condition, book: Rulebook) -> Iterator[Mutant]:
    """Each changed condition with the name of its change."""
    yield from (("negated", Not(condition)),) if not isinstance(condition, Not) else ()
    match condition:
        case Compared():
            yield from _compared(condition, book)
        case Among():
            yield from _among(condition, tuple(book.marker[condition.marker].values))
        case Missing(marker):
            yield f"{marker} need not be missing", Not(Missing(marker))
        case Not(part):
            yield "not dropped", part
            yield from ((name, Not(inner)) for name, inner in condition_mutants(part, book))
        case Joined():
            yield from _joined(condition, book)


def _compared(leaf: Compared, book: Rulebook) -> Iterator[Mutant]:
    name = f"{leaf.marker} {leaf.operator} {leaf.bound:g}"
    for operator in (EDGE[leaf.operator], OPPOSITE[leaf.operator]):
        yield f"{name} -> {operator}", replace(leaf, operator=operator)
    step = max(0.1 * leaf.bound, 1.0 if book.marker[leaf.marker].unit == "days" else 0.0)
    for bound in (leaf.bound - 1.01 * step, leaf.bound + 1.01 * step):
        yield f"{name} -> {bound:g}", replace(leaf, bound=bound)


def _among(leaf: Among, declared: tuple[str, ...]) -> Iterator[Mutant]:
    for value in declared:
        if value not in leaf.values:
            yield f"{leaf.marker} also {value}", replace(leaf, values=(*leaf.values, value))
        elif len(leaf.values) > 1:
            rest = tuple(other for other in leaf.values if other != value)
            yield f"{leaf.marker} without {value}", replace(leaf, values=rest)


def _joined(joined: Joined, book: Rulebook) -> Iterator[Mutant]:
    if len(joined.parts) > 1:
        other = "any" if joined.join == "all" else "all"
        yield f"{joined.join} -> {other}", Joined(other, joined.parts)
    for place, part in enumerate(joined.parts):
        before, after = joined.parts[:place], joined.parts[place + 1 :]
        if before or after:
            yield f"part {place + 1} dropped", Joined(joined.join, (*before, *after))
        for name, changed in condition_mutants(part, book):
            yield f"part {place + 1}: {name}", Joined(joined.join, (*before, changed, *after))
