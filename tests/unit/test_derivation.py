"""Derived markers: Child-Pugh, drug facts, laboratory limits, and what is entered beside them."""

from __future__ import annotations

from typing import Any

import pytest

from cds.cohort import DrugUse, Value, cohort_from_profiles, decode
from cds.derivation import States, derive
from cds.intake.values import read_drugs
from cds.rulebook.load import load

BOOK = load()


def states(**profile: Value) -> States:
    return derive(cohort_from_profiles(BOOK, [profile]), BOOK)


def state(name: str, **profile: Value) -> Any:
    """A marker of one patient after derivation; None if unknown."""
    return decode(BOOK.marker[name], states(**profile).columns[name][0])


def conflicts(**profile: Value) -> set[str]:
    return {name for name, mask in states(**profile).conflicts.items() if mask[0]}


# --- Child-Pugh -----------------------------------------------------------------------------------

#: One point in each of the five parts.
BEST: dict[str, Value] = {
    "liver_disease": "yes", "bilirubin": 1.0, "albumin": 40.0, "inr": 1.0, "ascites": "none",
    "encephalopathy": "none",
}  # fmt: skip
#: Three points in each.
WORST: dict[str, Value] = {
    "liver_disease": "yes", "bilirubin": 9.0, "albumin": 20.0, "inr": 3.0, "ascites": "moderate",
    "encephalopathy": "grade_3_4",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "A"),  # 5 points
        ({"ascites": "slight"}, "A"),  # 6
        ({"ascites": "moderate"}, "B"),  # 7
        ({"ascites": "moderate", "encephalopathy": "grade_3_4"}, "B"),  # 9
        ({"ascites": "moderate", "encephalopathy": "grade_3_4", "inr": 2.0}, "C"),  # 10
        (WORST, "C"),  # 15
    ],
)
def test_child_pugh_adds_five_parts(change: dict[str, Value], expected: str):
    assert state("child_pugh", **BEST | change) == expected


def without(profile: dict[str, Value], *names: str) -> dict[str, Value]:
    return {name: value for name, value in profile.items() if name not in names}


def test_child_pugh_stands_with_a_part_unknown_where_every_sum_falls_in_one_class():
    worst_of_four = without(WORST, "inr")  # 12 points, so 13 to 15: C whatever the INR
    assert state("child_pugh", **worst_of_four) == "C"
    three_parts = without(WORST, "inr", "ascites")  # 9 points, so 11 to 15
    assert state("child_pugh", **three_parts) == "C"


def test_child_pugh_is_unknown_where_the_sums_fall_in_two_classes():
    assert state("child_pugh", **without(BEST, "inr")) is None  # 5 to 7: A or B
    assert state("child_pugh", **without(WORST, "inr", "ascites", "albumin")) is None  # 9 to 15: B or C
    assert state("child_pugh", liver_disease="yes") is None


def test_child_pugh_stays_b_between_seven_and_nine():
    middle = BEST | {"ascites": "moderate"}  # 7; without the INR 6 and one to three more
    assert state("child_pugh", **without(middle, "inr")) == "B"


def test_child_pugh_is_not_computed_without_liver_disease():
    assert state("child_pugh", **WORST | {"liver_disease": "no"}) == "none"
    assert state("child_pugh", **without(WORST, "liver_disease")) is None


# --- Entered beside derived -----------------------------------------------------------------------


def test_an_entered_value_fills_what_derivation_leaves_unknown():
    assert state("child_pugh", liver_disease="yes", child_pugh="B") == "B"
    assert state("ecog", ecog="2") == "2"
    assert conflicts(ecog="2") == set()


def test_a_derived_value_stands_alone():
    assert state("pregnancy", sex="male") == "not_applicable"
    assert conflicts(sex="male") == set()


@pytest.mark.parametrize(("entered", "acts"), [("A", "B"), ("C", "C"), ("none", "B")])
def test_where_both_are_known_and_differ_the_stricter_acts(entered: str, acts: str):
    class_b = BEST | {"ascites": "moderate", "encephalopathy": "grade_1_2"}
    assert state("child_pugh", **class_b, child_pugh=entered) == acts
    assert conflicts(**class_b, child_pugh=entered) == {"child_pugh"}


def test_equal_values_are_no_conflict():
    assert conflicts(**BEST, child_pugh="A") == set()


@pytest.mark.parametrize(
    ("dna", "ihc", "expected"),
    [
        ("lost", None, "lost"),
        ("lost", "retained", "lost"),
        ("intact", "lost", "lost"),
        ("one_hit", None, "one_hit"),
        ("one_hit", "retained", "one_hit"),
        ("one_hit", "lost", "lost"),
        ("intact", None, "intact"),
        (None, "retained", "intact"),
        ("vus", None, None),
        ("vus", "retained", "intact"),
        (None, None, None),
    ],
)
@pytest.mark.parametrize("gene", ["pten", "rb1"])
def test_a_gene_is_lost_if_either_test_says_so(
    gene: str, dna: str | None, ihc: str | None, expected: str | None
):
    profile: dict[str, Value] = {}
    profile |= {f"{gene}_dna": dna} if dna else {}
    profile |= {f"{gene}_ihc": ihc} if ihc else {}
    assert state(gene, **profile) == expected


def test_a_number_is_held_against_the_laboratory_s_own_limit():
    assert state("phosphate_status", phosphate=0.79, phosphate_lower_limit=0.8) == "low"
    assert state("phosphate_status", phosphate=0.8, phosphate_lower_limit=0.8) == "not_low"
    assert state("phosphate_status", phosphate=0.79) is None
    assert state("phosphate_status", phosphate_lower_limit=0.8) is None


# --- Facts read from lists of drugs ---------------------------------------------------------------


def drugs(*names: str) -> tuple[DrugUse, ...]:
    """Uses from `sorafenib` or `sorafenib: progressed`."""
    split = (name.partition(": ") for name in names)
    return tuple(DrugUse(name, outcome or None) for name, _, outcome in split)


@pytest.mark.parametrize(
    ("taken", "complete", "expected"),
    [
        ((), None, "no"),  # an empty list is complete
        (("paracetamol",), "yes", "no"),
        (("paracetamol",), "no", None),
        (("paracetamol",), None, None),
        (("itraconazole",), "yes", "yes"),
        (("itraconazole",), None, "yes"),  # one that fits decides, complete or not
        (("zubrexafene",), "yes", None),  # nobody can say what it does
        (("zubrexafene", "itraconazole"), None, "yes"),
        (("zubrexafene", "paracetamol"), "yes", None),
    ],
)
def test_a_drug_fact_is_no_only_if_the_list_is_complete_and_classified(
    taken: tuple[str, ...], complete: str | None, expected: str | None
):
    profile: dict[str, Value] = {"current_drugs": drugs(*taken)}
    profile |= {"current_drugs_complete": complete} if complete else {}
    assert state("cyp3a4_strong_inhibitor", **profile) == expected


def test_a_list_that_was_never_asked_for_decides_nothing():
    assert state("cyp3a4_strong_inhibitor") is None
    assert state("cyp3a4_strong_inhibitor", current_drugs_complete="yes") is None


def test_a_class_that_the_rulebook_leaves_open_stays_open():
    """Simvastatin is known, but whether it inhibits P-gp is not stated: no guess."""
    profile: dict[str, Value] = {"current_drugs": drugs("simvastatin"), "current_drugs_complete": "yes"}
    assert state("simvastatin_taken", **profile) == "yes"
    assert state("cyp3a4_strong_inhibitor", **profile) == "no"
    assert state("pgp_inhibitor", **profile) is None


def test_brands_name_their_drug():
    for name in ("Sporanox", "sporanox", "ITRACONAZOLE"):
        read = read_drugs(BOOK, BOOK.marker["current_drugs"], name)
        assert read == drugs("itraconazole")
        assert state("cyp3a4_strong_inhibitor", current_drugs=read) == "yes"


@pytest.mark.parametrize(
    ("use", "progressed", "not_tolerated"),
    [
        ("sorafenib: progressed", "yes", "no"),
        ("sorafenib: stopped_for_toxicity", "no", "yes"),
        ("sorafenib: completed", "no", "no"),
        ("sorafenib", None, None),  # outcome not said
        ("regorafenib: progressed", "no", "no"),
    ],
)
def test_the_outcome_of_a_drug_counts(use: str, progressed: str | None, not_tolerated: str | None):
    profile: dict[str, Value] = {"prior_drugs": drugs(use), "prior_drugs_complete": "yes"}
    assert state("sorafenib_progressed", **profile) == progressed
    assert state("sorafenib_not_tolerated", **profile) == not_tolerated


def test_another_drug_of_a_class_leaves_out_the_option_s_own_partner():
    profile: dict[str, Value] = {"prior_drugs": drugs("sorafenib: progressed"), "prior_drugs_complete": "yes"}
    assert state("vegfr_progressed_not_pazopanib", **profile) == "yes"
    assert state("vegfr_progressed_not_sorafenib", **profile) == "no"


def test_patients_of_a_cohort_are_derived_each_by_itself():
    rows = [
        {"current_drugs": drugs("itraconazole")},
        {"current_drugs": ()},
        {},
        {"current_drugs": drugs("paracetamol")},
        {"cyp3a4_strong_inhibitor": "yes", "current_drugs": ()},
    ]
    made = derive(cohort_from_profiles(BOOK, rows), BOOK)
    marker = BOOK.marker["cyp3a4_strong_inhibitor"]
    assert [decode(marker, cell) for cell in made.columns[marker.id]] == ["yes", "no", None, None, "yes"]
    assert made.conflicts[marker.id].tolist() == [False, False, False, False, True]


def test_derivation_leaves_the_cohort_as_it_is():
    cohort = cohort_from_profiles(BOOK, [{"karnofsky": 50.0, "ecog": "0"}])
    derive(cohort, BOOK)
    assert cohort.value(BOOK.marker["ecog"], 0) == "0"
