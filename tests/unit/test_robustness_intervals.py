"""Ranges of scores, ranks and statuses against brute force, and their invariants."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import pytest

from cds.decision import decide
from cds.robustness import intervals, rank_intervals
from cds.robustness.intervals import Extents
from cds.robustness.statuses import possible_statuses
from cds.robustness.summary import score_ranges
from cds.robustness.unknowns import Unknowns, may_rank
from cds.rulebook.load import load
from cds.vocabulary import Status
from tests.brute_force import TOY_FACTS, Seen, adult, patients, prior_drug, toy_profile
from tests.case_files import cases
from tests.naive import Naive
from tests.profiles import RULES, TOY, TYPICAL

POLICIES = ("checked", "as_published")


def ranges(cohort, book, policy="checked"):
    return {one.option: one for one in score_ranges(decide(cohort, book), policy)}


def statuses(cohort, book):
    """Possible statuses of every option that could be ranked, checked policy."""
    decision = decide(cohort, book)
    plan = decision.plans["checked"]
    extents = Extents(Unknowns(plan, cohort, decision.states))
    return {plan.options[column].id: possible_statuses(extents, column) for column in may_rank(plan)}


def agree(seen: Seen, found, may_be_wide: bool = False) -> None:
    """Ranges equal what brute force saw."""
    assert set(found) == set(seen.points)
    for option, one in found.items():
        points = seen.points[option]
        assert (one.low, one.high) == ((min(points), max(points)) if points else (None, None)), option
        if not seen.ranks[option]:
            continue
        best, worst = min(seen.ranks[option]), max(seen.ranks[option])
        if one.ranks_exact and not may_be_wide:
            assert (one.best, one.worst) == (best, worst), option
        assert one.best <= best and worst <= one.worst, option


@pytest.mark.parametrize("seed", range(40))
def test_toy_ranges_and_statuses_equal_brute_force(seed):
    """Every completion of a toy patient, by the naive evaluator, gives the same ranges and statuses."""
    book, naive, profile = load(TOY), Naive(TOY), toy_profile(random.Random(seed))
    cohort = patients(book, profile)
    for policy in POLICIES:
        seen = Seen(naive, profile, TOY_FACTS, policy)
        agree(seen, ranges(cohort, book, policy))
        if policy == "checked":
            for option, possible in statuses(cohort, book).items():
                assert {status.value for status in possible} == seen.statuses[option], option


FACTS: dict[str, tuple[Any, ...]] = {
    "rb1_dna": ("intact", "one_hit", "lost", "vus"),
    "rb1_ihc": ("retained", "lost"),
    "cdk4_cn": ("amplified", "not_amplified"),
    "ccne1_cn": ("amplified", "not_amplified"),
    "cdkn2a": ("intact", "one_hit", "lost"),
    "pten_dna": ("intact", "one_hit", "lost", "vus"),
    "pten_ihc": ("retained", "lost"),
    "vegfa_cn": ("amplified", "not_amplified"),
    "bilirubin_x_uln": (0.5, 1.8, 2.5, 4.0),
    "alt_x_uln": (1.0, 5.0, 9.0),
    "hypertension": ("uncontrolled", "controlled_or_none"),
    "phosphate_status": ("low", "not_low"),
    "lung_disease": ("current", "past", "none"),
    "hepatitis_b": ("active", "carrier", "negative"),
    "planned_major_surgery": ("yes", "no"),
    "days_to_planned_surgery": (3.0, 8.0, 20.0),
    "sorafenib_progressed": ("yes", "no"),
    "p_mtor_s2481": ("high", "intermediate", "low"),
    "diabetes": ("none", "uncontrolled"),
    "fasting_glucose": (90.0, 300.0),
}  # fmt: skip
#: What the other tumour markers are while some are enumerated: nothing that any rule reads as true.
QUIET = {
    "rb1_dna": "vus", "rb1_ihc": "retained", "cdk4_cn": "not_amplified", "ccnd1_cn": "not_amplified",
    "ccnd3_cn": "not_amplified", "ccne1_cn": "not_amplified", "cdkn2a": "intact", "pten_dna": "intact",
    "pten_ihc": "retained", "vegfa_cn": "not_amplified", "pik3ca": "wild_type", "tsc": "wild_type",
    "mtor_mutation": "wild_type", "p_s6": "intermediate", "p_4ebp1": "low", "p_mtor_s2448": "low",
    "p_mtor_s2481": "low", "p_akt_s473": "low", "abcb1": "not_high", "mir99a": "not_low",
    "mtor_mrna": "not_high", "steap2": "not_high", "kif21b": "not_high", "nrsn2": "not_high",
    "rictor_cn": "not_amplified", "igf1r": "negative", "p_erk": "negative", "treg": "low",
    "pd_l1": "negative", "m2_macrophages": "low", "msh3_ercc4": "wild_type", "bone_phenotype": "mixed",
    "bone_scan_avid": "no", "prior_drugs": [], "current_drugs": [], "drug_allergies": [],
}  # fmt: skip


@pytest.mark.parametrize(
    "unknown",
    [
        ("rb1_dna", "rb1_ihc", "cdk4_cn", "ccne1_cn", "cdkn2a"),
        ("pten_dna", "pten_ihc", "vegfa_cn", "ccne1_cn", "rb1_ihc"),
        ("bilirubin_x_uln", "alt_x_uln", "hypertension", "phosphate_status"),
        ("lung_disease", "hepatitis_b", "planned_major_surgery", "days_to_planned_surgery"),
        ("sorafenib_progressed", "p_mtor_s2481", "diabetes", "fasting_glucose", "ccne1_cn"),
    ],
)
def test_real_ranges_and_statuses_equal_brute_force(unknown):
    """On the rulebook that ships, both policies, for facts that share rules, axes and exclusions."""
    book, naive = load(), Naive(RULES)
    profile = {**TYPICAL, **QUIET}
    for name in (*unknown, *(("systolic", "diastolic") if "hypertension" in unknown else ())):
        profile.pop(name, None)
    if "sorafenib_progressed" in unknown:
        profile.pop("prior_drugs")
        others = [m.id for m in book.markers if m.from_drugs and m.from_drugs.list == "prior_drugs"]
        profile |= {name: "no" for name in others if name not in unknown}
    facts = {name: FACTS[name] for name in unknown}
    cohort = patients(book, profile)
    for policy in POLICIES:
        seen = Seen(naive, profile, facts, policy)
        agree(seen, ranges(cohort, book, policy))
        if policy == "checked":
            for option, possible in statuses(cohort, book).items():
                assert {status.value for status in possible} == seen.statuses[option], option


#: Vignettes of whom so much is not known that not all of it can be tried.
OPEN = ("3.", "32.")
VIGNETTES = [case for case in cases() if case.file == "vignettes" and not case.name.startswith(OPEN)]


@pytest.mark.parametrize("case", VIGNETTES, ids=lambda case: case.name.partition(".")[0])
def test_ranges_of_the_vignettes_equal_brute_force(case):
    """Three untested genes in all their values, each completion decided by the naive evaluator."""
    book, naive = shipped()
    given = {name: _written(value) for name, value in case.profile(book).items()}
    facts = {name: FACTS[name] for name in ("rb1_dna", "ccne1_cn", "vegfa_cn") if name not in given}
    profile = {**{name: value for name, value in QUIET.items() if name not in facts}, **given}
    cohort = patients(book, profile)
    for policy in POLICIES:
        agree(Seen(naive, profile, facts, policy), ranges(cohort, book, policy))


@cache
def shipped():
    """The rulebook that ships, for the engine and for the naive evaluator, read once."""
    return load(), Naive(RULES)


def _written(value):
    """A drug list as a patient file writes it."""
    if not isinstance(value, tuple):
        return value
    return [{"drug": use.drug} | ({"outcome": use.outcome} if use.outcome else {}) for use in value]


def test_typical_adult_has_the_measured_ranges():
    """SCORING section 14: O01 49 points, 46 to 56; ranks O03 2-2, O04 2-3, O02 4-4."""
    found = ranges(adult(load()), load())
    assert {o: (one.points, one.low, one.high) for o, one in found.items() if o == "O01"} == {
        "O01": (49, 46, 56)
    }
    assert {option: (one.best, one.worst) for option, one in found.items()} == {
        "O01": (1, 1), "O03": (2, 2), "O04": (2, 3), "O02": (4, 4)
    }  # fmt: skip
    assert all(one.exact and one.ranks_exact for one in found.values())


def test_without_safety_facts_the_first_option_could_fall_under_the_floor():
    """SCORING section 14: -18 to 56; eligible takes every safety fact, refused is possible."""
    book = load()
    hidden = {m.id: None for m in book.markers if m.concern == "safety"}
    cohort = adult(book, **hidden, current_drugs=None, drug_allergies=None)
    found = ranges(cohort, book)["O01"]
    assert (found.points, found.low, found.high) == (49, -18, 56)
    assert found.statuses == (Status.ELIGIBLE, Status.CAUTION, Status.EXCLUDED, Status.REFUSED)
    assert "infection" in {name for names in found.could_lose_rank.values() for name in names}


def test_a_stain_can_overrule_dna_but_nothing_overrules_an_entered_state():
    """RB1 intact by DNA leaves O03 open to exclusion; RB1 entered as intact does not."""
    book = load()
    assert Status.EXCLUDED in statuses(adult(book, rb1_dna="intact"), book)["O03"]
    assert Status.EXCLUDED not in statuses(adult(book, rb1="intact"), book)["O03"]
    assert Status.EXCLUDED not in statuses(adult(book, rb1_dna="intact", rb1_ihc="retained"), book)["O03"]


def test_known_fitness_stands_though_another_scale_was_not_used():
    """Lansky is unknown where Karnofsky was entered, and can't exclude anybody."""
    book = load()
    found = statuses(adult(book, ecog=None, karnofsky=90.0), book)
    assert found["O01"] == (Status.ELIGIBLE,)


@pytest.mark.parametrize("seed", range(25))
def test_filling_an_unknown_narrows_and_lands_inside(seed):
    """Whatever an unknown fact turns out to be, the new range lies in the old one and holds the points."""
    rng, book = random.Random(1000 + seed), load(TOY)
    profile = toy_profile(rng, clear=0.95)
    unknown = [fact for fact in TOY_FACTS if fact not in profile]
    if not unknown:
        return
    fact = rng.choice(unknown)
    before = ranges(patients(book, profile), book)
    for value in TOY_FACTS[fact]:
        after = ranges(patients(book, profile | {fact: value}), book)
        for option, one in after.items():
            assert one.low is None or one.low <= one.points <= one.high
            if option in before and one.low is not None:
                assert before[option].low <= one.low <= one.high <= before[option].high
    for one in before.values():
        assert one.low is None or one.low <= one.points <= one.high


def test_permuted_options_give_permuted_ranges():
    """The order of options in the rulebook changes nothing but the order of the result."""
    book = load()
    backwards = book.with_parts(options=book.options[::-1])
    for policy in POLICIES:
        assert ranges(adult(book), book, policy) == ranges(adult(book), backwards, policy)


def test_too_many_worlds_fall_back_to_outer_bounds(monkeypatch):
    """With hardly any enumeration allowed, ranges are marked and still hold every exact one."""
    book = load()
    cohort = adult(book, hypertension=None, systolic=None, diastolic=None, alt_x_uln=None)
    exact = ranges(cohort, book)
    monkeypatch.setattr(intervals, "MOST", 2)
    monkeypatch.setattr(rank_intervals, "JOINT", 2)
    outer = ranges(cohort, book)
    assert any(not one.exact for one in outer.values()) and any(not one.ranks_exact for one in outer.values())
    for option, one in outer.items():
        assert one.low <= exact[option].low and one.high >= exact[option].high
        assert one.best <= exact[option].best and one.worst >= exact[option].worst


def test_a_patient_with_no_option_left_has_no_ranges():
    """Nothing is ranked, so nothing can move."""
    book = load()
    assert ranges(adult(book, infection="active"), book) == {}


def test_rank_ranges_hold_what_both_policies_rank_now():
    """The present rank lies inside its range."""
    book = load()
    for changes in ({}, {"age": 14.0}, {"prior_drugs": prior_drug("sorafenib", "progressed")}):
        cohort = adult(book, **changes)
        for policy in POLICIES:
            assert all(one.best <= one.rank <= one.worst for one in ranges(cohort, book, policy).values())
            assert np.all(
                [one.low <= one.points <= one.high for one in ranges(cohort, book, policy).values()]
            )
