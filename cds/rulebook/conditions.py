"""The condition language: trees of `all`, `any`, `not`, membership, comparison and `missing`.

A condition is a mapping with one key. `{all: [...]}`, `{any: [...]}` and `{not: ...}` join
conditions; `{missing: marker}` asks whether a marker is unknown; any other key is a marker with
a value (`{rb1: lost}`), a list of values (`{ecog: ["3", "4"]}`) or a comparison
(`{age: {lt: 18}}`, bounds joined by "and").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, InstanceOf, PlainSerializer

Operator = Literal["lt", "le", "gt", "ge"]
OPERATORS: tuple[Operator, ...] = ("lt", "le", "gt", "ge")
JOINS = ("all", "any")


@dataclass(frozen=True)
class Among:
    """True if the marker's value is one of these."""

    marker: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """True if the marker's number stands in this relation to the bound."""

    marker: str
    operator: Operator
    bound: float


@dataclass(frozen=True)
class Missing:
    """True if the marker is unknown; never unknown itself."""

    marker: str


@dataclass(frozen=True)
class Not:
    """Kleene negation."""

    part: Condition


@dataclass(frozen=True)
class Joined:
    """Kleene conjunction (`all`) or disjunction (`any`)."""

    join: Literal["all", "any"]
    parts: tuple[Condition, ...]


Condition = Among | Compared | Missing | Not | Joined

_WORD = {"type": ["string", "number", "boolean"], "minLength": 1}
_PART = {"$ref": "#/$defs/Condition"}
_PARTS = {"type": "array", "items": _PART, "minItems": 1}
_BOUNDS = {
    "type": "object",
    "description": "A comparison with a cut that the marker declares; several are joined by `and`.",
    "properties": {operator: {"type": "number"} for operator in OPERATORS},
    "additionalProperties": False,
    "minProperties": 1,
}
#: JSON Schema of a condition as `parse` reads it, for editors.
CONDITION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "One key: all, any, not, missing, or a marker with a value, a list or a comparison.",
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {
        "all": {"description": "True if every part is true.", **_PARTS},
        "any": {"description": "True if one part is true.", **_PARTS},
        "not": {"description": "True if the part is false.", "allOf": [_PART]},
        "missing": {"description": "True if this marker is unknown.", "type": "string"},
    },
    "additionalProperties": {"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}, _BOUNDS]},
}


def parse(tree: Any) -> Condition:
    """Read a condition from its YAML tree; ValueError says what is wrong."""
    if isinstance(tree, (Among, Compared, Missing, Not, Joined)):
        return tree
    if not isinstance(tree, dict) or len(tree) != 1:
        raise ValueError("a condition is a mapping with exactly one key, e.g. {rb1: lost}")
    [(key, body)] = tree.items()
    if key in JOINS:
        if not isinstance(body, list) or not body:
            raise ValueError(f"{key}: needs a list of at least one condition")
        return Joined(key, tuple(parse(part) for part in body))
    if key == "not":
        return Not(parse(body))
    if key == "missing":
        return Missing(_word(body))
    return _leaf(key, body)


def _leaf(marker: str, body: Any) -> Condition:
    if isinstance(body, dict):
        return _comparison(marker, body)
    values = body if isinstance(body, list) else [body]
    if not values:
        raise ValueError(f"{marker}: an empty list is never true; name at least one value")
    return Among(marker, tuple(_word(value) for value in values))


def _comparison(marker: str, body: dict[str, Any]) -> Condition:
    parts: list[Condition] = []
    for operator, bound in body.items():
        if operator not in OPERATORS:
            raise ValueError(f"{marker}: unknown operator {operator!r}; use one of lt, le, gt, ge")
        try:
            parts.append(Compared(marker, operator, float(bound)))
        except (TypeError, ValueError):
            raise ValueError(f"{marker}: {bound!r} is not a number") from None
    if not parts:
        raise ValueError(f"{marker}: a comparison needs lt, le, gt or ge")
    return parts[0] if len(parts) == 1 else Joined("all", tuple(parts))


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a word, found {value!r}")
    return value


def unparse(condition: Condition) -> Any:
    """The YAML tree of a condition: `parse(unparse(c)) == c`."""
    match condition:
        case Among(marker, values):
            return {marker: list(values)}
        case Compared(marker, operator, bound):
            return {marker: {operator: bound}}
        case Missing(marker):
            return {"missing": marker}
        case Not(part):
            return {"not": unparse(part)}
        case Joined(join, parts):
            return {join: [unparse(part) for part in parts]}


def leaves(condition: Condition) -> Iterator[Among | Compared | Missing]:
    """Every leaf of the tree, left to right."""
    match condition:
        case Not(part):
            yield from leaves(part)
        case Joined(_, parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield condition


def markers_of(condition: Condition) -> tuple[str, ...]:
    """The markers a condition reads, each once, in order of first appearance."""
    return tuple(dict.fromkeys(leaf.marker for leaf in leaves(condition)))


When = Annotated[
    InstanceOf[Among] | InstanceOf[Compared] | InstanceOf[Missing] | InstanceOf[Not] | InstanceOf[Joined],
    BeforeValidator(parse),
    PlainSerializer(unparse),
]
