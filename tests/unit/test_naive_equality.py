"""The engine against the naive evaluator on random patients, and what those patients reach.

20,000 patients in the default run; a million in the `long` run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, reduce
from itertools import repeat
from operator import add
from pathlib import Path
from typing import Any

import pytest

from tests import adapter
from tests.naive import RANKED, Naive
from tests.profiles import RULES, TOY, TOY_CLEAR, TYPICAL, Sampler, profiles

CHUNK = 2_000
EVERY = 100  # contributions are compared for one patient in this many
STATUSES = {*RANKED, "excluded", "refused", "not_available"}
ANSWERS = {
    "out_of_scope", "standard_therapy_first", "no_active_disease", "surgery_first",
    "profile_incomplete", "can_be_named", "only_hypotheses", "all_excluded",
}  # fmt: skip
FIXED_REASONS = {
    "tier_not_a", "unverified", "refused_by_checked",
    "evidence_balance_not_positive", "cautions_outweigh_evidence",
}  # fmt: skip
ROW = ("status", "reasons", "points", "rank", "tier", "unverified", "cautions")
WHOLE = ("answer", "truths", "derived", "conflicts", "notes")


@dataclass
class Tally:
    """What was seen in some patients, and where engine and naive evaluator differ."""

    patients: int = 0
    compared: int = 0
    three_ranked: int = 0
    truths: Counter[tuple[str, bool | None]] = field(default_factory=Counter)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    ties: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def see(self, assessed: dict[str, Any]) -> None:
        """Count what one patient reaches."""
        self.patients += 1
        self.truths.update(assessed["truths"].items())
        self.answers[assessed["answer"]] += 1
        for policy, rows in assessed["policies"].items():
            ranks = [row["rank"] for row in rows.values() if row["rank"]]
            self.ties[policy] += len(ranks) != len(set(ranks))
            self.three_ranked += policy == "checked" and len(ranks) >= 3
            for row in rows.values():
                self.statuses[policy, row["status"]] += 1
                self.reasons.update({*row["reasons"], *row["cautions"]})

    def __str__(self) -> str:
        true = {rule: count for (rule, truth), count in self.truths.items() if truth}
        least = min(true, key=true.__getitem__)
        return "\n".join([
            f"patients {self.patients:,}, compared {self.compared:,}, differences {len(self.differences)}",
            f"three or more ranked {self.three_ranked / self.patients:.1%}; with ties {dict(self.ties)}",
            f"rules true at least {true[least]} times ({least}); reason codes {len(self.reasons)}",
            f"statuses {dict(sorted(self.statuses.items()))}",
            f"answers {dict(sorted(self.answers.items()))}",
        ])  # fmt: skip


@cache
def book(rules: Path) -> Naive:
    """The naive evaluator of a rulebook, read once in each process."""
    return Naive(rules)


@cache
def sampler(rules: Path) -> Sampler:
    """The generator of patients for a rulebook, made once in each process."""
    return Sampler(rules, TOY_CLEAR if rules == TOY else TYPICAL)


def differing(mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """Every field in which the two answers for one patient differ."""
    for key in WHOLE:
        if mine[key] != theirs[key]:
            yield f"{key}: {mine[key]} is not {theirs[key]}"
    for policy, rows in mine["policies"].items():
        for option, row in rows.items():
            for key in ROW:
                found = theirs["policies"][policy][option][key]
                if row[key] != found:
                    yield f"{policy} {option} {key}: {row[key]} is not {found}"


def by_id(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Contribution lines in one order."""
    return sorted(lines, key=lambda line: line["id"])


def differing_lines(rules: Path, profile: dict[str, Any], mine: dict[str, Any]) -> Iterator[str]:
    """Every option whose contributions differ."""
    theirs = adapter.contributions(rules, profile)
    for policy, rows in mine["policies"].items():
        for option, row in rows.items():
            own, found = by_id(row["contributions"]), by_id(theirs[policy][option])
            assert row["points"] == sum(line["points"] for line in own)
            if own != found:
                yield f"{policy} {option} contributions: {own} is not {found}"


def chunk(rules: Path, seed: int) -> Tally:
    """Tally of one chunk of random patients, compared with the engine if there is one."""
    drawn = list(sampler(rules).draw(CHUNK, seed))
    theirs = adapter.answers(rules, drawn) if adapter.available() else []
    tally = Tally(compared=len(theirs))
    for place, profile in enumerate(drawn):
        mine = book(rules).assess(profile)
        tally.see(mine)
        if theirs:
            found = list(differing(mine, theirs[place]))
            found += differing_lines(rules, profile, mine) if place % EVERY == 0 else []
            tally.differences += [f"seed {seed} patient {place} {text}" for text in found]
    return tally


def demand_equal(tally: Tally) -> None:
    """Print the counts; skip without an engine, fail on the first differences."""
    print(f"\n{tally}")
    if not tally.compared:
        pytest.skip("there is no engine to compare with")
    assert not tally.differences, "\n".join(tally.differences[:10])
    assert tally.compared == tally.patients


@pytest.fixture(scope="module")
def twenty_thousand() -> Tally:
    """20,000 patients of the rulebook that ships."""
    if not any((RULES / "effects").glob("*.yaml")):
        pytest.skip("rules/ holds no rules")
    return reduce(add, (chunk(RULES, seed) for seed in range(20_000 // CHUNK)))


def test_engine_equals_naive(twenty_thousand: Tally) -> None:
    """Truths, statuses, reasons, points, ranks, answers and contributions in both policies."""
    demand_equal(twenty_thousand)


def test_engine_equals_naive_on_the_toy_rulebook() -> None:
    """The toy rulebook holds constructs that the real one may not use."""
    demand_equal(chunk(TOY, 1) + chunk(TOY, 2))


def test_patients_reach_everything(twenty_thousand: Tally) -> None:
    """Every rule true 200 times, every status, answer and reason code, ties, and real choices."""
    rules = book(RULES).rules
    places = [place for table in book(RULES).places.values() for place in table.values()]
    reasons = FIXED_REASONS | {rule.code for rule in rules if rule.kind == "gate"}
    reasons |= {rule.id for rule in rules if rule.kind in ("excludes", "target", "demotes", "cautions")}
    reasons |= {place.unavailable or place.refused for place in places} - {None}
    rare = {rule.id: twenty_thousand.truths[rule.id, True] for rule in rules}
    assert not {rule: count for rule, count in rare.items() if count < 200}
    assert {status for _, status in twenty_thousand.statuses} == STATUSES
    assert set(twenty_thousand.answers) == ANSWERS
    assert set(twenty_thousand.reasons) == reasons
    assert all(twenty_thousand.ties[policy] for policy in ("checked", "as_published"))
    assert twenty_thousand.three_ranked * 2 >= twenty_thousand.patients


def test_same_seed_same_patients() -> None:
    """A seed is all that a draw depends on."""
    assert list(profiles(TOY, 50, 7, TOY_CLEAR)) == list(profiles(TOY, 50, 7, TOY_CLEAR))
    assert list(profiles(TOY, 50, 7, TOY_CLEAR)) != list(profiles(TOY, 50, 8, TOY_CLEAR))


@pytest.mark.long
def test_engine_equals_naive_on_a_million() -> None:
    """A million patients, on two processes."""
    if not adapter.available():
        pytest.skip("there is no engine to compare with")
    seeds = range(1_000, 1_000 + 1_000_000 // CHUNK)
    with ProcessPoolExecutor(2) as pool:
        demand_equal(reduce(add, pool.map(chunk, repeat(RULES), seeds)))
