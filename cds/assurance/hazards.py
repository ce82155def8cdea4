"""The hazard log: each hazard with its controls, and the test that proves each control.

Severity and probability are estimates of the makers, not of a clinician, and no regulatory claim is
made with them.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from cds.document.blocks import Block, Facts, Heading, Paragraph, Table
from cds.errors import Fault, RulebookError
from cds.rulebook.base import Record, Text
from cds.rulebook.strict_yaml import read

Severity = Literal["minor", "moderate", "severe"]
Probability = Literal["rare", "possible", "likely"]
ControlKind = Literal["design", "guard", "information"]
SEVERITIES: tuple[Severity, ...] = ("minor", "moderate", "severe")
PROBABILITIES: tuple[Probability, ...] = ("rare", "possible", "likely")
#: Designing a hazard away stands before guarding against it, and that before telling of it.
CONTROLS: tuple[ControlKind, ...] = ("design", "guard", "information")
LOG = Path(__file__).with_name("hazards.yaml")

#: The id of a test, as pytest prints it.
TestId = Annotated[str, Field(pattern=r"^tests/[\w/]+\.py::\w+(\[.+\])?$")]


class Control(Record):
    """One thing that is done about a hazard, and the tests that prove that it is done."""

    kind: ControlKind
    what: Text
    tests: tuple[TestId, ...] = Field(min_length=1)


class Hazard(Record):
    """One hazard, from its cause to what is left of it."""

    id: Annotated[str, Field(pattern=r"^H\d\d$")]
    title: Text
    cause: Text
    sequence: Text
    harm: Text
    severity: Severity
    before: Probability
    controls: tuple[Control, ...] = Field(min_length=1)
    after: Probability
    residual: Text
    origin: Literal["foreseen", "seen while building"]

    @model_validator(mode="after")
    def _in_order(self) -> Hazard:
        ranks = [CONTROLS.index(control.kind) for control in self.controls]
        if ranks != sorted(ranks):
            raise ValueError("controls stand in the order design, guard, information")
        if PROBABILITIES.index(self.after) > PROBABILITIES.index(self.before):
            raise ValueError("controls can't make a hazard more probable")
        return self

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests of all its controls, each once."""
        return tuple(dict.fromkeys(test for control in self.controls for test in control.tests))

    def risk(self, probability: Probability) -> str:
        """`low`, `medium` or `high`, of severity and probability together."""
        total = SEVERITIES.index(self.severity) + PROBABILITIES.index(probability)
        return ("low", "low", "medium", "high", "high")[total]


@lru_cache(maxsize=1)
def hazards() -> tuple[Hazard, ...]:
    """The hazard log; RulebookError with every fault if it can't be read."""
    tree = read(LOG)
    found, faults = [], []
    for index, entry in enumerate(tree.data):
        try:
            found.append(Hazard.model_validate(entry))
        except ValidationError as error:
            faults += [Fault(tree.place((index,)), detail["msg"]) for detail in error.errors()]
    if faults:
        raise RulebookError("The hazard log is refused", faults)
    return tuple(found)


def hazard_blocks() -> tuple[Block, ...]:
    """The hazard log for the model card: what it is, an overview, and each hazard in full."""
    log = hazards()
    tests = len({test for hazard in log for test in hazard.tests})
    about = (
        f"{len(log)} hazards; {tests} tests prove their controls. Severity and probability are estimates of "
        "the makers, who are not clinicians; nobody has accepted any of these risks for clinical use."
    )
    return (Paragraph(about), _overview(log), *(block for hazard in log for block in _told(hazard)))


def _overview(log: tuple[Hazard, ...]) -> Table:
    columns = ("Hazard", "What could go wrong", "Severity", "Risk before controls", "Risk left")
    rows = tuple((h.id, h.title, h.severity, h.risk(h.before), h.risk(h.after)) for h in log)
    return Table("Hazards and their risk", columns, rows, widths=(1, 6, 1.4, 1.6, 1.4))


def _told(hazard: Hazard) -> tuple[Block, ...]:
    story = {
        "Cause": hazard.cause,
        "What follows": hazard.sequence,
        "Harm": f"{hazard.harm} Severity: {hazard.severity}.",
        "Probability": f"{hazard.before} before the controls, {hazard.after} with them; {hazard.origin}",
    }
    controls = tuple(
        (f"Control by {control.kind}", f"{control.what} Proven by: {', '.join(control.tests)}.")
        for control in hazard.controls
    )
    left = (("What is left", hazard.residual),)
    return (Heading(f"{hazard.id} {hazard.title}"), Facts((*story.items(), *controls, *left)))
