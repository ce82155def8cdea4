"""The case files: a clinician reads what is given and what is expected."""

from __future__ import annotations

from collections import defaultdict

import pytest

from cds.ranking import ANSWERS
from cds.rulebook.conditions import Compared, leaves
from cds.rulebook.load import load
from tests.case_files import Case, Seen, cases, see

BOOK = load()
CASES = list(cases())
KEYS = {
    "answer",
    "status",
    "reasons",
    "order",
    "points",
    "tier",
    "rules",
    "conflicts",
    "derived",
    "as_published_first",
    "as_published_points",
    "unverified",
}


def answers(case: Case, seen: Seen) -> dict[str, object]:
    """What the engine says for every key that the case expects."""
    published = [option.option for option in seen.published.ranked() if option.rank == 1]
    said: dict[str, object] = {}
    for key, wanted in case.expect.items():
        assert key in KEYS, f"unknown expectation {key}"
        names = wanted if isinstance(wanted, dict) else {}
        said[key] = {
            "answer": lambda: ANSWERS[seen.decision.answer[0]].value,
            "order": seen.order,
            "as_published_first": lambda: published,
            "status": lambda: {name: seen.checked.of(name).status.value for name in names},
            "tier": lambda: {name: seen.checked.of(name).tier for name in names},
            "points": lambda: {name: str(seen.checked.of(name).points) for name in names},
            "as_published_points": lambda: {name: str(seen.published.of(name).points) for name in names},
            "unverified": lambda: {name: str(len(seen.checked.of(name).unverified)) for name in names},
            "reasons": lambda: {name: [r.code for r in seen.checked.of(name).reasons] for name in names},
            "rules": lambda: {name: seen.rule(name) for name in names},
            "derived": lambda: {name: state(seen, name) for name in names},
            "conflicts": lambda: conflicts(seen),
        }[key]()
    return said


def state(seen: Seen, name: str) -> str:
    """A marker's value after derivation."""
    code = int(seen.decision.states.columns[name][0])
    return "unknown" if code < 0 else tuple(BOOK.marker[name].values)[code]


def conflicts(seen: Seen) -> list[str]:
    """Conflict rules that are true and derived markers that contradict what was entered."""
    rules = [
        rule.id for rule in BOOK.rule.values() if rule.kind == "conflict" and seen.rule(rule.id) == "true"
    ]
    return [*seen.decision.states.conflicts, *rules]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_engine_answers_as_the_case_expects(case: Case) -> None:
    """Every expectation of the case holds."""
    expected = {k: v for k, v in case.expect.items()}
    assert answers(case, see(case, BOOK)) == expected


def test_every_rule_has_a_true_a_false_and_an_unknown_case() -> None:
    """A rule that no case drives three ways is not tested."""
    driven: dict[str, set[str]] = defaultdict(set)
    for case in CASES:
        for name, truth in case.expect.get("rules", {}).items():
            driven[name].add(truth)
    lacking = {name for name in BOOK.rule if driven[name] < {"true", "false", "unknown"}}
    assert not lacking


def test_every_cut_a_rule_uses_has_cases_at_just_below_and_just_above() -> None:
    """Thresholds are wrong by one step more often than by a mile."""
    seen: dict[str, set[float]] = defaultdict(set)
    for case in CASES:
        for name, value in case.given.items():
            if name in BOOK.marker and BOOK.marker[name].type == "number" and isinstance(value, str):
                if value != "unknown":
                    seen[name].add(float(value))
    used = {leaf for r in BOOK.rule.values() for leaf in leaves(r.when) if isinstance(leaf, Compared)}
    made = [step.when for m in BOOK.markers for step in m.derived]
    made += [step.when for m in BOOK.markers if m.score for part in m.score.parts for step in part]
    used |= {leaf for when in made for leaf in leaves(when) if isinstance(leaf, Compared)}
    lacking = [
        (leaf.marker, leaf.bound)
        for leaf in used
        if not (
            leaf.bound in seen[leaf.marker]
            and any(leaf.bound * 0.9 <= v < leaf.bound for v in seen[leaf.marker])
            and any(leaf.bound < v <= leaf.bound * 1.1 for v in seen[leaf.marker])
        )
    ]
    assert not lacking
