"""The manifest of a stored model: what it is, what it reads, and what it must answer when loaded."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cds.risk.declaration import Declaration
from cds.risk.invented import Input
from cds.rulebook.base import Record

FORMAT: Literal[1] = 1
#: What is stored beside the manifest and never changes after training.
MODEL, GOLDEN, BACKGROUND, VALIDATION = "model.skops", "golden.json", "background.json", "validation.json"
DECLARATION = "declaration.yaml"
FIXED = (MODEL, GOLDEN, BACKGROUND, VALIDATION, DECLARATION)


class TrainingData(Record):
    """The cohort a model was trained on: described, counted and identified, never copied."""

    name: str
    description: str
    files: dict[str, str]
    digest: str
    rulebook: str
    rulebook_digest: str


class Golden(Record):
    """An invented patient and the risk (0 to 1) the model must give when loaded."""

    given: dict[str, Any]
    risk: float


class Manifest(Record):
    """Everything a loader and a reader need to know of a stored model."""

    format: Literal[1]
    declaration: Declaration
    inputs: tuple[Input, ...]
    columns: tuple[str, ...]
    resamples: int
    reference_percent: float | None = None
    training: TrainingData
    trained_on: str
    software: str
    libraries: dict[str, str]
    files: dict[str, str] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """Id and version."""
        return f"{self.declaration.id} {self.declaration.version}"
