"""Knowledge lives in `rules/`: a marker and a rule are one YAML edit each, and no Python."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from cds.assessment import assess
from cds.checks.rulebook_check import check
from cds.intake.patient import patient_from_tree
from cds.intake.template import header
from cds.locations import rules_folder
from cds.report.case.document import case_document
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load
from cds.rulebook.strict_yaml import parse, read

MARKER = """
- id: ferritin
  ref: TEST
  label: Ferritin
  group: blood
  concern: safety
  type: number
  unit: ug/L
  other_units: [{name: ng/mL, factor: 1}]
  hard: [0, 100000]
  plausible: [1, 5000]
  cuts:
    - at: 1000
      meaning: invented for a test
      evidence: [{source: own_definition, locator: a test}]
      verification: unchecked
  help: Serum, invented for a test.
"""
RULE = """
- id: c.ferritin
  kind: cautions
  label: Ferritin above 1000, invented for a test
  options: [all]
  when: {ferritin: {gt: 1000}}
  topic: t.metabolic
  counts: {checked: {level: caution}, as_published: {level: caution}}
  rationale: Invented for a test.
  evidence: [{source: own_definition, locator: a test}]
  verification: unchecked
  since: "2026.11.0"
"""
BASE = read(Path(__file__).parents[1] / "cases" / "bases" / "typical_adult.yaml").data["markers"]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """The shipped rulebook with one marker and one rule more."""
    root = tmp_path_factory.mktemp("rulebook") / "rules"
    shutil.copytree(rules_folder(), root)
    for file, addition in (("markers/blood.yaml", MARKER), ("effects/organ_function.yaml", RULE)):
        path = root / file
        path.write_text(path.read_text(encoding="utf-8") + addition, encoding="utf-8")
    return load(root)


def texts(part: object) -> Iterator[str]:
    """All the text of a document, whatever its blocks."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, (tuple, list)):
        for item in part:
            yield from texts(item)
    elif is_dataclass(part):
        for field in fields(part):
            yield from texts(getattr(part, field.name))


def document(book: Rulebook, ferritin: str | None) -> str:
    markers = dict(BASE) | ({"ferritin": ferritin} if ferritin else {})
    tree = parse(b"id: P1\nmarkers: {}\n", "patient.yaml")
    tree.data["markers"] = markers
    patient = patient_from_tree(tree, book)
    return "\n".join(texts(case_document(assess(patient.cohort(book), book), book)))


def test_it_passes_every_check(book: Rulebook):
    assert check(book).faults == check(load()).faults


def test_the_template_has_a_column_for_it(book: Rulebook):
    assert "ferritin (ug/L)" in header(book)
    assert "ferritin (ug/L)" not in header(load())


def test_the_rule_acts(book: Rulebook):
    tree = parse(b"id: P1\nmarkers: {ferritin: {value: 2400, unit: ng/mL}}\n", "patient.yaml")
    first = assess(patient_from_tree(tree, book).cohort(book), book).policy("checked").of("O01")
    assert [reason.code for reason in first.cautions] == ["c.ferritin"]
    assert first.points == 48 - 4


def test_the_document_shows_marker_and_rule(book: Rulebook):
    said = document(book, "2400").splitlines()
    assert {"Ferritin", "2400\u00a0ug/L", "c.ferritin"} <= set(said)
    assert any(line.startswith("Ferritin above 1000, invented for a test") for line in said)


def test_the_document_says_that_it_is_not_known(book: Rulebook):
    said = document(book, None)
    assert "Ferritin" in said
    assert "2400" not in said
