"""A model beside the ranking: context, or bounded points inside a tier; never a status, never unasked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from cds.assessment import assess
from cds.cohort import cohort_from_profiles
from cds.comparison.with_model import with_model
from cds.report.case.document import case_document
from cds.result import Assessment
from cds.risk.training import train
from tests import toy_cohort

TODAY = dt.date(2026, 11, 23)
PATIENT = {"disease": "in_scope", "age": 44.0, "gene_dna": "intact", "signal_a": "high", "infection": "none"}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return toy_cohort.write(tmp_path_factory.mktemp("toy") / "cohort.csv", 400)


def fit(path, declaration):
    return train(declaration, toy_cohort.cohort(path, declaration), toy_cohort.book(), today=TODAY).model


@pytest.fixture(scope="module")
def model(path):
    return fit(path, toy_cohort.per_option(subgroups=[], comparisons=[]))


@pytest.fixture(scope="module")
def context_model(tmp_path_factory):
    """A prognostic model; the cohort has no regimen column."""
    path = toy_cohort.write(tmp_path_factory.mktemp("toy") / "cohort.csv", 300, regimen=False)
    applies = {"disease": ["in_scope"]}
    return fit(path, toy_cohort.declared(subgroups=[], comparisons=[], applies_to=applies))


def ranked(patient: dict, model=None, pinned: bool = True) -> Assessment:
    book = toy_cohort.book()
    cohort = cohort_from_profiles(book, [patient])
    assessment = assess(cohort, book)
    return assessment if model is None else with_model(assessment, cohort, book, model, pinned)


def order(policy) -> list[tuple[str, int | None]]:
    return [(option.option, option.rank) for option in policy.options]


def test_without_a_model_there_is_no_trace_of_one():
    data = ranked(PATIENT).model_dump(mode="json")
    assert "model" not in data and data["provenance"]["model"] is None
    text = str(case_document(ranked(PATIENT), toy_cohort.book()))
    assert "No risk model was used." in text


@pytest.mark.parametrize("kind", ["model", "context_model"])
def test_with_a_model_all_else_stays_as_it_was(kind, request):
    plain, told = ranked(PATIENT), ranked(PATIENT, request.getfixturevalue(kind))
    assert told.model is not None and told.provenance.model == told.model.id + " 1.0.0"
    provenance = told.provenance.model_copy(update={"model": None, "model_digest": None})
    back = told.model_copy(update={"model": None, "provenance": provenance})
    assert back.model_dump_json() == plain.model_dump_json()


def test_a_prognostic_model_gives_a_figure_and_no_points(context_model):
    said = ranked(PATIENT, context_model).model
    assert said is not None and said.policies == () and len(said.estimates) == 1
    estimate = said.estimates[0]
    assert 0 < estimate.low <= estimate.percent <= estimate.high < 100
    assert estimate.base + sum(s.percent for s in estimate.shares) == pytest.approx(
        estimate.percent, abs=1e-9
    )
    assert {share.marker: share.value for share in estimate.shares}["age"] == "44\u00a0years"


def test_points_are_the_sum_of_the_lines(model):
    plain, said = ranked(PATIENT), ranked(PATIENT, model).model
    for policy in said.policies:
        for option in policy.options:
            assert option.points == sum(line.points for line in option.contributions)
            before = plain.policy(policy.policy).of(option.option)
            added = [line for line in option.contributions if line.source in ("model", "bound")]
            assert option.contributions[: len(before.contributions)] == before.contributions
            assert option.points - before.points == sum(line.points for line in added)
            assert abs(option.points - before.points) <= 10


def test_a_model_never_changes_status_tier_reasons_or_who_is_ranked(model):
    for age in (12.0, 44.0):
        for infection in ("none", "active"):
            patient = PATIENT | {"age": age, "infection": infection}
            plain, said = ranked(patient), ranked(patient, model).model
            for policy in said.policies:
                for option in policy.options:
                    before = plain.policy(policy.policy).of(option.option)
                    assert (option.status, option.tier, option.reasons) == (
                        before.status,
                        before.tier,
                        before.reasons,
                    )
                    assert (option.rank is None) == (before.rank is None)


def test_a_model_never_crosses_a_tier_in_checked(model):
    """Whatever the points, the tiers of the checked order stay in their order."""
    for bonus in (10.0, 0.001):
        rule = model.declaration.points.model_copy(update={"per_percent": bonus})
        strong = changed(model, points=rule)
        ranks = {o.option: o for o in ranked(PATIENT, strong).model.policy("checked").options if o.rank}
        tiers = [o.tier for o in sorted(ranks.values(), key=lambda o: o.rank)]
        assert tiers == sorted(tiers)


def changed(model, **more):
    manifest = model.manifest
    declaration = manifest.declaration.model_copy(update=more)
    return replace(model, manifest=manifest.model_copy(update={"declaration": declaration}))


def test_a_model_reorders_inside_a_band_it_covers(model):
    """T2 and T4 share tier B; T2 is better in the registry, so T4 can only fall behind."""
    plain, said = ranked(PATIENT).policy("checked"), ranked(PATIENT, model).model.policy("checked")
    assert plain.of("T2").tier == plain.of("T4").tier
    assert said.of("T2").points - plain.of("T2").points > said.of("T4").points - plain.of("T4").points


def test_a_band_with_an_option_it_does_not_cover_does_not_count(path):
    points = {"counts": "true", "per_percent": 1, "options": ["T1", "T2", "T4"]}
    model = fit(path, toy_cohort.per_option(subgroups=[], comparisons=[], points=points))
    less = changed(model, points=model.declaration.points.model_copy(update={"options": ("T1", "T2")}))
    said = ranked(PATIENT, less).model
    reasons = said.not_counted["checked"]
    assert reasons["T2"] == reasons["T4"] == "band_not_covered" and "T1" not in reasons
    policy, plain = said.policy("checked"), ranked(PATIENT).policy("checked")
    assert policy.of("T2").points == plain.of("T2").points and order(policy) == order(plain)
    lines = [line for line in policy.of("T2").contributions if line.source == "model"]
    assert lines and all(line.points == 0 and line.counted == "band_not_covered" for line in lines)
    assert any(line.would_be for line in lines)


def test_as_published_is_one_band_because_tiers_do_not_count_there(model):
    said = ranked(PATIENT, model).model
    names = {o.option for o in ranked(PATIENT).policy("as_published").options if o.rank}
    assert names - {"T1", "T2", "T4"}, "the toy rulebook ranks an option the model does not know"
    assert set(said.not_counted["as_published"]) == names


@pytest.mark.parametrize(
    ("pinned", "counts", "code"),
    [(False, True, "version_not_pinned"), (True, False, "manifest_does_not_count")],
)
def test_points_count_only_if_pinned_and_declared(model, pinned, counts, code):
    declared = changed(model, points=model.declaration.points.model_copy(update={"counts": counts}))
    said = ranked(PATIENT, declared, pinned).model
    assert said.not_counted["checked"]["T1"] == code and said.estimates
    assert order(said.policy("checked")) == order(ranked(PATIENT).policy("checked"))


@pytest.mark.parametrize(
    ("patient", "code"),
    [
        ({"age": 119.0}, "outside_range:age"),
        ({"gene_dna": "vus"}, "not_known:gene"),
    ],
)
def test_outside_its_range_a_model_abstains_by_code(model, patient, code):
    said = ranked(PATIENT | patient, model).model
    assert code in [reason.code for reason in said.abstains] and not said.estimates
    assert set(said.not_counted["checked"].values()) <= {"abstains", "band_not_covered"}
    assert order(said.policy("checked")) == order(ranked(PATIENT | patient).policy("checked"))


def test_a_patient_of_another_population_gets_no_figure(context_model):
    said = ranked(PATIENT | {"disease": "other"}, context_model).model
    assert [reason.code for reason in said.abstains] == ["outside_population:disease"]
    nobody = {key: value for key, value in PATIENT.items() if key != "disease"}
    assert ranked(nobody, context_model).model.abstains[0].code == "population_not_known:disease"


def test_an_unknown_marker_with_an_indicator_still_gets_a_figure(model):
    patient = {key: value for key, value in PATIENT.items() if key != "signal_a"}
    said = ranked(patient, model).model
    assert said.estimates and "not known" in {s.value for s in said.estimates[0].shares}


def test_the_section_is_told_in_words(model, context_model):
    """SIMULATED stands first, both orders are shown, and the prognostic model says it gives no points."""
    section = next(
        s for s in case_document(ranked(PATIENT, model), toy_cohort.book()).sections if s.id == "model"
    )
    assert "SIMULATED" in str(section.blocks[0])
    assert "Rank without" in str(section.blocks) and "Rank with" in str(section.blocks)
    section = next(
        s
        for s in case_document(ranked(PATIENT, context_model), toy_cohort.book()).sections
        if s.id == "model"
    )
    assert "gives no points" in str(section.blocks[0]) and "<svg" in str(section.blocks)


def test_a_result_with_a_model_survives_json(model):
    told = ranked(PATIENT, model)
    assert Assessment.model_validate_json(told.model_dump_json()) == told


def test_a_figure_that_is_not_finite_is_no_figure(context_model):
    """M7: the model abstains by a code of its own."""
    broken = replace(context_model, fitted=replace(context_model.fitted, intercept=float("nan")))
    said = ranked(PATIENT, broken).model
    assert said is not None and not said.estimates
    assert [reason.code for reason in said.abstains] == ["no_figure"]
