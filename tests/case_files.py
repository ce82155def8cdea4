"""Read the case files: `given` over a base, `expect` written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds.cohort import Cohort
from cds.decision import Decision, decide
from cds.explanation import Explainer
from cds.intake.patient import patient_from_tree
from cds.result import PolicyResult
from cds.rulebook.book import Rulebook
from cds.rulebook.strict_yaml import Tree, read

CASES = Path(__file__).parent / "cases"
BASES = CASES / "bases"


@dataclass(frozen=True)
class Case:
    """One case: where it stands, its name, the markers given, and what is expected."""

    file: str
    name: str
    given: dict[str, Any]
    expect: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"

    def cohort(self, book: Rulebook) -> Cohort:
        """The case's patient as a cohort of one."""
        markers = dict(self.given)
        base = markers.pop("base", None)
        start = dict(read(BASES / f"{base}.yaml").data["markers"]) if base else {}
        merged = {key: value for key, value in (start | markers).items() if value != "unknown"}
        return patient_from_tree(Tree(str(self), {"id": "case", "markers": merged}, {}), book).cohort(book)


def cases() -> Iterator[Case]:
    """Every case of every case file."""
    for path in sorted(CASES.glob("*.yaml")):
        for entry in read(path).data:
            assert set(entry) == {"name", "given", "expect"}, f"{path.name}: {entry.get('name')}"
            given = {} if entry["given"] == "{}" else entry["given"]
            yield Case(path.stem, entry["name"], given, entry["expect"])


@dataclass(frozen=True)
class Seen:
    """What the engine answers for a case, in the words of the case files."""

    decision: Decision
    checked: PolicyResult
    published: PolicyResult

    def order(self) -> str:
        """`O01 > O03 = O04`."""
        text, before = "", 0
        for option in self.checked.ranked():
            glue = "" if not text else " = " if option.rank == before else " > "
            text, before = f"{text}{glue}{option.option}", option.rank or 0
        return text

    def rule(self, name: str) -> str:
        """`true`, `false` or `unknown`."""
        row = [rule.id for rule in self.decision.plans["checked"].rules].index(name)
        if self.decision.truths.true[row, 0]:
            return "true"
        return "unknown" if self.decision.truths.unknown[row, 0] else "false"


def see(case: Case, book: Rulebook) -> Seen:
    """Let the engine answer a case."""
    decision = decide(case.cohort(book), book)
    explainer = Explainer(decision, 0)
    return Seen(decision, explainer.policy("checked"), explainer.policy("as_published"))
