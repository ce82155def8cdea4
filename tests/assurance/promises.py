"""The promises of the README and the tests that hold each."""

from __future__ import annotations

from pathlib import Path

from cds.assurance.hazards import TestId
from cds.rulebook.base import Record, Text
from cds.rulebook.strict_yaml import read


class Promise(Record):
    """One promise and its tests."""

    text: Text
    tests: tuple[TestId, ...]


def promises() -> tuple[Promise, ...]:
    """All promises."""
    return tuple(map(Promise.model_validate, read(Path(__file__).with_name("promises.yaml")).data))
