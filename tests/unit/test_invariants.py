"""What holds for every patient, tried on random ones that reach every rule.

Hypothesis draws the seed; the sampler of `tests/profiles.py` makes the patients of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.cohort import Cohort, DrugUse, cohort_from_profiles
from cds.decision import Decision, decide
from cds.explanation import Explainer
from cds.ranking import STATUSES
from cds.rulebook.conditions import markers_of
from cds.rulebook.derivations import inputs_of
from cds.rulebook.load import load
from cds.vocabulary import RANKED, SCORING, Kind
from tests.policies import POLICIES
from tests.profiles import RULES, Sampler

BOOK = load()
SAMPLER = Sampler(RULES)
MANY, CHUNK = 60, 7
seeds = st.integers(min_value=0, max_value=2**32 - 1)
some = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def profiles(seed: int, n: int = MANY) -> list[dict[str, Any]]:
    """`n` random patients; the same seed gives the same ones."""
    return list(SAMPLER.draw(n, seed))


def typed(profile: dict[str, Any]) -> dict[str, Any]:
    """Drug lists as the engine holds them."""
    return {name: _uses(value) if isinstance(value, list) else value for name, value in profile.items()}


def _uses(entries: list[dict[str, str]]) -> tuple[DrugUse, ...]:
    return tuple(DrugUse(entry["drug"], entry.get("outcome")) for entry in entries)


def cohort(drawn: list[dict[str, Any]]) -> Cohort:
    return cohort_from_profiles(BOOK, map(typed, drawn))


def decided(drawn: list[dict[str, Any]]) -> Decision:
    return decide(cohort(drawn), BOOK)


def tables(decision: Decision) -> Iterator[np.ndarray[Any, Any]]:
    """Everything that was decided, one column for each patient."""
    for name in POLICIES:
        ranking = decision.rankings[name]
        yield from (ranking.status, ranking.tier, ranking.points, ranking.cautions, ranking.rank)
    yield from (decision.truths.true, decision.truths.unknown, decision.answer[None, :])


@given(seeds)
@some
def test_the_contributions_of_an_option_add_up_to_its_score(seed: int):
    decision = decided(profiles(seed, 12))
    for row in range(12):
        explainer = Explainer(decision, row)
        for name in POLICIES:
            for option in explainer.policy(name).options:
                assert option.points == sum(line.points for line in option.contributions)
                assert all(line.points == 0 or line.counted == "yes" for line in option.contributions)


@given(seeds)
@some
def test_an_option_has_a_rank_exactly_if_it_is_eligible_cautioned_or_a_hypothesis(seed: int):
    decision = decided(profiles(seed))
    ranked = [STATUSES.index(status) for status in RANKED]
    for ranking in decision.rankings.values():
        assert np.array_equal(ranking.rank > 0, np.isin(ranking.status, ranked))
        best = ranking.rank.max(axis=0)
        firsts = (ranking.rank == 1).sum(axis=0)
        assert ((best == 0) == (firsts == 0)).all()


@given(seeds)
@some
def test_the_order_of_patients_changes_nothing(seed: int):
    drawn = profiles(seed)
    order = list(range(len(drawn)))
    random.Random(seed).shuffle(order)
    shuffled = decided([drawn[index] for index in order])
    for whole, permuted in zip(tables(decided(drawn)), tables(shuffled), strict=True):
        assert np.array_equal(whole[:, order], permuted)


@given(seeds)
@some
def test_chunks_of_seven_give_the_same_result(seed: int):
    whole = cohort(profiles(seed))
    parts = [decide(whole.part(start, start + CHUNK), BOOK) for start in range(0, len(whole), CHUNK)]
    joined = [np.concatenate(columns, axis=1) for columns in zip(*map(tables, parts), strict=True)]
    for together, apart in zip(tables(decide(whole, BOOK)), joined, strict=True):
        assert np.array_equal(together, apart)


def changes(seed: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Patients, and the same patients after one scoring rule was made true."""
    rng = random.Random(seed)
    scoring = [rule for rule in SAMPLER.rules if rule["kind"] in [kind.value for kind in SCORING]]
    for profile in profiles(seed):
        after = dict(profile)
        SAMPLER.force(after, rng.choice(scoring)["when"], True)
        yield profile, after


def moved(before: Decision, after: Decision, kind: Kind) -> Iterator[tuple[int, int]]:
    """Score before and after, where only rules of one kind became true and none became false."""
    for name, plan in before.plans.items():
        named = np.zeros((len(plan.rules), len(plan.options)), dtype=bool)
        for row, column in plan.weighed:
            named[row, column] = True
        kinds = np.array([rule.kind is kind for rule in plan.rules])[:, None]
        gained, lost = after.truths.true & ~before.truths.true, before.truths.true & ~after.truths.true
        for column in range(len(plan.options)):
            here = named[:, [column]]
            only = ~(lost & here).any(axis=0) & ~(gained & here & ~kinds).any(axis=0)
            only &= (gained & here & kinds).any(axis=0)
            scores = (d.rankings[name].points[column, only] for d in (before, after))
            yield from zip(*(points.tolist() for points in scores), strict=True)


def both(seed: int) -> tuple[Decision, Decision]:
    """Decisions on the patients of `changes`, before and after."""
    pairs = list(changes(seed))
    return decided([first for first, _ in pairs]), decided([second for _, second in pairs])


@given(seeds)
@some
def test_a_supportive_fact_never_lowers_a_score_and_a_caution_never_raises_one(seed: int):
    before, after = both(seed)
    assert all(old <= new for old, new in moved(before, after, Kind.SUPPORTS))
    assert all(old >= new for old, new in moved(before, after, Kind.OPPOSES))
    assert all(old >= new for old, new in moved(before, after, Kind.CAUTIONS))


def test_the_patients_of_that_comparison_reach_each_kind():
    for kind in SCORING:
        reached = [pair for seed in range(4) for pair in moved(*both(seed), kind)]
        assert len(reached) > 100
        assert any(old != new for old, new in reached)


def made_of(names: set[str]) -> set[str]:
    """These markers and all that they are derived from."""
    inputs = {part for name in names for part in inputs_of(BOOK.marker[name])}
    return names | made_of(inputs) if inputs - names else names


def read_by(effective: bool) -> set[str]:
    """Markers read by rules that do something in the checked policy, or by rules that don't."""
    silent = (Kind.INFORMS, Kind.MONITORS, Kind.CONFLICT)
    return {
        name
        for rule in BOOK.rule.values()
        for name in made_of(set(markers_of(rule.when)))
        if effective
        != (rule.kind in silent or ("checked" in rule.counts and rule.counts["checked"].none is not None))
    }


IDLE = sorted((read_by(effective=False) | {m.id for m in BOOK.markers if m.unread}) - read_by(effective=True))


def test_prognostic_markers_are_among_those_that_do_nothing_in_the_check():
    course = {"map_response", "necrosis", "huvos", "metastasis_at_diagnosis", "enneking"}
    tumour = {"mir99a", "mtor_mrna", "steap2", "pik3ca", "p_akt_t308", "akt2_ihc"}
    assert course | tumour <= set(IDLE)
    assert not {"rb1_dna", "platelets", "pten_ihc", "p_s6"} & set(IDLE)


@given(seeds)
@some
def test_prognostic_and_unread_markers_change_nothing_in_the_check(seed: int):
    drawn = profiles(seed)
    values = [{name: SAMPLER.value(name) for name in IDLE if name in SAMPLER.choices} for _ in drawn]
    bare = [{name: value for name, value in profile.items() if name not in IDLE} for profile in drawn]
    filled = [profile | more for profile, more in zip(bare, values, strict=True)]
    before, after = (decided(patients).rankings["checked"] for patients in (bare, filled))
    for field in ("status", "tier", "points", "rank"):
        assert np.array_equal(getattr(before, field), getattr(after, field))


@given(seeds)
@some
def test_no_option_stands_above_one_of_a_better_tier_in_the_check(seed: int):
    ranking = decided(profiles(seed)).rankings["checked"]
    hypothesis = STATUSES.index(RANKED[-1])
    worse = (ranking.status == hypothesis) * len(load().tiers) + ranking.tier
    for patient in range(ranking.rank.shape[1]):
        ranked = ranking.rank[:, patient] > 0
        by_rank = np.argsort(ranking.rank[ranked, patient], kind="stable")
        assert (np.diff(worse[ranked, patient][by_rank].astype(int)) >= 0).all()


@given(seeds)
@some
def test_equal_keys_share_a_rank_and_ranks_count_what_stands_above(seed: int):
    for ranking in decided(profiles(seed)).rankings.values():
        for patient in range(ranking.rank.shape[1]):
            ranks = sorted(rank for rank in ranking.rank[:, patient].tolist() if rank)
            assert ranks == [1 + sum(other < rank for other in ranks) for rank in ranks]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_patient_gives_the_same_answer_alone_and_in_a_cohort(policy: str):
    drawn = profiles(11)
    together = decided(drawn).rankings[policy]
    for row, profile in enumerate(drawn[:10]):
        alone = decided([profile]).rankings[policy]
        assert np.array_equal(together.rank[:, [row]], alone.rank)
        assert np.array_equal(together.points[:, [row]], alone.points)
