"""Read the case files: `given` over a base, `expect` written by hand; and what the engine says.

All cases are decided at once, as one cohort: a case is a patient like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cds.cohort import Profile, cohort_from_profiles, decode
from cds.decision import Decision, decide
from cds.explanation import Explainer
from cds.intake.patient import patient_from_tree
from cds.result import OptionResult, PolicyResult
from cds.rulebook.book import Rulebook
from cds.rulebook.strict_yaml import Tree, read
from cds.vocabulary import Kind
from tests.policies import CHECKED, PUBLISHED

CASES = Path(__file__).parent / "cases"
BASES = CASES / "bases"
#: The drug that cases name because the rulebook does not hold it; it is flagged, any other flag is a slip.
UNLISTED = "zubrexafene"


@dataclass(frozen=True, eq=False)
class Case:
    """One case: where it stands, its name, the markers given, and what is expected."""

    file: str
    name: str
    given: dict[str, Any]
    expect: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"

    def markers(self) -> dict[str, Any]:
        """The markers of the base with those of the case laid over; `unknown` takes one away."""
        own = dict(self.given)
        base = own.pop("base", None)
        start = read(BASES / f"{base}.yaml").data["markers"] if base else {}
        return {name: value for name, value in (start | own).items() if value != "unknown"}

    def profile(self, book: Rulebook) -> Profile:
        """The case's patient, read as a patient file is."""
        tree = Tree(str(self), {"id": "case", "markers": self.markers()}, {})
        patient = patient_from_tree(tree, book)
        unmeant = [flag for flag in patient.flags if UNLISTED not in flag]
        assert not unmeant, f"{self}: {unmeant}"
        return patient.profile


def cases() -> Iterator[Case]:
    """Every case of every case file."""
    for path in sorted(CASES.glob("*.yaml")):
        for entry in read(path).data:
            assert set(entry) == {"name", "given", "expect"}, f"{path.name}: {entry.get('name')}"
            given = {} if entry["given"] == "nothing" else entry["given"]
            yield Case(path.stem, entry["name"], given, entry["expect"])


def decide_all(chosen: Iterable[Case], book: Rulebook) -> dict[str, Seen]:
    """What the engine answers for each of these cases, by the case's name."""
    listed = list(chosen)
    cohort = cohort_from_profiles(book, [case.profile(book) for case in listed], map(str, listed))
    decision = decide(cohort, book)
    return {str(case): Seen(book, decision, row) for row, case in enumerate(listed)}


@dataclass(frozen=True, eq=False)
class Seen:
    """What the engine answers for a case, in the words of the case files."""

    book: Rulebook
    decision: Decision
    row: int

    @cached_property
    def checked(self) -> PolicyResult:
        """All options under the checked policy."""
        return Explainer(self.decision, self.row).policy(CHECKED)

    @cached_property
    def published(self) -> PolicyResult:
        """All options under the policy as published."""
        return Explainer(self.decision, self.row).policy(PUBLISHED)

    def say(self, key: str, wanted: Any) -> Any:
        """What the engine says for one key of `expect`, in the shape of what is wanted."""
        if key in WHOLE:
            return WHOLE[key](self)
        if key in ("rules", "derived"):
            return {name: getattr(self, key)(name) for name in wanted}
        policy = self.published if key.startswith("as_published_") else self.checked
        said = OF_AN_OPTION[key.removeprefix("as_published_")]
        return {name: said(policy.of(name), value) for name, value in wanted.items()}

    def answer(self) -> str:
        """The answer of the case."""
        return self.decision.answer_of(self.row).id

    def order(self) -> str:
        """`O01 > O03 = O04`, or `none`."""
        text, before = "", 0
        for option in self.checked.ranked():
            glue = "" if not text else " = " if option.rank == before else " > "
            text, before = f"{text}{glue}{option.option}", option.rank or 0
        return text or "none"

    def first_published(self) -> list[str]:
        """The options that stand first as published."""
        return [option.option for option in self.published.ranked() if option.rank == 1]

    def conflicts(self) -> list[str]:
        """Derived markers that contradict what was entered, then conflict rules that are true."""
        masks = self.decision.states.conflicts
        clash = [m.id for m in self.book.markers if m.id in masks and masks[m.id][self.row]]
        rules = [rule.id for rule in self.book.rule.values() if rule.kind is Kind.CONFLICT]
        return [*clash, *filter(self._true, rules)]

    def notes(self) -> list[str]:
        """Codes of the notes above the ranking, each once."""
        codes = [r.note for r in self.book.rule.values() if r.note and self._true(r.id)]
        return list(dict.fromkeys(codes))

    def information(self) -> list[str]:
        """Rules that only inform, without a note of their own."""
        informing = [r.id for r in self.book.rule.values() if r.kind is Kind.INFORMS and not r.note]
        return [name for name in informing if self._true(name)]

    def rules(self, name: str) -> str:
        """`true`, `false` or `unknown`."""
        row = list(self.book.rule).index(name)
        if self.decision.truths.true[row, self.row]:
            return "true"
        return "unknown" if self.decision.truths.unknown[row, self.row] else "false"

    def _true(self, name: str) -> bool:
        return self.rules(name) == "true"

    def derived(self, name: str) -> str:
        """A marker's value after derivation."""
        value = decode(self.book.marker[name], self.decision.states.columns[name][self.row])
        return "unknown" if value is None else str(value)


#: Keys that speak of the whole case.
WHOLE = {
    "answer": Seen.answer,
    "order": Seen.order,
    "as_published_first": Seen.first_published,
    "conflicts": Seen.conflicts,
    "notes": Seen.notes,
    "information": Seen.information,
}


def _unverified(option: OptionResult, wanted: Any) -> Any:
    """The number of unknown markers, or which they are; their order means nothing."""
    if not isinstance(wanted, list):
        return str(len(option.unverified))
    return wanted if sorted(wanted) == sorted(option.unverified) else list(option.unverified)


def _lines(option: OptionResult, wanted: Any) -> dict[str, str]:
    lines = {line.id: line for line in option.contributions}
    return {name: str(lines[name].points) if name in lines else "absent" for name in wanted}


def _counted(option: OptionResult, wanted: Any) -> dict[str, str]:
    lines = {line.id: line for line in option.contributions}
    return {name: lines[name].counted if name in lines else "absent" for name in wanted}


#: Keys that name options; each also with `as_published_` before it.
OF_AN_OPTION = {
    "status": lambda option, wanted: option.status.value,
    "tier": lambda option, wanted: option.tier,
    "points": lambda option, wanted: str(option.points),
    "reasons": lambda option, wanted: [reason.code for reason in option.reasons],
    "cautions": lambda option, wanted: [reason.code for reason in option.cautions],
    "monitors": lambda option, wanted: [reason.code for reason in option.monitors],
    "undo": lambda option, wanted: [str(r.recoverable) for r in option.reasons if r.recoverable],
    "unverified": _unverified,
    "lines": _lines,
    "counted": _counted,
}
KEYS = {"rules", "derived", *WHOLE, *OF_AN_OPTION, *(f"as_published_{key}" for key in OF_AN_OPTION)}
