"""The case files: a clinician reads what is given and what is expected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from cds.rulebook.conditions import Compared, Condition, leaves
from cds.rulebook.load import load
from tests.case_files import KEYS, Case, Seen, cases, decide_all

BOOK = load()
CASES = list(cases())
#: Keys that show what a patient would see of a rule; `rules` alone says only that it is true.
VISIBLE = KEYS - {"rules", "derived"}


@pytest.fixture(scope="session")
def decided() -> dict[str, Seen]:
    """What the engine answers, all cases in one cohort."""
    return decide_all(CASES, BOOK)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_engine_answers_as_the_case_expects(case: Case, decided: dict[str, Seen]):
    seen = decided[str(case)]
    said = {key: seen.say(key, wanted) for key, wanted in case.expect.items() if key in KEYS}
    assert said == case.expect


def test_cases_have_names_of_their_own_and_known_keys():
    names = [str(case) for case in CASES]
    assert len(set(names)) == len(names)
    unknown = {f"{case}: {key}" for case in CASES for key in case.expect if key not in KEYS}
    assert not unknown


def test_every_rule_has_a_true_a_false_and_an_unknown_case():
    """A rule that no case drives three ways is not tested."""
    driven: dict[str, set[str]] = defaultdict(set)
    for case in CASES:
        for name, truth in case.expect.get("rules", {}).items():
            driven[name].add(truth)
    lacking = {name: driven[name] for name in BOOK.rule if driven[name] != {"true", "false", "unknown"}}
    assert not lacking


def test_every_rule_that_is_true_in_a_case_shows():
    """Some case in which the rule is true also says what a reader sees of it."""
    shown = {
        name
        for case in CASES
        for name, truth in case.expect.get("rules", {}).items()
        if truth == "true" and VISIBLE & set(case.expect)
    }
    assert not set(BOOK.rule) - shown


def conditions() -> Iterator[Condition]:
    """Every condition of the rulebook: of the rules, and of derived markers and their scores."""
    yield from (rule.when for rule in BOOK.rule.values())
    for marker in BOOK.markers:
        yield from (step.when for step in marker.derived)
        if marker.score:
            yield from (step.when for part in marker.score.parts for step in part)


def near(leaf: Compared) -> float:
    """How near a value must stand to its cut: within a tenth; for whole days the next day."""
    return max(0.1 * leaf.bound, 1.0 if BOOK.marker[leaf.marker].unit == "days" else 0.0)


def lacking(leaf: Compared, values: set[float]) -> Iterator[str]:
    """Where a case is missing: at the cut, just below it, or just above if such a value exists."""
    highest = (BOOK.marker[leaf.marker].hard or (0, float("inf")))[1]
    if leaf.bound not in values:
        yield f"{leaf.marker} at {leaf.bound:g}"
    if not any(leaf.bound - near(leaf) <= value < leaf.bound for value in values):
        yield f"{leaf.marker} just below {leaf.bound:g}"
    if leaf.bound < highest and not any(leaf.bound < value <= leaf.bound + near(leaf) for value in values):
        yield f"{leaf.marker} just above {leaf.bound:g}"


def test_every_cut_a_rule_uses_has_cases_at_just_below_and_just_above():
    """Thresholds are wrong by one step more often than by a mile."""
    given: dict[str, set[float]] = defaultdict(set)
    for case in CASES:
        for name, value in case.given.items():
            if name in BOOK.marker and BOOK.marker[name].type == "number" and value != "unknown":
                given[name].add(float(value))
    cuts = {leaf for when in conditions() for leaf in leaves(when) if isinstance(leaf, Compared)}
    assert not sorted({gap for leaf in cuts for gap in lacking(leaf, given[leaf.marker])})
