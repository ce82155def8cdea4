"""Tables of the fields of every rulebook file, for `rules/README.md`, made from the JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cds.curation.schema import KINDS, NOT_BLANK, schema_of

Schema = dict[str, Any]
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "object": "mapping",
}


def field_tables() -> str:
    """Markdown: a table for each kind of file, then one for each record that stands in them."""
    parts: list[str] = []
    inner: dict[str, Schema] = {}
    for kind, part in KINDS.items():
        schema = schema_of(kind)
        path = part.path if part.path.endswith(".yaml") else f"{part.path}/*.yaml"
        one = schema.get("items", schema)
        each = "each entry" if one is not schema else "the file"
        parts.append(f"### `{path}`\n\n{one['description']}\n\n" + _table(one, each))
        inner |= schema["$defs"]
    for name in sorted(name for name, made in inner.items() if "properties" in made and name != "Condition"):
        parts.append(f"### {name}\n\n{inner[name]['description']}\n\n" + _table(inner[name], "the record"))
    return "\n\n".join(parts)


def _table(record: Schema, each: str) -> str:
    needed = record.get("required", ())
    rows = (
        f"| `{name}` | {_holds(field)} | {'yes' if name in needed else ''} | {field.get('description', '')} |"
        for name, field in sorted(record["properties"].items(), key=lambda item: item[0] not in needed)
    )
    return "\n".join([f"| field of {each} | holds | needed | means |", "| -- | -- | -- | -- |", *rows])


def _holds(field: Schema) -> str:
    """What a field holds, in a few words."""
    if "$ref" in field:
        return _named(field["$ref"].rpartition("/")[2])
    if "enum" in field or "const" in field:
        return "one of " + ", ".join(f"`{word}`" for word in field.get("enum", [field.get("const")]))
    for joined in ("anyOf", "oneOf"):
        if joined in field:
            return " or ".join(dict.fromkeys(map(_holds, field[joined])))
    if field.get("type") == "array":
        return _listed(field)
    values = field.get("additionalProperties") or next(
        iter(field.get("patternProperties", {}).values()), None
    )
    if isinstance(values, dict):
        return f"mapping to {_holds(values)}"
    if field.get("format") == "date":
        return "date"
    return "id" if field.get("pattern", NOT_BLANK) != NOT_BLANK else _WORDS[_kind(field)]


def _listed(field: Schema) -> str:
    if isinstance(field["items"], list):
        return "[" + ", ".join(map(_holds, field["items"])) + "]"
    return f"list of {_holds(field['items'])}" + (", at least one" if field.get("minItems") else "")


def _kind(field: Schema) -> str:
    kind = field.get("type", "string")
    return str(kind[0] if isinstance(kind, list) else kind)


def _named(name: str) -> str:
    """A record by a link to its table, a closed vocabulary by its words, a condition by its chapter."""
    words = _vocabularies().get(name)
    if words is not None:
        return "one of " + ", ".join(f"`{word}`" for word in words)
    return "[condition](#conditions)" if name == "Condition" else f"[{name}](#{name.lower()})"


def _vocabularies() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        found |= dict(_enums(schema_of(kind)["$defs"]))
    return found


def _enums(definitions: dict[str, Schema]) -> Iterator[tuple[str, list[str]]]:
    for name, made in definitions.items():
        if "enum" in made:
            yield name, made["enum"]
