"""The JSON Schemas of rulebook files: what ships follows them, what is refused for its form does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cds.cli import run
from cds.curation.schema import KINDS, meanings, purpose, records, schema_of
from tests.bad_rulebooks.edits import TOY, Bad
from tests.bad_rulebooks.yaml_and_models import MODELS

ROOT = Path(__file__).parents[2]
BOOKS = {"shipped": ROOT / "rules", "toy": TOY, "gist": ROOT / "examples/rulebooks/gist/rules"}


class EditorYaml(yaml.SafeLoader):
    """YAML 1.2 as editors read it: `yes` is a word, `7` a number, a date a word."""


EditorYaml.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)", "-+.0123456789"),
):
    EditorYaml.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), EditorYaml)  # noqa: S506 - a safe loader of our own


def files(book: Path, kind: str) -> list[Path]:
    place = book / KINDS[kind].path
    return sorted(place.glob("*.yaml")) if place.is_dir() else [place] * place.is_file()


def faults(kind: str, path: Path) -> list[str]:
    checker = jsonschema.Draft7Validator(schema_of(kind), format_checker=jsonschema.FormatChecker())
    return [f"{path.name} {error.json_path}: {error.message}" for error in checker.iter_errors(read(path))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_itself_valid(kind: str):
    jsonschema.Draft7Validator.check_schema(schema_of(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("book", BOOKS)
def test_files_that_load_follow_their_schema(book: str, kind: str):
    assert [fault for path in files(BOOKS[book], kind) for fault in faults(kind, path)] == []


def test_every_file_of_a_rulebook_has_a_kind():
    covered = {path for kind in KINDS for path in files(BOOKS["shipped"], kind)}
    assert set(BOOKS["shipped"].rglob("*.yaml")) == covered


def kind_of(file: str) -> str:
    return next(kind for kind, part in KINDS.items() if file == part.path or file.startswith(f"{part.path}/"))


@pytest.mark.parametrize("spoilt", MODELS, ids=str)
def test_what_a_model_refuses_an_editor_marks(spoilt: Bad, tmp_path: Path):
    root = spoilt.make(tmp_path / "rules")
    marked = [
        fault for change in spoilt.changes for fault in faults(kind_of(change.file), root / change.file)
    ]
    assert marked


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_and_field_says_what_it_means(kind: str):
    for model in records(KINDS[kind].model):
        assert purpose(model)
        assert set(meanings(model)) == set(model.model_fields), model.__name__


@pytest.mark.parametrize(
    "condition",
    [
        {"a": "x"},
        {"a": ["x", "y"]},
        {"a": {"lt": 1, "ge": 0}},
        {"missing": "a"},
        {"all": [{"a": "x"}, {"not": {"any": [{"b": 3}]}}]},
    ],
)
def test_a_condition_is_described_as_deep_as_it_goes(condition: Any):
    schema = schema_of("rules")
    judge = jsonschema.Draft7Validator({"$ref": "#/$defs/Condition", "$defs": schema["$defs"]})
    assert judge.is_valid(condition)
    for wrong in (
        {},
        {"a": "x", "b": "y"},
        {"all": []},
        {"not": wrong_part()},
        {"a": {"over": 3}},
        {"a": []},
    ):
        assert not judge.is_valid(wrong), wrong


def wrong_part() -> Any:
    return {"all": [{"a": {"lt": "many"}}]}


def test_the_command_prints_one_kind_or_all(capsys: pytest.CaptureFixture[str]):
    assert run(["rules", "schema", "markers"]) == 0
    assert json.loads(capsys.readouterr().out) == schema_of("markers")
    assert run(["rules", "schema"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(KINDS)


def test_the_command_writes_a_file_for_each_kind(tmp_path: Path):
    assert run(["rules", "schema", "--out", str(tmp_path / "schema")]) == 0
    assert {path.name for path in (tmp_path / "schema").iterdir()} == {
        f"{kind}.schema.json" for kind in KINDS
    }


def test_an_unknown_kind_is_refused_with_a_suggestion(capsys: pytest.CaptureFixture[str]):
    assert run(["rules", "schema", "marker"]) == 2
    assert "markers" in capsys.readouterr().err
