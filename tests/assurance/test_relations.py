"""Metamorphic relations: what changes a file, but not what is said of its patients.

A few hundred patients in the default run, 10,000 for each relation in the `long` run.
"""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cds.cohort import cohort_from_profiles
from cds.decision import decide
from cds.robustness.summary import score_ranges
from cds.rulebook.load import load
from cds.stability import ScoreRange
from tests import adapter
from tests.assurance.relations import RELATIONS, Relation, Sheet, results, sheet
from tests.policies import POLICIES
from tests.profiles import RULES, Sampler

SAMPLER = Sampler(RULES)
FEW, MANY = 250, 10_000


def named(relation: Relation) -> str:
    return relation.__name__


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sheet, dict[str, str]]:
    """A small cohort and what is said of its patients."""
    start = sheet(FEW, 5)
    return start, results(start, tmp_path_factory.mktemp("few"), "start")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sheet, dict[str, str]]:
    """A large one."""
    start = sheet(MANY, 6)
    return start, results(start, tmp_path_factory.mktemp("many"), "start")


def differing(relation: Relation, start: tuple[Sheet, dict[str, str]], folder: Path) -> tuple[int, list[str]]:
    """How many patients were compared, and those of whom something else is said."""
    table, before = start
    after = results(relation(table, random.Random(7), load()), folder, "changed")
    shared = before.keys() & after.keys()
    return len(shared), [
        f"{name}: {before[name]} became {after[name]}"
        for name in sorted(shared)
        if before[name] != after[name]
    ]


@pytest.mark.parametrize("relation", RELATIONS, ids=named)
def test_it_changes_nothing(relation: Relation, few: tuple[Sheet, dict[str, str]], tmp_path: Path):
    compared, found = differing(relation, few, tmp_path)
    assert compared >= FEW // 2
    assert not found, "\n".join(found[:3])


@pytest.mark.long
@pytest.mark.parametrize("relation", RELATIONS, ids=named)
def test_it_changes_nothing_for_ten_thousand(
    relation: Relation, many: tuple[Sheet, dict[str, str]], tmp_path: Path
):
    compared, found = differing(relation, many, tmp_path)
    print(f"\n{relation.__name__}\nfigure: 1 relations, {compared:,} comparisons, {len(found)} differences")
    assert compared >= MANY // 2
    assert not found, "\n".join(found[:3])


def test_the_patients_differ_and_most_are_ranked(few: tuple[Sheet, dict[str, str]]):
    """Relations over patients who are all alike, or all refused, would show nothing."""
    said = list(few[1].values())
    assert len(set(said)) > FEW // 2
    assert sum("refused" in text[:12] for text in said) < FEW // 10


def filled(seed: int) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A random patient, the same patient with one unknown marker filled, and which."""
    rng = random.Random(seed)
    [profile] = SAMPLER.draw(1, seed)
    open_markers = [name for name in SAMPLER.choices if name not in profile and name not in SAMPLER.derived]
    marker = rng.choice(open_markers)
    return profile, profile | {marker: rng.choice(SAMPLER.choices[marker])}, marker


def outside(seed: int) -> list[str]:
    """Options for which a score became possible that was not in the range told before.

    The present score may lie outside of its own range: with three of five parts of Child-Pugh known,
    every completion can cost points that cost nothing yet.
    """
    *profiles, marker = filled(seed)
    decisions = [decide(cohort_from_profiles(load(), [adapter._profile(p)]), load()) for p in profiles]
    found = []
    for policy in POLICIES:
        before, after = ({told.option: told for told in score_ranges(d, policy)} for d in decisions)
        found += [
            f"seed {seed} {marker} {policy} {option}: {now.low} to {now.high} after {before.get(option)}"
            for option, now in after.items()
            if not holds(before.get(option), now)
        ]
    return found


def holds(before: ScoreRange | None, after: ScoreRange) -> bool:
    """Whether the one range holds the other; an option that can't be ranked any more has none."""
    if after.low is None or after.high is None:
        return True
    known = before is not None and before.low is not None and before.high is not None
    return known and before.low <= after.low <= after.high <= before.high


def test_filling_an_unknown_keeps_the_score_in_its_range():
    found = [text for seed in range(25) for text in outside(seed)]
    assert not found, "\n".join(found)


@pytest.mark.long
def test_filling_an_unknown_keeps_ten_thousand_scores_in_their_ranges():
    with ProcessPoolExecutor(2) as pool:
        found = [text for texts in pool.map(outside, range(MANY), chunksize=50) for text in texts]
    print(f"\nfigure: {MANY:,} patients with one value filled, {len(found)} ranges widened")
    assert not found, "\n".join(found[:10])


def alone_and_together(seed: int, n: int) -> list[str]:
    """Patients of whom a file of one says something else than the cohort."""
    drawn = [adapter._profile(profile) for profile in SAMPLER.draw(n, seed)]
    together = decide(cohort_from_profiles(load(), drawn), load())
    found = []
    for row, profile in enumerate(drawn):
        alone = decide(cohort_from_profiles(load(), [profile]), load())
        same = all(
            np.array_equal(
                getattr(together.rankings[policy], name)[:, row], getattr(alone.rankings[policy], name)[:, 0]
            )
            for policy in POLICIES
            for name in ("status", "tier", "points", "rank")
        )
        if not same or together.answer[row] != alone.answer[0]:
            found.append(f"seed {seed} patient {row}")
    return found


def test_a_patient_alone_is_told_the_same():
    assert not alone_and_together(1, 40)


@pytest.mark.long
def test_ten_thousand_patients_alone_are_told_the_same():
    with ProcessPoolExecutor(2) as pool:
        found = [text for texts in pool.map(alone_and_together, range(100), repeat(100)) for text in texts]
    print(f"\nfigure: {100 * 100:,} patients alone and in a cohort, {len(found)} differ")
    assert not found, "\n".join(found[:10])
