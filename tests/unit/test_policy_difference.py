"""The two policies side by side: what counts differently, by how much, and why."""

from __future__ import annotations

from functools import cache

from cds.assessment import Context, assess, explain
from cds.cohort import cohort_from_profiles
from cds.decision import decide
from cds.difference import LINE_REASONS, ORDER_REASONS
from cds.document.blocks import Paragraph
from cds.report.case.policies import _BECAUSE, both
from cds.rulebook.load import load
from tests.brute_force import adult, patients, prior_drug
from tests.case_files import cases
from tests.profiles import RULES, TYPICAL, profiles


@cache
def book():
    """The rulebook that ships, read once."""
    return load()


@cache
def told():
    """The assessments of the 49 vignettes and of 60 random patients."""
    vignettes = [case.profile(book()) for case in cases() if case.file == "vignettes"]
    cohorts = [cohort_from_profiles(book(), [one]) for one in vignettes]
    cohorts += [patients(book(), one) for one in profiles(RULES, 60, 8)]
    return [assess(one, book()) for one in cohorts]


def test_a_patient_among_others_is_explained_as_alone():
    """Nothing is taken from the row of another: a child, one in whom all is excluded, an adult."""
    stopped = prior_drug("everolimus", "stopped_for_toxicity")
    given = ({"age": 12.0}, {"prior_drugs": stopped}, {})
    several = patients(book(), *({**TYPICAL, **changes} for changes in given))
    decision = decide(several, book())
    found = [explain(decision, book(), row, Context()) for row in range(3)]
    assert found == [assess(several, book(), row) for row in range(3)]
    assert [one.answer for one in found] == ["only_hypotheses", "all_excluded", "can_be_named"]


def test_differences_of_the_lines_sum_to_the_difference_of_the_points():
    for assessment in told():
        for one in assessment.differences:
            lines = sum(line.points - line.default_points for line in one.lines)
            assert lines == one.points - one.default_points


def test_reasons_are_a_closed_list_and_each_has_words():
    """A refusal on the evidence gives its own code; every other reason stands in the two lists."""
    refusals = {code for option in book().options for code in option.refused.values()}
    lines = {line.because.split()[0] for a in told() for one in a.differences for line in one.lines}
    orders = {code for a in told() for one in a.differences for code in one.order_because}
    assert lines == {*LINE_REASONS}
    assert {*ORDER_REASONS} <= orders <= {*ORDER_REASONS, *refusals}
    assert all(code in _BECAUSE or code in book().reason for code in (lines | orders) - {"contradicted"})


def test_sorafenib_raises_it_in_one_policy_and_lowers_it_in_the_other():
    """The worked example of SCORING section 12: 114 as published, 41 checked, line by line."""
    cohort = adult(book(), prior_drugs=prior_drug("sorafenib", "progressed"))
    [one] = [one for one in assess(cohort, book()).differences if one.option == "O01"]
    assert (one.points, one.default_points) == (114, 41)
    assert {line.id: line.points - line.default_points for line in one.lines} == {
        "m.sorap": 16, "O01.pdox": 8, "O01.xenograft": 6, "O01.historical_controls": 10, "m.mapr": 10,
        "m.doxr": 9, "O01.dose_changes": 6, "c.soraprog": 8,
    }  # fmt: skip
    assert one.order_because == ("demoted",)


def test_the_head_line_names_both_first_options_and_the_claims():
    head = next(block for block in both(assess(adult(book(), age=14.0), book()), book()))
    assert isinstance(head, Paragraph)
    assert (
        "(O01p) under the policy checked" in head.text and "(O10) under the policy as published" in head.text
    )
    assert "Claims that did not stand: C104, C105, C144." in head.text


def test_a_reason_is_given_exactly_where_first_places_differ():
    assert any(one.first_place_differs for one in told())
    assert all(one.first_place_differs == bool(one.differs_because) for one in told())
