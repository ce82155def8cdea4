"""The engine's answers in the form of the naive evaluator, so that the two can be compared.

`answers` gives one dict for each profile with the keys `answer`, `truths` ({rule: True, False or
None}), `derived` ({marker: value or None}), `conflicts`, `notes` and `policies`
({policy: {option: row}}, a row holding status, reasons, points, rank, tier, unverified, cautions).
`contributions` gives {policy: {option: [line]}} of one profile, a line holding id, points,
would_be, counted, level and units.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]


def available() -> bool:
    """Whether there is an engine to compare with."""
    return False


def _need_engine() -> None:
    if find_spec("cds.assessment") is None:
        pytest.skip("cds.assessment does not exist")


def answers(rules: Path, profiles: list[Row]) -> list[Row]:
    """The engine's answer for each profile."""
    _need_engine()
    pytest.skip("the adapter does not read cds.assessment.Ranking")


def contributions(rules: Path, profile: Row) -> dict[str, dict[str, list[Row]]]:
    """The engine's contributions for one profile."""
    _need_engine()
    pytest.skip("the adapter does not read cds.assessment.Ranking")
