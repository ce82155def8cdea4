"""JSON Schemas of the files of a rulebook, made from the models that read them.

An editor completes and checks a file by its schema; `cds rules check` remains the judge, since a schema
knows the form of a file and not whether a name in it is declared. The meaning of each field is the line
of that name in its model's docstring.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from cds.errors import InputError, unknown_name
from cds.intake.mapping import StudyMapping
from cds.rulebook.base import Record
from cds.rulebook.book import PARTS, Part
from cds.rulebook.conditions import CONDITION_SCHEMA, parse

#: Draft 7 is what the YAML plug-ins of editors read.
DRAFT = "http://json-schema.org/draft-07/schema#"
#: Text that has to say something.
NOT_BLANK = r"\S"
#: Stands for a condition until `_plain` puts the reference there.
_CONDITION = {"format": "condition"}
#: Every kind of file of a rulebook, by name.
KINDS: dict[str, Part] = {
    **{part.name: part for part in PARTS},
    "imports": Part("imports", "imports", StudyMapping, one_per_file=True, optional=True),
}


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file, a name of `KINDS`; InputError for any other name."""
    if faults := list(unknown_name("argument", "kind of file", kind, KINDS)):
        raise InputError("No such kind of rulebook file", faults)
    part = KINDS[kind]
    made = part.model.model_json_schema(schema_generator=_FileSchema, mode="validation")
    definitions = made.pop("$defs", {})
    for model in records(part.model):
        described = made if model is part.model else definitions.get(model.__name__, {})
        _describe(described, model)
    whole = made if part.single or part.one_per_file else {"type": "array", "items": made}
    head = {"$schema": DRAFT, "title": f"{part.path} of a rulebook"}
    plain = _plain(head | whole | {"$defs": definitions})
    if "#/$defs/Condition" in str(plain):
        plain["$defs"]["Condition"] = CONDITION_SCHEMA
    return dict(plain)


def write_schemas(folder: Path, kinds: Iterable[str]) -> None:
    """Write `KIND.schema.json` into a folder for each kind; the folder is made if it is not there."""
    made = {kind: schema_of(kind) for kind in kinds}
    folder.mkdir(parents=True, exist_ok=True)
    for kind, schema in made.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{kind}.schema.json").write_text(text, encoding="utf-8")


def records(model: type[Record]) -> Iterator[type[Record]]:
    """A model and the models of the records in it, each once."""
    found: dict[type[Record], None] = {}

    def visit(part: Any) -> None:
        if inspect.isclass(part) and issubclass(part, Record) and part not in found:
            found[part] = None
            for field in part.model_fields.values():
                visit(field.annotation)
        for inner in getattr(part, "__args__", ()):
            visit(inner)

    visit(model)
    yield from found


def meanings(model: type[Record]) -> dict[str, str]:
    """What each field of a model means: the lines below `Attributes:` in its docstring and its bases'."""
    found: dict[str, str] = {}
    for base in (base for base in reversed(model.__mro__) if issubclass(base, Record)):
        _, _, listed = inspect.cleandoc(base.__dict__.get("__doc__") or "").partition("Attributes:\n")
        entries = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", listed, re.MULTILINE)
        found |= {name: " ".join(text.split()) for name, text in entries}
    return found


def purpose(model: type[Record]) -> str:
    """What a record is for: its docstring without the list of fields."""
    text, _, _ = inspect.cleandoc(model.__dict__.get("__doc__") or "").partition("Attributes:\n")
    return text.strip()


def _describe(made: dict[str, Any], model: type[Record]) -> None:
    """Add the purpose and the meanings; a record's own fields come before those it inherits."""
    made["description"] = purpose(model)
    inherited = {name for base in model.__bases__ if issubclass(base, Record) for name in base.model_fields}
    known, fields = meanings(model), made.get("properties", {})
    for name in sorted(fields, key=lambda name: name in inherited):
        field = fields[name] = fields.pop(name)
        field["description"] = known.get(name, "")


def _plain(part: Any) -> Any:
    """The schema without the titles pydantic makes of names, and with pairs as draft 7 writes them."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    if _CONDITION.items() <= part.items():
        return {"$ref": "#/$defs/Condition"} | {k: v for k, v in part.items() if k == "description"}
    kept = {key: _plain(value) for key, value in part.items() if not _is_made_title(part, key)}
    if "prefixItems" in kept:
        kept["items"] = kept.pop("prefixItems")
    return kept


def _is_made_title(part: dict[str, Any], key: str) -> bool:
    return key == "title" and isinstance(part[key], str) and "$schema" not in part


class _FileSchema(GenerateJsonSchema):
    """Schemas as the strict loader reads: text may be any scalar, and an absent value is an absent key."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Text; where no pattern is asked for, a number or a flag is read as text too."""
        made = super().str_schema(schema)
        if "pattern" in made:
            return made
        not_blank = {"pattern": NOT_BLANK} if "minLength" in made else {}
        return made | {"type": ["string", "number", "boolean"]} | not_blank

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """What may be absent is left out, never written as null."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The default, unless it is nothing."""
        made = super().default_schema(schema)
        return made if made.get("default") is not None else {k: v for k, v in made.items() if k != "default"}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """A condition is read by a parser of its own; `_plain` names its schema."""
        if schema["function"]["function"] is parse:
            return dict(_CONDITION)
        return super().function_before_schema(schema)
