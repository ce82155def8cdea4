"""The engine against the naive evaluator on random patients, and what those patients reach.

20,000 patients in the default run, in parts that several processes can share; a million in the
`long` run.
"""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
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

CHUNK, MILLION = 2_000, 1_000_000
SEEDS, PARTS = range(10), range(4)
EVERY = 100  # contributions are compared for one patient in this many
STATUSES = {*RANKED, "excluded", "refused", "not_available"}
ANSWERS = {
    "out_of_scope", "standard_therapy_first", "no_active_disease", "surgery_first",
    "profile_incomplete", "can_be_named", "only_hypotheses", "all_excluded",
}  # fmt: skip
FIXED_REASONS = {
    "tier_not_nameable", "unverified", "refused_by_other_policy",
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


def differing_lines(mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """Every option whose contributions differ."""
    for policy, rows in mine["policies"].items():
        for option, row in rows.items():
            own, found = by_id(row["contributions"]), by_id(theirs[policy][option])
            assert row["points"] == sum(line["points"] for line in own)
            if own != found:
                yield f"{policy} {option} contributions: {own} is not {found}"


def chunk(rules: Path, seed: int) -> Tally:
    """Tally of one chunk of random patients, each compared with the engine."""
    drawn = list(sampler(rules).draw(CHUNK, seed))
    decision = adapter.decided(rules, drawn)
    theirs = adapter.answers_of(decision)
    tally = Tally(compared=len(theirs))
    for place, profile in enumerate(drawn):
        mine = book(rules).assess(profile)
        tally.see(mine)
        found = list(differing(mine, theirs[place]))
        if place % EVERY == 0:
            found += differing_lines(mine, adapter.contributions_of(decision, place))
        tally.differences += [f"seed {seed} patient {place} {text}" for text in found]
    return tally


def demand_equal(tally: Tally) -> None:
    """Print the counts; fail on the first differences."""
    print(f"\n{tally}")
    assert not tally.differences, "\n".join(tally.differences[:10])
    assert tally.compared == tally.patients


def figure(tally: Tally) -> str:
    """What the promise of equality is shown by; see `tests/assurance/promises.py`."""
    return f"figure: {tally.compared:,} random patients, {len(tally.differences)} differences"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run alone, the same for all its processes."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "naive_equality"
    folder.mkdir(exist_ok=True)
    return folder


def tally_of(part: int, shared: Path) -> Tally:
    """Tally of one part of the 20,000; who asks first makes it, the others wait and read it."""
    made = shared / f"{part}.pickle"
    with (shared / f"{part}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            tally = reduce(add, (chunk(RULES, seed) for seed in SEEDS[part :: len(PARTS)]))
            made.write_bytes(pickle.dumps(tally))
        return pickle.loads(made.read_bytes())  # noqa: S301 - written by this run


@pytest.mark.parametrize("part", PARTS)
def test_engine_equals_naive(part: int, shared: Path) -> None:
    """Truths, statuses, reasons, points, ranks, answers and contributions in both policies."""
    demand_equal(tally_of(part, shared))
    print(figure(tally_of(part, shared)))


def test_engine_equals_naive_on_the_toy_rulebook() -> None:
    """The toy rulebook holds constructs that the real one may not use."""
    demand_equal(chunk(TOY, 1) + chunk(TOY, 2))


def test_patients_reach_everything(shared: Path) -> None:
    """Every rule true 200 times, every status, answer and reason code, ties, and real choices."""
    everyone = reduce(add, (tally_of(part, shared) for part in PARTS))
    assert everyone.patients == 20_000
    rules = book(RULES).rules
    places = [place for table in book(RULES).places.values() for place in table.values()]
    reasons = FIXED_REASONS | {rule.code for rule in rules if rule.kind == "gate"}
    reasons |= {
        rule.id for rule in rules if rule.kind in ("excludes", "target_absent", "demotes", "cautions")
    }
    reasons |= {place.unavailable or place.refused for place in places} - {None}
    rare = {rule.id: everyone.truths[rule.id, True] for rule in rules}
    assert not {rule: count for rule, count in rare.items() if count < 200}
    assert {status for _, status in everyone.statuses} == STATUSES
    assert set(everyone.answers) == ANSWERS
    assert set(everyone.reasons) == reasons
    assert all(everyone.ties[policy] for policy in ("checked", "as_published"))
    assert everyone.three_ranked * 2 >= everyone.patients


def test_same_seed_same_patients() -> None:
    """A seed is all that a draw depends on."""
    assert list(profiles(TOY, 50, 7, TOY_CLEAR)) == list(profiles(TOY, 50, 7, TOY_CLEAR))
    assert list(profiles(TOY, 50, 7, TOY_CLEAR)) != list(profiles(TOY, 50, 8, TOY_CLEAR))


@pytest.mark.long
def test_engine_equals_naive_on_a_million() -> None:
    """A million patients, on two processes that never stop to look for cycles."""
    seeds = range(1_000, 1_000 + MILLION // CHUNK)
    tally = Tally()
    with ProcessPoolExecutor(2, initializer=gc.disable) as pool:
        for part in pool.map(chunk, repeat(RULES), seeds):
            tally += part
            if tally.patients % 50_000 == 0:
                print(f"\n{tally.compared:,} compared, {len(tally.differences)} differences", flush=True)
    demand_equal(tally)
    print(figure(tally))
    assert tally.compared == MILLION
