"""The naive evaluator against expectations worked out by hand on the toy rulebook."""

from __future__ import annotations

from typing import Any

import pytest

from tests.naive import Naive
from tests.naive_markers import condition
from tests.profiles import RULES, TOY, TOY_CLEAR, TYPICAL


@pytest.fixture(scope="module")
def toy() -> Naive:
    """The toy rulebook, read once."""
    return Naive(TOY)


def rows(toy: Naive, policy: str = "checked", **changes: Any) -> dict[str, dict[str, Any]]:
    """Rows of the clear patient with changes; None unsets a marker."""
    profile = {key: value for key, value in {**TOY_CLEAR, **changes}.items() if value is not None}
    return toy.assess(profile)["policies"][policy]


def brief(table: dict[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Status, reasons, points and rank of each option."""
    return {o: (row["status"], row["reasons"], row["points"], row["rank"]) for o, row in table.items()}


def test_clear_patient_in_both_policies(toy: Naive) -> None:
    """Evidence alone: 60 - 20 + 8 for T1, 16 for T2, 8 for T4; T2 waits for the test of its target."""
    assert brief(rows(toy)) == {
        "T1": ("eligible", [], 48, 1),
        "T2": ("hypothesis", ["tier_not_nameable"], 16, 2),
        "T3": ("refused", ["evidence_contradicted"], 0, None),
        "T4": ("hypothesis", ["tier_not_nameable"], 8, 3),
        "T5": ("not_available", ["concept"], 0, None),
        "T6": ("refused", ["evidence_balance_not_positive"], -4, None),
    }
    assert rows(toy)["T2"]["unverified"] == ["gene"]
    assert brief(rows(toy, "as_published")) == {
        "T1": ("eligible", [], 76, 1),
        "T2": ("eligible", [], 16, 2),
        "T3": ("caution", ["refused_by_other_policy"], 10, 3),
        "T4": ("eligible", [], 8, 4),
        "T5": ("not_available", ["concept"], 0, None),
        "T6": ("refused", ["no_claim"], 0, None),
    }


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "can_be_named"),
        ({"disease": "other"}, "out_of_scope"),
        ({"disease": None}, "profile_incomplete"),
        ({"age": 17.9}, "only_hypotheses"),
        ({"alphanib_progressed": "yes", "prior_drugs": None}, "only_hypotheses"),
        ({"infection": "active"}, "all_excluded"),
    ],
)
def test_answers(toy: Naive, changes: dict[str, Any], answer: str) -> None:
    """The first answer that applies."""
    profile = {key: value for key, value in {**TOY_CLEAR, **changes}.items() if value is not None}
    assert toy.assess(profile)["answer"] == answer


def test_empty_profile_is_ranked_but_unverified(toy: Naive) -> None:
    """Unknown never removes an option; every deciding marker is named in marker order."""
    assessed = toy.assess({})
    assert assessed["answer"] == "profile_incomplete"
    row = assessed["policies"]["checked"]["T1"]
    assert (row["status"], row["reasons"], row["rank"]) == ("caution", ["unverified"], 1)
    first = ["infection", "alphanib_progressed", "platelets", "organ_class"]
    assert row["unverified"] == [*first, "disease", "age"]
    published = assessed["policies"]["as_published"]["T1"]["unverified"]
    assert published == ["infection", "platelets", "organ_class", "disease", "age"]


def test_deciding_markers_are_those_still_open(toy: Naive) -> None:
    """Platelets 80 are under 100 but not under 75, so only the class of the organ decides."""
    assert rows(toy, platelets=80.0, organ_disease=None)["T1"]["unverified"] == ["organ_class"]
    assert rows(toy, platelets=80.0, organ_class="B", organ_disease=None)["T1"]["reasons"] == ["x.platelets"]
    assert rows(toy, platelets=74.9)["T1"]["status"] == "excluded"
    assert rows(toy, platelets=75.0)["T1"]["status"] == "eligible"


def test_one_axis_counts_once(toy: Naive) -> None:
    """In full before half in `checked`; equal points fall to the smaller id in `as_published`."""

    def counted(policy: str, option: str) -> dict[str, tuple[int, int, str]]:
        row = rows(toy, policy, signal_a="high", signal_b="high")[option]
        lines = row["contributions"]
        assert row["points"] == sum(line["points"] for line in lines)
        return {x["id"]: (x["points"], x["would_be"], x["counted"]) for x in lines if x["id"][0] == "m"}

    assert counted("checked", "T1") == {
        "m.signal_a": (4, 4, "yes"),
        "m.signal_b": (0, 2, "same_topic:m.signal_a"),
    }
    assert counted("as_published", "T1") == {
        "m.signal_a": (16, 16, "yes"),
        "m.signal_b": (0, 16, "same_topic:m.signal_a"),
    }
    assert counted("as_published", "T4") == {
        "m.signal_a": (0, 4, "not_in_policy"),
        "m.signal_b": (16, 16, "yes"),
    }


def test_support_and_opposition_are_two_counts(toy: Naive) -> None:
    """An opposing rule is false once signal B is high, unknown while it is not given."""
    assert rows(toy, signal_a="low", signal_b="low")["T4"]["points"] == 8 - 2
    assert rows(toy, "as_published", signal_a="low", signal_b="low")["T4"]["points"] == 8 - 10
    assert rows(toy, signal_a="low")["T4"]["points"] == 8
    assert rows(toy, signal_a="low", signal_b="high")["T4"]["points"] == 8 + 2


def test_uncounted_line_shows_the_other_policy(toy: Naive) -> None:
    """Prognostic only: 0 points in `checked`, 8 (half of 16) as published."""
    [line] = [x for x in rows(toy, gene="intact")["T1"]["contributions"] if x["id"] == "m.old_wives"]
    assert (line["points"], line["would_be"], line["counted"], line["units"]) == (0, 8, "prognostic_only", 0)
    assert rows(toy, "as_published", gene="intact")["T1"]["points"] == 76 + 8


def test_cautions_take_eligible_away_and_points(toy: Naive) -> None:
    """A caution that the policy does not count is no caution in it."""
    changes: dict[str, Any] = {"current_drugs": [{"drug": "blockazole"}]}
    changes |= {"prior_drugs": [{"drug": "betanib", "outcome": "progressed"}], "prior_drugs_complete": "yes"}
    row = rows(toy, **changes)["T1"]
    assert (row["status"], row["reasons"], row["points"]) == ("caution", ["c.inhibitor", "c.sequence"], 36)
    assert rows(toy, "as_published", **changes)["T1"]["reasons"] == ["c.inhibitor"]
    assert rows(toy, "as_published", **changes)["T1"]["points"] == 72


def test_cautions_can_outweigh_the_evidence(toy: Naive) -> None:
    """16 - 4 - 8 - 4 is not positive, so T2 is refused and `as_published` says so."""
    changes = {
        "inhibitor_taken": "yes",
        "other_alpha_progressed": "yes",
        "calcium_status": "low",
        "gene": "intact",
    }
    changes |= {"current_drugs": None, "prior_drugs": None, "alphanib_progressed": "no"}
    assert brief(rows(toy, **changes))["T2"] == ("refused", ["cautions_outweigh_evidence"], 0, None)
    row = rows(toy, "as_published", **changes)["T2"]
    assert row["reasons"] == ["c.inhibitor", "c.calcium", "refused_by_other_policy"]


def test_target_and_demotion_act_in_checked_only(toy: Naive) -> None:
    """A lost gene removes T2; progression on alphanib puts T1 among the tier B hypotheses."""
    lost = rows(toy, gene_dna="lost")
    assert (lost["T2"]["status"], lost["T2"]["reasons"]) == ("excluded", ["x.gene"])
    assert rows(toy, "as_published", gene_dna="lost")["T2"]["reasons"] == ["refused_by_other_policy"]
    prior = [{"drug": "alphanib", "outcome": "progressed"}]
    demoted = rows(toy, prior_drugs=prior)["T1"]
    assert (demoted["status"], demoted["reasons"], demoted["tier"]) == ("hypothesis", ["d.alphanib"], "B")
    assert rows(toy, "as_published", prior_drugs=prior)["T1"]["tier"] == "A"


def test_equal_keys_share_a_rank(toy: Naive) -> None:
    """T2 16 - 8 and T4 8 stand in one tier."""
    prior = [{"drug": "betanib", "outcome": "progressed"}]
    table = rows(toy, prior_drugs=prior)
    assert [table[o]["rank"] for o in ("T1", "T2", "T4")] == [1, 2, 2]


@pytest.mark.parametrize(
    ("drugs", "complete", "expected"),
    [
        ([], None, "no"),
        ([{"drug": "plainol"}], None, None),
        ([{"drug": "plainol"}], "yes", "no"),
        ([{"drug": "vaguemab"}], "yes", None),
        ([{"drug": "never heard of"}], "yes", None),
        ([{"drug": "never heard of"}, {"drug": "blockazole"}], "no", "yes"),
        ([{"drug": "Blockex"}], None, "yes"),
    ],
)
def test_fact_from_a_drug_list(
    toy: Naive, drugs: list[Any], complete: str | None, expected: str | None
) -> None:
    """`no` needs a complete list of drugs whose membership is known."""
    profile = {"current_drugs": drugs} | ({"current_drugs_complete": complete} if complete else {})
    assert toy.assess(profile)["derived"]["inhibitor_taken"] == expected


@pytest.mark.parametrize(
    ("drug", "own", "other"),
    [
        ({"drug": "alphanib", "outcome": "progressed"}, "yes", "no"),
        ({"drug": "betanib", "outcome": "progressed"}, "no", "yes"),
        ({"drug": "betanib", "outcome": "completed"}, "no", "no"),
        ({"drug": "betanib"}, "no", None),
    ],
)
def test_outcome_and_exception_of_a_drug_fact(toy: Naive, drug: Any, own: str, other: str | None) -> None:
    """A drug whose outcome is not given leaves the fact open."""
    derived = toy.assess({"prior_drugs": [drug], "prior_drugs_complete": "yes"})["derived"]
    assert (derived["alphanib_progressed"], derived["other_alpha_progressed"]) == (own, other)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"organ_disease": "no"}, "none"),
        ({"organ_disease": "yes", "waste": 1.9, "fluid": "none"}, "A"),
        ({"organ_disease": "yes", "waste": 2.0, "fluid": "none"}, "B"),
        ({"organ_disease": "yes", "waste": 2.0}, "B"),
        ({"organ_disease": "yes", "waste": 1.9}, None),
        ({"organ_disease": "yes", "fluid": "much"}, "B"),
        ({"organ_disease": "yes", "fluid": "none"}, None),
        ({"waste": 3.1, "fluid": "much"}, None),
        ({"organ_disease": "yes", "waste": 1.9, "organ_class": "A"}, "A"),
    ],
)
def test_score(toy: Naive, given: dict[str, Any], expected: str | None) -> None:
    """Known where every possible sum lies in one band: a step that is false can't be taken."""
    assert toy.assess(given)["derived"]["organ_class"] == expected


def test_own_limit_and_conflicts(toy: Naive) -> None:
    """Below the limit is low, at it is not; where entered and derived differ the stricter acts."""
    assert toy.assess({"calcium": 2.0, "calcium_limit": 2.0})["derived"]["calcium_status"] == "not_low"
    assessed = toy.assess({"calcium": 1.99, "calcium_limit": 2.0, "calcium_status": "not_low"})
    assert (assessed["derived"]["calcium_status"], assessed["conflicts"]) == ("low", ["calcium_status"])
    assessed = toy.assess({"gene_dna": "intact", "gene_stain": "lost", "gene": "intact"})
    assert (assessed["derived"]["gene"], assessed["conflicts"]) == ("lost", ["gene", "k.gene"])


def test_notes_and_retired_rules(toy: Naive) -> None:
    """A note stands above the ranking; a retired rule is gone."""
    assessed = toy.assess({"gene_dna": "lost", "signal_a": "low"})
    assert assessed["notes"] == ["referral"]
    assert "m.retired" not in assessed["truths"]


@pytest.mark.parametrize(
    ("tree", "truth", "deciding"),
    [
        ({"all": [{"x": "a"}, {"y": "a"}]}, None, {"y"}),
        ({"all": [{"x": "b"}, {"y": "a"}]}, False, set()),
        ({"any": [{"x": "a"}, {"y": "a"}]}, True, set()),
        ({"any": [{"x": "b"}, {"not": {"y": "a"}}, {"z": {"lt": "1"}}]}, None, {"y", "z"}),
        ({"missing": "y"}, True, set()),
        ({"n": {"ge": "2", "lt": "3"}}, True, set()),
        ({"n": {"gt": "2.5"}}, False, set()),
    ],
)
def test_kleene(tree: dict[str, Any], truth: bool | None, deciding: set[str]) -> None:
    """Three-valued truth and the markers that keep it open."""
    values = {"x": "a", "n": 2.5}
    assert condition(tree).truth(values) is truth
    if truth is None:
        assert condition(tree).deciding(values) == deciding


@pytest.fixture(scope="module")
def real() -> Naive:
    """The rulebook that ships, read once."""
    return Naive(RULES)


def prior(drug: str, outcome: str) -> dict[str, Any]:
    """A complete list of one earlier drug."""
    return {"prior_drugs": [{"drug": drug, "outcome": outcome}], "prior_drugs_complete": "yes"}


def taking(drug: str) -> dict[str, Any]:
    """A complete list of one drug taken now."""
    return {"current_drugs": [{"drug": drug}], "current_drugs_complete": "yes"}


def liver(child_pugh: str) -> dict[str, Any]:
    """A liver disease whose class is entered; its parts are not."""
    parts = dict.fromkeys(("bilirubin", "albumin", "inr", "ascites", "encephalopathy"))
    return {"liver_disease": "yes", "child_pugh": child_pugh, **parts}


TYPICAL_ORDER = "O01 49, O03 17, O04 15, O02 9"
#: Number in the table of vignettes, changes to the typical adult, status and reasons of O01, order
#: in `checked`, first in `as_published`: all copied from that table by hand.
VIGNETTES: list[tuple[int, dict[str, Any], str, str, str]] = [
    (1, {}, "eligible", TYPICAL_ORDER, "O01 98"),
    (2, {"lung_metastases": "none"}, "eligible", "O01 49, O03 17, O04 14, O02 9", "O01 98"),
    (4, prior("sorafenib", "stopped_for_toxicity"), "excluded x.soraint", "O03 17, O04 15", "O10 70"),
    (5, prior("sorafenib", "progressed"), "hypothesis d.sora", "O01 41, O03 17, O04 15, O02 5", "O01 114"),
    (
        6,
        prior("sorafenib", "progressed") | {"p_mtor_s2481": "high"},
        "hypothesis d.sora",
        "O01 43, O03 17, O04 15, O02 5",
        "O01 114",
    ),
    (7, {"age": 14.0}, "refused outside_trial_age", "O01p 30, O03 17, O04 15, O02 5", "O10 70"),
    (8, {"pregnancy": "pregnant", "sex": "female"}, "excluded x.preg", "", ""),
    (9, taking("itraconazole"), "excluded x.sinh", "", ""),
    (10, taking("phenytoin"), "excluded x.sind", "", "O10 62"),
    (11, taking("aprepitant"), "caution c.modinh", "O01 45, O03 13, O04 11, O02 5", "O01 94"),
    (12, liver("C"), "excluded x.cpC", "", ""),
    (13, liver("B"), "excluded x.cpB", "O03 9, O04 7", "O10 62"),
    (14, {"wound": "unhealed"}, "excluded x.wound", "", ""),
    (15, {"rb1_dna": "lost", "cdk4_cn": "amplified"}, "eligible", "O01 49, O04 15, O02 9", "O01 98"),
    (
        16,
        {"rb1_dna": "intact", "cdk4_cn": "amplified"},
        "eligible",
        "O01 49, O03 21, O04 15, O02 9",
        "O01 98",
    ),
    (17, {"cdk4_cn": "amplified"}, "eligible", TYPICAL_ORDER, "O01 98"),
    (18, {"pten_dna": "lost"}, "eligible", "O01 53, O03 21, O04 19, O02 13", "O01 108"),
    (19, {"pten_dna": "one_hit"}, "eligible", TYPICAL_ORDER, "O01 98"),
    (20, {"pik3ca": "hotspot_exon20"}, "eligible", TYPICAL_ORDER, "O01 98"),
    (21, {"msh3_ercc4": "pathogenic_germline"}, "eligible", TYPICAL_ORDER, "O01 98"),
    (22, {"msi": "msi_high"}, "eligible", TYPICAL_ORDER, "O01 98"),
    (23, {"mir99a": "low", "mtor_mrna": "high"}, "eligible", TYPICAL_ORDER, "O01 108"),
    (24, {"vegfa_cn": "amplified"}, "eligible", "O01 51, O03 17, O04 15, O02 11", "O01 108"),
    (25, {"tsc": "loss_of_function"}, "eligible", "O01 51, O03 19, O04 17, O02 11", "O01 102"),
    (26, {"p_s6": "low", "p_akt_s473": "high"}, "eligible", "O01 47, O03 15, O04 13, O02 7", "O01 98"),
    (27, {"treg": "high", "pd_l1": "positive"}, "eligible", TYPICAL_ORDER, "O01 98"),
    (29, prior("everolimus", "progressed"), "hypothesis d.rapa", "O01 41, O03 9, O04 7", "O01 90"),
    (30, {"ecog": "2"}, "caution c.ecog2", "O01 45, O03 13, O04 11, O02 5", "O01 94"),
    (31, {"ecog": "3"}, "excluded x.ecog", "", ""),
    (33, {"histology": "other"}, "refused out_of_scope", "", ""),
    (34, {"resectability": "resectable"}, "refused surgery_first", "", ""),
    (35, {"prior_map": "ongoing"}, "refused standard_therapy_first", "", ""),
    (36, {"map_response": "good"}, "eligible", TYPICAL_ORDER, "O01 88"),
    (38, {"lung_disease": "past"}, "caution c.ild", "O01 41, O03 9, O04 7", "O01 90"),
    (39, {"lung_disease": "current"}, "excluded x.ild", "", ""),
    (40, {"hepatitis_b": "carrier"}, "caution c.hbv", "O01 45, O03 13, O04 11, O02 5", "O01 94"),
    (41, {"hepatitis_b": "active"}, "excluded x.hbv", "", ""),
    (42, {"transplant": "solid_organ"}, "caution c.tx", "O01 41, O03 9, O04 7", "O01 90"),
    (43, {"neuropathy": "3"}, "eligible", "O01 49, O03 17, O02 9", "O01 98"),
    (44, {"creatinine_clearance": 30.0}, "eligible", TYPICAL_ORDER, "O01 98"),
    (45, {"phosphate_status": "low"}, "caution c.phosTKI", "O01 41, O03 13, O04 11", "O01 90"),
    (46, {"systolic": 160.0}, "caution c.htn", "O01 41, O03 17, O04 15", "O01 90"),
    (47, {"bleeding": "yes"}, "excluded x.bleed", "O03 17, O04 15", "O10 70"),
    (48, {"platelets": 60.0}, "excluded x.plt", "", ""),
    (49, {"age": 70.0}, "eligible", TYPICAL_ORDER, "O01 98"),
]


def in_words(table: dict[str, dict[str, Any]]) -> list[str]:
    """`O01 49`, ... in order of rank."""
    ranked = sorted((row["rank"], option) for option, row in table.items() if row["rank"])
    return [f"{option} {table[option]['points']}" for _, option in ranked]


@pytest.mark.parametrize(("number", "changes", "first", "order", "published"), VIGNETTES)
def test_vignettes(
    real: Naive, number: int, changes: dict[str, Any], first: str, order: str, published: str
) -> None:
    """The table of vignettes of the trial rulebook holds for the rulebook that ships."""
    profile = {key: value for key, value in {**TYPICAL, **changes}.items() if value is not None}
    policies = real.assess(profile)["policies"]
    row = policies["checked"]["O01"]
    assert " ".join([row["status"], *row["reasons"]]) == first
    assert ", ".join(in_words(policies["checked"])) == order
    assert "".join(in_words(policies["as_published"])[:1]) == published


def test_nothing_known_in_the_real_rulebook(real: Naive) -> None:
    """Evidence alone orders the options; nothing is answered."""
    assessed = real.assess({})
    table = assessed["policies"]["checked"]
    assert assessed["answer"] == "profile_incomplete"
    assert in_words(table) == ["O01 48", "O01p 29", "O03 16", "O04 14", "O02 8"]
    assert table["O01"]["reasons"] == ["unverified"]
