"""The published JSON Schema of the assessment is the one the software writes."""

from __future__ import annotations

import json
from pathlib import Path

from cds.result import SCHEMA_VERSION, Assessment

PUBLISHED = Path(__file__).resolve().parent.parent / "docs" / "assessment.schema.json"


def test_the_published_schema_is_current() -> None:
    """`cds schema > docs/assessment.schema.json` was run after the last change."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == Assessment.model_json_schema()


def test_the_schema_carries_its_version() -> None:
    """A result says which schema it follows."""
    assert Assessment.model_fields["schema_version"].default == SCHEMA_VERSION
