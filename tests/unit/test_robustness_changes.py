"""What could change an order: next test, flips, priors, contrast and marker statement."""

from __future__ import annotations

import csv
import itertools
import os
from collections import Counter
from pathlib import Path

import pytest

from cds.assessment import assess
from cds.decision import decide
from cds.document.blocks import Paragraph
from cds.errors import InputError
from cds.report.case import changes as told
from cds.robustness import next_test as next_test_module
from cds.robustness.contrast import contrast, with_contrasts
from cds.robustness.flips import flips
from cds.robustness.marker_statement import marker_statements
from cds.robustness.next_test import NONE_CHANGES, next_test
from cds.robustness.priors import imputed, patterns
from cds.robustness.value_classes import value_classes
from cds.rulebook.conditions import parse
from cds.rulebook.load import load
from cds.rulebook.options import Prior
from cds.rulebook.panels import Panel
from tests.brute_force import TOY_FACTS, adult, patients, prior_drug, toy_profile
from tests.naive import Naive
from tests.profiles import RULES, TOY, TYPICAL

REAL = os.environ.get("CDS_REAL_DATA")
NO_SORAFENIB = prior_drug("sorafenib", "stopped_for_toxicity")


def effects(cohort, book, policy="checked"):
    return {test.id: test for test in next_test(cohort, book, policy).tests}


def ranks(naive, profile, policy="checked"):
    rows = naive.assess(profile)["policies"][policy]
    return {option: row["rank"] for option, row in rows.items() if row["rank"]}


def firsts(found):
    return {option for option, rank in found.items() if rank == 1}


# --- next test ---------------------------------------------------------------------------------


def test_no_test_changes_the_first_option_of_the_typical_adult():
    """SCORING section 14, and the plain answer in words; RB1 by DECISIONS' reading: 38 of 88."""
    book = load()
    found = next_test(adult(book), book)
    assert found.sentence.startswith(NONE_CHANGES)
    assert found.no_test_changes_first and found.proven_together
    panel = {test.id: test for test in found.tests}["tumour_dna"]
    assert found.tests[0] is panel
    assert (panel.first_changes, panel.order_changes, panel.of) == (0, 38, 88)
    assert round(panel.order_changes / panel.of, 2) == 0.43
    assert (panel.can_change_first, panel.can_change_order, panel.can_exclude) == (False, True, True)
    assert [(one.values, one.count) for one in panel.outcomes] == [
        ({}, 50), ({"rb1_dna": ("lost",)}, 25), ({"ccne1_cn": ("amplified",)}, 13),
    ]  # fmt: skip


def test_stains_qpcr_and_repair_genes_do_what_was_measured():
    """RB1 by stain can exclude; PTEN and pathway stains change no order; notes can be opened."""
    book = load()
    found = effects(adult(book), book)
    assert found["rb1_ihc"].can_exclude and found["rb1_ihc"].of is None
    for name in ("pten_ihc", "signalling_stains", "abcb1", "expression_qpcr", "immune_stains", "msi"):
        assert not found[name].can_change_order
    assert found["expression_qpcr"].outcomes[0].values == {}
    assert "m.ddrgen" in found["msh3_ercc4"].opens and "m.msi" in found["instability"].opens
    assert "m.ddrsom" in found["msh3_ercc4"].opens  # opens a choice without everolimus, no note


def test_after_sorafenib_a_panel_changes_the_first_hypothesis():
    book = load()
    found = next_test(adult(book, prior_drugs=NO_SORAFENIB), book)
    panel = {test.id: test for test in found.tests}["tumour_dna"]
    assert (panel.first_changes, panel.of) == (38, 88)
    assert not found.no_test_changes_first and not found.proven_together
    assert "RB1" in found.sentence


def test_for_a_child_as_published_single_markers_change_the_first_option():
    """PTEN by stain or miR-99a alone: what the review's own words would do."""
    book = load()
    found = effects(adult(book, age=14.0), book, "as_published")
    assert found["pten_ihc"].can_change_first and found["mir99a"].can_change_first


def test_missing_safety_facts_stand_before_the_tests():
    book = load()
    found = next_test(adult(book, infection=None, diabetes=None), book)
    assert {"infection", "diabetes"} <= {*found.checklist}
    assert not {*found.checklist} & {"rb1", "pten", "rb1_dna"}


@pytest.mark.parametrize("policy", ["checked", "as_published"])
@pytest.mark.parametrize(
    "changes", [{}, {"prior_drugs": NO_SORAFENIB}, {"age": 14.0}, {"cdk4_cn": "amplified"}]
)
def test_every_single_test_equals_trying_every_value(policy, changes):
    """By the naive evaluator: what each value does, and so what the test can change."""
    book, naive = load(), Naive(RULES)
    profile = {**TYPICAL, **changes}
    now = ranks(naive, profile, policy)
    found = effects(patients(book, profile), book, policy)
    for marker in book.markers:
        if marker.id not in found or marker.type != "category" or len(found[marker.id].outcomes) < 2:
            continue
        after = {value: ranks(naive, profile | {marker.id: value}, policy) for value in marker.values}
        test = found[marker.id]
        assert test.can_change_order == any(one != now for one in after.values())
        assert test.can_change_first == any(firsts(one) != firsts(now) for one in after.values())
        assert test.can_exclude == any(set(now) - set(one) for one in after.values())
        for outcome in test.outcomes:
            for value in outcome.values[marker.id]:
                places = {
                    name: 1 + sum(map(len, outcome.order[:i]))
                    for i, p in enumerate(outcome.order)
                    for name in p
                }
                assert places == after[value]


def test_a_panel_equals_trying_every_combination():
    book, naive = load(), Naive(RULES)
    panel = Panel(id="p", label="P", reveals=("rb1_ihc", "ccne1_cn", "cdk4_cn", "vegfa_cn", "abcb1"))
    small = book.with_parts(panels=(panel,))
    now, seen = ranks(naive, TYPICAL), set()
    for values in itertools.product(*(book.marker[name].values for name in panel.reveals)):
        seen.add(tuple(sorted(ranks(naive, TYPICAL | dict(zip(panel.reveals, values, strict=True))).items())))
    test = effects(adult(book), small)["p"]
    assert len(test.outcomes) == len(seen)
    assert test.can_change_order == (seen != {tuple(sorted(now.items()))})


def test_a_test_with_too_many_results_is_sampled_with_the_seed(monkeypatch):
    book = load()
    monkeypatch.setattr(next_test_module, "MOST", 64)
    monkeypatch.setattr(next_test_module, "SAMPLED", 200)
    one, two = (effects(adult(book), book)["tumour_dna"] for _ in range(2))
    assert one.sampled and one.of is None and one == two
    assert not effects(adult(book), book)["rb1_dna"].sampled


def test_nothing_ranked_nothing_to_change():
    book = load()
    found = next_test(adult(book, infection="active"), book)
    assert found.no_test_changes_first and not any(test.can_change_order for test in found.tests)
    assert found.sentence == "No option is ranked, and no test of a tumour marker would change that."


def test_of_an_unknown_patient_the_first_option_is_said_to_mean_little():
    book = load()
    found = next_test(patients(book, {}), book)
    assert "first of an order with no information about this patient" in found.sentence


def test_an_entered_state_leaves_its_tests_without_effect():
    book = load()
    found = effects(adult(book, rb1="intact"), book)
    assert not found["rb1_dna"].can_change_order and not found["rb1_ihc"].can_change_order


# --- appendix E --------------------------------------------------------------------------------


def with_prior(book, markers, counted):
    n = sum(counted.values())
    tables = {m: dict(Counter(dict.fromkeys((), 0))) for m in markers}
    for values, count in counted.items():
        for marker, value in zip(markers, values, strict=True):
            tables[marker][value] = tables[marker].get(value, 0) + count
    prior = Prior(
        source=book.priors.source,
        n=n,
        markers=markers,
        patterns=tuple((count, values) for values, count in counted.items()),
        counted=tables,
    )
    return book.with_parts(priors=prior)


def test_reading_of_appendix_e_brings_back_0_47():
    """RB1 lost if at most -0.9 or mutated: 28 of 88 lost; with CCNE1 41 of 88 orders change."""
    counted = {("intact", "not_amplified"): 47, ("lost", "not_amplified"): 26,
               ("intact", "amplified"): 13, ("lost", "amplified"): 2}  # fmt: skip
    markers = ("rb1_dna", "ccne1_cn")
    book = with_prior(load(), markers, counted)
    panel = Panel(id="two", label="Two genes", reveals=markers)
    test = effects(adult(book), book.with_parts(panels=(panel,)))["two"]
    assert (test.first_changes, test.order_changes, test.of) == (0, 41, 88)
    assert round(test.order_changes / test.of, 2) == 0.47


def _state(row, column, low=None, high=None, words=("lost", "amplified", "intact")):
    text = row[f"{column}_cn_log2"]
    if not text:
        return None
    ratio = float(text)
    if low is not None and ratio <= low:
        return words[0]
    return words[1] if high is not None and ratio >= high else words[2]


def _appendix_e(row):
    copies = ("lost", "amplified", "not_amplified")
    pten = _state(row, "PTEN", low=-1.0)
    pten = "one_hit" if pten == "intact" and float(row["PTEN_cn_log2"]) < -0.3 else pten
    mutated = {gene: row[f"{gene}_mut"] == "1.0" for gene in ("RB1", "PIK3CA", "TSC2", "MTOR")}
    copied = row["PIK3CA_cn_log2"] and float(row["PIK3CA_cn_log2"]) >= 0.9
    return (
        pten,
        "lost" if mutated["RB1"] else _state(row, "RB1", low=-0.9),
        *(_state(row, gene, high=0.9, words=copies) for gene in ("CDK4", "VEGFA", "CCNE1")),
        _state(row, "CDKN2A", low=-0.9),
        "hotspot_exon20" if mutated["PIK3CA"] else "amplification" if copied else "wild_type",
        "loss_of_function" if mutated["TSC2"] else "wild_type",
        "vus" if mutated["MTOR"] else "wild_type",
    )


@pytest.mark.real_data
@pytest.mark.skipif(not REAL, reason="CDS_REAL_DATA names no folder of real study data")
def test_reading_of_appendix_e_on_all_nine_genes():
    """From the discovery table itself: 88 patients, 25 patterns, 41 orders change."""
    with (Path(REAL) / "target_os_discovery_train.csv").open(encoding="utf-8", newline="") as file:
        read = [_appendix_e(row) for row in csv.DictReader(file)]
    counted = Counter(values for values in read if all(values))
    assert (sum(counted.values()), len(counted)) == (88, 25)
    book = with_prior(load(), load().priors.markers, counted)
    panel = effects(adult(book), book)["tumour_dna"]
    assert (panel.order_changes, panel.of) == (41, 88)


# --- priors ------------------------------------------------------------------------------------


def found_patterns(cohort, book):
    return patterns(book, cohort, decide(cohort, book).states)


def test_priors_are_conditioned_on_what_was_tested():
    book = load()
    everything = found_patterns(adult(book), book)
    assert (everything.of, everything.joint) == (88, True)
    lost = found_patterns(adult(book, rb1_dna="lost"), book)
    assert lost.of == 25 and "rb1_dna" not in lost.markers
    assert sum(count for count, _ in lost.counts) == 25


def test_independent_genes_are_said_to_be_so():
    """No counted patient has RB1 with a change of unknown effect: the next test says what it multiplies."""
    book = load()
    typical, alone = (next_test(adult(book, **more), book) for more in ({}, {"rb1_dna": "vus"}))
    assert typical.joint and not alone.joint
    texts = [block.text for block in told.tests(alone, book) if isinstance(block, Paragraph)]
    assert any("taken as independent" in text for text in texts)


def test_a_result_nobody_shows_falls_back_to_marginals():
    book = load()
    found = found_patterns(adult(book, rb1_dna="vus", pik3ca="wild_type", tsc="wild_type"), book)
    assert not found.joint
    cdk4 = found.only(("cdk4_cn",))
    shares = {values[0]: count / cdk4.of for count, values in cdk4.counts}
    assert shares["amplified"] == pytest.approx(4 / 88)


def test_a_gene_answered_by_another_test_is_not_imputed():
    """RB1 by stain is known, so its DNA is left as it is; safety facts are never imputed."""
    book = load()
    found = found_patterns(adult(book, rb1_ihc="retained"), book)
    assert "rb1_dna" not in found.markers
    assert {book.marker[name].concern for name in found.markers} == {"tumour"}


def test_imputed_patients_carry_the_patterns():
    book = load()
    cohort = adult(book)
    found = found_patterns(cohort, book)
    filled = imputed(book, cohort, found)
    for row, (_, values) in enumerate(found.counts):
        read = tuple(filled.value(book.marker[name], row) for name in found.markers)
        assert read == values


# --- flips -------------------------------------------------------------------------------------


def change_sets(found):
    return {
        frozenset((c.marker, value) for c in flip.changes for value in c.then[:1]) for flip in found.flips
    }


def test_no_flip_for_the_typical_adult():
    """SCORING section 14: no two untested markers in either policy, nor three in the checked one."""
    book = load()
    found = flips(adult(book), book)
    assert (found.size, found.up_to, found.flips) == (None, 3, ())
    assert flips(adult(book), book, policy="as_published", up_to=2).size is None
    assert found.sentence.startswith("No set of up to 3 changes among untested tumour markers would")


def test_weights_that_change_the_first_place_stand_beside_the_flips():
    """SCORING section 14: with class and tier held none does; on points alone a missed goal of 26 or more."""
    book = load()
    found = flips(adult(book), book)
    assert [(one.level, one.first_dropped, one.first_held) for one in found.weights] == [
        ("missed", (0, 25), (0, None))
    ]
    assert "With class and tier held no single weight" in found.weight_sentence
    assert "are 3 to 25 (declared 10, allowed 3 to 30) for clinical goal missed" in found.weight_sentence


def test_among_hypotheses_a_weight_changes_the_first_place_held():
    """After sorafenib was stopped O03 leads O04 by two points: one point on a level turns them."""
    book = load()
    found = flips(adult(book, prior_drugs=NO_SORAFENIB), book)
    assert {one.level for one in found.weights} == {"pdox", "xeno", "model2"}
    assert all(one.first_held == one.first_dropped for one in found.weights)


def test_other_goals_and_the_other_policy_have_no_weights():
    book = load()
    for found in (flips(adult(book), book, "O03"), flips(adult(book), book, policy="as_published")):
        assert found.weights == () and found.weight_sentence == ""
    assert flips(adult(book, ecog="3"), book).weight_sentence == ""


def test_after_sorafenib_one_change_is_enough():
    book = load()
    found = flips(adult(book, prior_drugs=NO_SORAFENIB), book)
    assert found.size == 1
    assert {next(iter(s)) for s in change_sets(found)} == {
        ("rb1_dna", "lost"), ("rb1_ihc", "lost"), ("ccne1_cn", "amplified")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "marker"),
    [
        ({"current_drugs": prior_drug("phenytoin")}, "cyp3a4_strong_inducer"),
        ({"current_drugs": prior_drug("itraconazole")}, "cyp3a4_strong_inhibitor"),
        ({"wound": "unhealed"}, "wound"),
        ({"platelets": 60.0}, "platelets"),
    ],
)
def test_one_recoverable_fact_restores_an_option(changes, marker):
    book = load()
    found = flips(adult(book, **changes), book, "eligible", recoverable=True)
    assert found.size == 1 and {c.marker for f in found.flips for c in f.changes} == {marker}
    assert flips(adult(book, **changes), book, "eligible").size is None


def test_fitness_of_3_is_not_recoverable_and_history_never_flips():
    book = load()
    assert flips(adult(book, ecog="3"), book, "eligible", recoverable=True).size is None
    doubted = flips(adult(book, ecog="3"), book, "eligible", doubtful=["ecog"])
    assert doubted.size == 1 and {c.now for f in doubted.flips for c in f.changes} == {("3",)}
    fixed = ["age", "histology", "prior_map", "sorafenib_progressed"]
    child = adult(book, age=14.0, ecog="3")
    assert flips(child, book, "eligible", doubtful=fixed).size is None


def test_a_goal_that_is_met_needs_no_change():
    book = load()
    assert flips(adult(book), book, "eligible").already
    assert flips(adult(book), book, "O01").already


def test_a_named_option_and_unknown_names():
    book = load()
    assert flips(adult(book), book, "O03").size is None
    with pytest.raises(InputError, match="unknown option 'O99'"):
        flips(adult(book), book, "O99")
    with pytest.raises(InputError, match="unknown marker 'egfr'"):
        flips(adult(book), book, doubtful=["egfr"])


@pytest.mark.parametrize("seed", range(15))
def test_flips_equal_trying_every_set(seed):
    """The toy patient by the naive evaluator: all sets of one and two values of untested markers."""
    import random

    book, naive, profile = load(TOY), Naive(TOY), toy_profile(random.Random(seed), clear=0.97)
    for name in ("gene_stain", "signal_b"):
        profile.pop(name, None)
    now = firsts(ranks(naive, profile, "as_published"))
    tumour = [n for n in ("gene_dna", "gene_stain", "signal_a", "signal_b") if n not in profile]
    found = flips(patients(book, profile), book, policy="as_published", up_to=2)
    for size in (1, 2):
        hits = set()
        for chosen in itertools.combinations(tumour, size):
            for values in itertools.product(*(TOY_FACTS[name] for name in chosen)):
                changed = dict(zip(chosen, values, strict=True))
                after = firsts(ranks(naive, profile | changed, "as_published"))
                if after and after != now:
                    hits.add(frozenset(changed.items()))
        if hits or size == 2:
            break
    listed = set()
    for flip in found.flips:
        for values in itertools.product(*(change.then for change in flip.changes)):
            listed.add(frozenset(zip((c.marker for c in flip.changes), values, strict=True)))
    assert listed == hits
    assert found.size == (size if hits else None)


def test_value_classes_join_what_no_open_rule_tells_apart():
    book = load()
    platelets = value_classes(book, book.marker["platelets"], [parse({"platelets": {"lt": "75"}})])
    assert [one.said for one in platelets] == [("< 75",), (">= 75",)]
    age = value_classes(book, book.marker["age"], [parse({"age": {"ge": "18", "lt": "65"}})], also=30.0)
    assert {one.said: 30.0 in one.members for one in age}[(">= 18 and < 65",)]
    tsc = value_classes(book, book.marker["tsc"], [parse({"tsc": "loss_of_function"})])
    assert [(one.said, one.quiet) for one in tsc] == [
        (("wild_type", "missense_vus", "germline_tsc"), True), (("loss_of_function",), False)
    ]  # fmt: skip


# --- contrast and marker statement -------------------------------------------------------------


def test_contrast_under_uncontrolled_hypertension_is_the_worked_example():
    """SCORING section 11: decided by class, +60, -20, -16, -8, +8, -6, +6, sum +24 = 41 - 17."""
    book = load()
    cohort = adult(book, hypertension="uncontrolled", systolic=None, diastolic=None)
    found = contrast(assess(cohort, book).policy("checked"), book.policy["checked"], "O01", "O03")
    assert found.decided_by == "class"
    assert [row.difference for row in found.rows] == [60, -20, -16, 8, -8, -6, 6]
    assert (found.difference, found.points_a, found.points_b) == (24, 41, 17)
    assert found.common >= 1
    assert sum(row.difference for row in found.rows) == found.difference


def test_contrasts_say_what_decided():
    book = load()
    policy = book.policy["checked"]
    typical = assess(adult(book, ccne1_cn="amplified"), book).policy("checked")
    decided = {pair: contrast(typical, policy, *pair).decided_by for pair in (("O03", "O04"), ("O03", "O02"))}
    assert decided == {("O03", "O04"): "tie", ("O03", "O02"): "points"}
    child = assess(adult(book, age=14.0), book).policy("checked")
    assert contrast(child, policy, "O01p", "O03").decided_by == "tier"
    found = contrast(child, policy, "O01p", "O01")
    assert (found.decided_by, found.rank_a, found.rank_b) == ("status", 1, None)
    assert {*found.no_rank} == {"O01"} and all(found.no_rank["O01"])


def test_neighbours_are_contrasted_in_their_order():
    book = load()
    found = with_contrasts(assess(adult(book), book), book).contrasts
    assert [(one.a, one.b) for one in found] == [("O01", "O03"), ("O03", "O04"), ("O04", "O02")]


def test_marker_statement_says_what_tumour_markers_change():
    book = load()
    changes = [
        {},
        {"rb1_dna": "lost"},
        {"prior_drugs": NO_SORAFENIB, "rb1_ihc": "lost"},
        {"pten_dna": "lost"},
    ]
    profiles = [{**TYPICAL, **one} for one in changes]
    statements = list(marker_statements(decide(patients(book, *profiles), book), book))
    assert [found[0].at_rank for found in statements] == [None, 2, 1, None]
    assert statements[0][0].sentence == "Without any tumour marker the answer would be the same."
    assert statements[1][0].sentence.endswith("different at rank 2.")
    assert all(found[0].answer_same for found in statements)
