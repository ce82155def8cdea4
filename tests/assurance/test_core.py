"""The engine's core, quickly: conditions, truths, points, ranks, answers and explanations.

These are the tests that mutants of the core are put before (`make mutants`), so each is fast: what
the naive evaluator says of the patients is computed once.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cds import derivation, explanation, scoring
from cds import plan as plan_module
from cds.cohort import cohort_from_profiles
from cds.conditions import words
from cds.decision import Decision, decide
from cds.explanation import Explainer
from cds.plan import Plan, Weighed, plan, weigh
from cds.ranking import STATUSES, Ranking, order_key, with_points, without_positive_evidence
from cds.result import OptionResult
from cds.rulebook.base import Counting
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of, parse
from cds.rulebook.load import load
from cds.rulebook.rules import Rule
from cds.vocabulary import Kind, Status, Uncounted
from tests import adapter
from tests.assurance.rule_table import Said, expected
from tests.naive import Naive
from tests.policies import CHECKED, POLICIES, PUBLISHED
from tests.profiles import RULES, TOY, TOY_CLEAR, TYPICAL, Sampler
from tests.unit.test_naive_equality import differing, differing_lines

Profile = dict[str, Any]
BOOKS = pytest.mark.parametrize("rules", [TOY, RULES], ids=["toy", "real"])
NUMBER, DETAILED = 150, 12


@cache
def drawn(rules: Path) -> tuple[Profile, ...]:
    """Patients, of whom many can be ranked."""
    sampler = Sampler(rules, TOY_CLEAR if rules == TOY else TYPICAL)
    return tuple(chain(sampler.draw(NUMBER, 3), [{}], [dict(sampler.typical)]))


@cache
def right(rules: Path) -> tuple[dict[str, Any], ...]:
    """What the naive evaluator says of them."""
    naive = Naive(rules)
    return tuple(naive.assess(profile) for profile in drawn(rules))


@cache
def table() -> dict[str, Said]:
    """The table of rules, read once."""
    return expected()


def deciding(rules: Path, row: int) -> dict[str, set[str]]:
    """For each rule that one patient leaves open, the markers that would decide it."""
    naive = naive_of(rules)
    values, _ = naive.markers.settle(drawn(rules)[row])
    return {rule.id: rule.when.deciding(values) for rule in naive.rules if rule.when.truth(values) is None}


@cache
def naive_of(rules: Path) -> Naive:
    """The naive evaluator of a rulebook."""
    return Naive(rules)


@pytest.fixture(autouse=True)
def laid_out_anew():
    """Nothing that the core keeps between calls may stand in for what it does now."""
    for module in (derivation, explanation, plan_module, scoring):
        for thing in vars(module).values():
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()


def decided(rules: Path, number: int = NUMBER) -> tuple[Rulebook, Decision]:
    """The engine's decision for the first of these patients."""
    book = load(rules)
    typed = [adapter._profile(profile) for profile in drawn(rules)[:number]]
    return book, decide(cohort_from_profiles(book, typed), book)


def results(rules: Path, number: int = DETAILED) -> list[tuple[int, str, OptionResult]]:
    """Every option's result, for some patients and both policies."""
    _, decision = decided(rules, number)
    explainers = [Explainer(decision, row) for row in range(number)]
    return [
        (row, name, option)
        for row, explainer in enumerate(explainers)
        for name in POLICIES
        for option in explainer.policy(name).options
    ]


@BOOKS
def test_it_agrees_with_the_naive_evaluator(rules: Path):
    theirs = adapter.answers(rules, list(drawn(rules)))
    pairs = enumerate(zip(right(rules), theirs, strict=True))
    found = [f"patient {row} {text}" for row, (mine, other) in pairs for text in differing(mine, other)]
    assert not found, "\n".join(found[:5])


@BOOKS
def test_its_lines_agree_with_the_naive_evaluator(rules: Path):
    rows = range(0, NUMBER, NUMBER // DETAILED)
    theirs = {row: adapter.contributions(rules, drawn(rules)[row]) for row in rows}
    found = [text for row in rows for text in differing_lines(right(rules)[row], theirs[row])]
    assert not found, "\n".join(found[:5])


def test_what_can_not_be_decided_is_listed_with_what_would_decide_it():
    places = list(load(RULES).marker)
    for row, name, option in results(RULES):
        lines = {line.rule: line for line in option.undetermined}
        open_rules = deciding(RULES, row)
        asked = {
            rule: (said.checked, said.published)[name == PUBLISHED]
            for rule, said in table().items()
            if rule in open_rules and option.option in (said.checked, said.published)[name == PUBLISHED]
        }
        assert set(lines) == set(asked)
        for rule, line in lines.items():
            assert line.points == asked[rule][option.option]
            assert line.kind.value == table()[rule].kind
            assert list(line.markers) == sorted(open_rules[rule], key=places.index)


@BOOKS
def test_every_line_carries_what_the_rulebook_says_of_it(rules: Path):
    book = load(rules)
    for _, name, result in results(rules):
        option = book.option[result.option]
        lines = {line.id: line for line in result.contributions}
        assert [line.id for line in result.contributions if line.source == "evidence"] == [
            line.id for line in option.lines
        ]
        for written in option.lines:
            seen = lines[written.id]
            assert (seen.label, seen.topic, seen.verification) == (written.text, None, written.verification)
            assert seen.markers == ()
        for line in result.contributions:
            if line.source != "evidence":
                rule = book.rule[line.id]
                assert line.source == "rule"
                assert (line.label, line.topic) == (rule.label, rule.topic)
                assert (line.verification, line.markers) == (rule.verification, markers_of(rule.when))
        assert result.base == sum(line.points for line in result.contributions if line.source == "evidence")
        assert result.label == option.label
        assert name in POLICIES


@BOOKS
def test_reasons_cautions_and_monitors_carry_what_the_rulebook_says_of_them(rules: Path):
    book = load(rules)
    shown = dict.fromkeys(POLICIES, f"Refused or excluded by the {CHECKED} policy")
    gates = {str(rule.code): rule for rule in book.rule.values() if rule.kind is Kind.GATE}
    for row, name, result in results(rules):
        truths = right(rules)[row]["truths"]
        said = right(rules)[row]["policies"][name][result.option]
        assert [reason.code for reason in result.reasons] == said["reasons"]
        for reason in (*result.reasons, *result.exclusions, *result.cautions, *result.monitors):
            rule = book.rule.get(reason.code) or gates.get(reason.code)
            if rule is None:
                label = shown[name] if reason.code == "refused_by_other_policy" else book.reason[reason.code]
                assert (reason.label, reason.recoverable) == (label, None)
            else:
                assert (reason.label, reason.recoverable) == (rule.label, rule.recoverable)
                assert reason.verification == rule.verification
                assert truths[rule.id] is True
        monitors = [rule for rule in book.rule.values() if rule.kind is Kind.MONITORS and truths[rule.id]]
        named = [rule.id for rule in monitors if result.option in book.resolve(rule.options, rule.but_not)]
        assert [reason.code for reason in result.monitors] == named
        stops = (
            (Kind.EXCLUDES, Kind.TARGET_ABSENT)
            if book.policy[name].keeps_hypotheses_apart
            else (Kind.EXCLUDES,)
        )
        stopping = [rule for rule in book.rule.values() if rule.kind in stops and truths[rule.id]]
        stopped = [rule.id for rule in stopping if result.option in book.resolve(rule.options, rule.but_not)]
        assert [reason.code for reason in result.exclusions] == stopped


@BOOKS
def test_ties_are_told(rules: Path):
    by_patient: dict[tuple[int, str], list[OptionResult]] = {}
    for row, name, result in results(rules, 60 if rules == TOY else DETAILED):
        by_patient.setdefault((row, name), []).append(result)
    tied = 0
    for options in by_patient.values():
        ranks = [option.rank for option in options]
        for option in options:
            assert option.tied == (option.rank is not None and ranks.count(option.rank) > 1)
            tied += option.tied
    assert tied or rules == RULES


@BOOKS
def test_a_policy_says_which_it_is(rules: Path):
    book, decision = decided(rules, 1)
    for name in POLICIES:
        said, wanted = Explainer(decision, 0).policy(name), book.policy[name]
        assert (said.policy, said.label, said.sentence) == (name, wanted.label, wanted.sentence)


def test_one_policy_alone_gives_what_it_gives_beside_the_other():
    book, both = decided(RULES, 20)
    alone = decide(both.cohort, book, (CHECKED,))
    assert np.array_equal(alone.rankings[CHECKED].rank, both.rankings[CHECKED].rank)
    for row in range(20):
        for one, other in zip(
            Explainer(alone, row).policy(CHECKED).options,
            Explainer(both, row).policy(CHECKED).options,
            strict=True,
        ):
            ids = [line.id for line in one.contributions]
            assert [line.id for line in other.contributions if line.id in ids] == ids
            rest = [line for line in other.contributions if line.id not in ids]
            assert all((line.counted, line.level) == ("not_in_policy", None) for line in rest)
            rules = [line for line in one.contributions if line.source == "rule" and not line.points]
            assert all(line.would_be == 0 or "same_topic" in line.counted for line in rules)
            assert one.reasons == other.reasons


@BOOKS
def test_points_added_later_move_only_ranks(rules: Path):
    book, decision = decided(rules)
    for name in POLICIES:
        laid_out, ranking = plan(book, name), decision.rankings[name]
        extra = np.zeros_like(ranking.points)
        assert np.array_equal(with_points(laid_out, ranking, extra).rank, ranking.rank)
        extra[-1], extra[len(extra) // 2], extra[0] = 4000, 3000, -3000
        raised = with_points(laid_out, ranking, extra)
        assert np.array_equal(raised.points, ranking.points + extra)
        assert np.array_equal(raised.status, ranking.status)
        assert np.array_equal(raised.ranked, ranking.ranked)
        assert np.array_equal(raised.rank, ranks_by_definition(laid_out, raised))
        assert name == CHECKED or not np.array_equal(raised.rank, ranking.rank)


def ranks_by_definition(laid_out: Plan, ranking: Ranking) -> np.ndarray[Any, Any]:
    """One more than the ranked options that are better in class, then tier if asked for, then points."""
    ranks = np.zeros(ranking.rank.shape, dtype=np.int8)
    by_tier = "tier" in laid_out.policy.order
    for patient in range(ranks.shape[1]):
        keys = {
            column: (
                ranking.status[column, patient] < STATUSES.index(Status.HYPOTHESIS),
                -int(ranking.tier[column, patient]) if by_tier else 0,
                int(ranking.points[column, patient]),
            )
            for column in np.flatnonzero(ranking.ranked[:, patient])
        }
        for column, key in keys.items():
            ranks[column, patient] = 1 + sum(other > key for other in keys.values())
    return ranks


@BOOKS
def test_ranks_are_those_of_the_definition(rules: Path):
    book, decision = decided(rules)
    for name in POLICIES:
        ranking = decision.rankings[name]
        assert np.array_equal(ranking.rank, ranks_by_definition(plan(book, name), ranking))
        assert {ranking.rank.dtype, ranking.status.dtype, ranking.tier.dtype} == {np.dtype(np.int8)}
        assert decision.answer.dtype == np.int8


def test_points_that_outgrow_the_order_key_are_refused():
    laid_out = plan(load(TOY), CHECKED)
    n = len(laid_out.options)
    zeros = np.zeros((n, 1), dtype=np.int8)
    for points in (4999, -4999):
        order_key(laid_out, zeros, zeros, np.full((n, 1), points, dtype=np.int32))
    for points in (5000, -5000):
        with pytest.raises(OverflowError, match=r"^points outgrow the order key$"):
            order_key(laid_out, zeros, zeros, np.full((n, 1), points, dtype=np.int32))
    order_key(laid_out, zeros[:0], zeros[:0], np.zeros((0, 1), dtype=np.int32))
    with pytest.raises(OverflowError):  # the one number that has no positive twin
        order_key(laid_out, zeros, zeros, np.full((n, 1), np.iinfo(np.int32).min, dtype=np.int32))


def test_no_points_outweigh_a_tier_and_no_tier_a_class():
    laid_out, flat = plan(load(TOY), CHECKED), plan(load(TOY), PUBLISHED)
    eligible, hypothesis = 0, [status.value for status in STATUSES].index("hypothesis")

    def key(status: int, tier: int, points: int) -> int:
        one = np.array([[status]], dtype=np.int8), np.array([[tier]], dtype=np.int8)
        return int(order_key(laid_out, *one, np.array([[points]], dtype=np.int32))[0, 0])

    worst = len(load(TOY).tiers) - 1
    assert key(eligible, worst, -4999) > key(hypothesis, 0, 4999)
    assert key(eligible, 0, -4999) > key(eligible, 1, 4999)
    assert key(eligible, 0, 1) > key(eligible, 0, 0) > key(eligible, 0, -1) > 0
    assert key(hypothesis, worst, -4999) > 0
    lowest = np.array([[hypothesis]], dtype=np.int8), np.array([[worst]], dtype=np.int8)
    for policy in (laid_out, flat):
        found = order_key(policy, *lowest, np.array([[-4999]], dtype=np.int32))
        assert found > 0 and found.dtype == np.int32


@BOOKS
def test_the_floor_is_where_base_and_cautions_meet_nothing(rules: Path):
    book, decision = decided(rules)
    laid_out, ranking = plan(book, CHECKED), decision.rankings[CHECKED]
    for column in range(len(laid_out.options)):
        base, cautions = laid_out.base[column], ranking.cautions[column]
        low = [base <= 0 or base + caution <= 0 for caution in cautions.tolist()]
        assert without_positive_evidence(laid_out, ranking, column).tolist() == low  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("base", "cautions", "low"),
    [(0, 0, True), (-1, 5, True), (1, 0, False), (0, 5, True), (4, -4, True), (5, -4, False), (1, -2, True)],
)
def test_the_floor_at_its_edge(base: int, cautions: int, low: bool):
    laid_out = SimpleNamespace(base=np.array([base]))
    points = SimpleNamespace(cautions=np.array([[cautions]]))
    assert without_positive_evidence(laid_out, points, 0).tolist() == [low]  # type: ignore[arg-type]


def reweighed(book: Rulebook, policy: str, **fields: Any) -> Rulebook:
    """The rulebook with some fields of one policy changed."""
    policies = (one.model_copy(update=fields) if one.id == policy else one for one in book.policies)
    return book.with_parts(policies=tuple(policies))


def test_a_base_of_one_point_is_outweighed_by_cautions_and_not_by_its_own_balance():
    """The reason of a refusal names what did it, also where one point stands between the two."""
    book = load(RULES)
    weights = dict.fromkeys(book.policy[CHECKED].weights, 0) | {"xeno": 1, "caution": 1}
    small = reweighed(book, CHECKED, weights=weights)
    laid_out = plan(small, CHECKED)
    [*ones] = np.flatnonzero(laid_out.base == 1).tolist()
    for profile, code in (({"ecog": "2"}, "cautions_outweigh_evidence"), ({}, None)):
        decision = decide(cohort_from_profiles(small, [profile]), small)
        for column in ones:
            codes = [reason.code for reason in Explainer(decision, 0).option(CHECKED, column).reasons]
            assert "evidence_balance_not_positive" not in codes
            assert code is None or laid_out.options[column].refused or code in codes
    assert ones


def test_large_weights_add_up_too():
    book = load(RULES)
    weights = {level: 20 * weight for level, weight in book.policy[CHECKED].weights.items() if weight}
    large = reweighed(book, CHECKED, weights=weights)
    typed = [adapter._profile(profile) for profile in drawn(RULES)[:DETAILED]]
    decisions = [decide(cohort_from_profiles(one, typed), one) for one in (book, large)]
    small, big = (decision.rankings[CHECKED].points for decision in decisions)
    assert np.array_equal(big, 20 * small)


def test_a_policy_that_does_not_show_refusals_keeps_its_own_statuses():
    book = load(RULES)
    silent = reweighed(book, PUBLISHED, shows_refusals_of=None)
    typed = [adapter._profile(profile) for profile in drawn(RULES)]
    shown, kept = (decide(cohort_from_profiles(one, typed), one).rankings for one in (book, silent))
    eligible, caution = STATUSES.index(Status.ELIGIBLE), STATUSES.index(Status.CAUTION)
    moved = shown[PUBLISHED].status != kept[PUBLISHED].status
    assert moved.any()
    assert (kept[PUBLISHED].status[moved] == eligible).all()
    assert (shown[PUBLISHED].status[moved] == caution).all()


def test_a_policy_without_a_demoted_tier_leaves_tiers_alone():
    book = load(RULES)
    plain = reweighed(book, CHECKED, demoted_tier=None)
    profile = adapter._profile({**TYPICAL, "prior_drugs": [{"drug": "sorafenib", "outcome": "progressed"}]})
    tiers = [
        decide(cohort_from_profiles(one, [profile]), one).rankings[CHECKED].tier[0, 0]
        for one in (book, plain)
    ]
    assert [book.tiers[tier].id for tier in tiers] == ["B", "A"]


def test_the_first_gate_gives_the_answer():
    """Where several gates are true, the order of the answers decides, not that of the rules."""
    gates = {
        "out_of_scope": {"histology": "other"},
        "standard_therapy_first": {"prior_map": "ongoing"},
        "surgery_first": {"resectability": "resectable"},
    }
    book = load(RULES)
    for start in range(len(gates)):
        profile: Profile = {**TYPICAL}
        for more in list(gates.values())[start:]:
            profile |= more
        decision = decide(cohort_from_profiles(book, [adapter._profile(profile)]), book)
        assert decision.answer_of(0).id == list(gates)[start]


def test_two_gates_can_give_one_answer():
    book = load(RULES)
    twin = book.rule["g.hist"].model_copy(update={"id": "g.twin", "when": parse({"sex": "male"})})
    both = book.with_parts(rules=(*book.rules, twin))
    for profile in ({"histology": "other", "sex": "female"}, {"histology": "secondary", "sex": "male"}):
        decision = decide(cohort_from_profiles(both, [adapter._profile({**TYPICAL, **profile})]), both)
        assert decision.answer_of(0).id == "out_of_scope"


def test_what_is_missing_is_told_for_every_type_of_marker():
    book, decision = decided(RULES, 20)
    for row in range(20):
        values, _ = naive_of(RULES).markers.settle(drawn(RULES)[row])
        for marker in book.markers:
            known = values.get(marker.id) is not None
            assert bool(decision.states.evaluator.missing(marker.id)[row]) is not known, marker.id


def test_a_reading_that_counts_nothing_keeps_its_level_and_says_why():
    book = load(RULES)
    policy, rule = book.policy[CHECKED], next(iter(book.rule.values()))

    def counted(counting: Counting) -> Rule:
        return rule.model_copy(update={"counts": {CHECKED: counting}})

    assert weigh(book, policy, counted(Counting())) == Weighed(0, None, 0, "no_level")
    uncounted = Counting(level="m_osx", none=Uncounted.CONTRADICTED)
    assert weigh(book, policy, counted(uncounted)) == Weighed(0, "m_osx", 0, "contradicted")
    assert weigh(book, policy, counted(Counting(none=Uncounted.NO_LEVEL))) == Weighed(0, None, 0, "no_level")


def test_weights_read_with_another_policy_keep_their_line():
    """A line that a policy does not count says what it would give in the other."""
    uncounted = [
        (line, name)
        for _, name, option in results(RULES)
        for line in option.contributions
        if line.counted in ("contradicted", "prognostic_only", "no_level", "not_in_policy")
    ]
    assert {name for _, name in uncounted} == set(POLICIES)
    assert all(line.points == 0 for line, _ in uncounted)
    assert any(line.would_be for line, _ in uncounted)


WORDS = {
    "RB1 is lost": {"rb1": "lost"},
    "Age below 18 years": {"age": {"lt": 18}},
    "Age at most 18 years": {"age": {"le": 18}},
    "Age above 18 years": {"age": {"gt": 18}},
    "Age at least 18 years": {"age": {"ge": 18}},
}


@pytest.mark.parametrize(("said", "tree"), WORDS.items(), ids=WORDS)
def test_conditions_in_words(said: str, tree: dict[str, Any]):
    book = load(RULES)
    found = words(parse(tree), book.marker)
    marker = book.marker[next(iter(tree))]
    assert found.startswith(marker.label)
    assert found.split(marker.label, 1)[1].strip().split(" ")[0] == said.split(" ")[1]


def test_joined_conditions_in_words():
    book = load(RULES)
    rb1, age, missing = {"rb1": "lost"}, {"age": {"lt": 18}}, {"missing": "age"}
    one, two = (words(parse(tree), book.marker) for tree in (rb1, age))
    assert words(parse({"all": [rb1, age]}), book.marker) == f"{one}, and {two}"
    assert words(parse({"any": [rb1, age]}), book.marker) == f"{one}, or {two}"
    assert words(parse({"all": [rb1, {"any": [rb1, age]}]}), book.marker) == f"{one}, and ({one}, or {two})"
    assert words(parse({"not": rb1}), book.marker) == f"not ({one})"
    assert words(parse(missing), book.marker) == f"{book.marker['age'].label} is not known"
    bare = {"age": book.marker["age"].model_copy(update={"unit": None})}
    assert words(parse(age), bare) == f"{bare['age'].label} below 18"
    two_values = words(parse({"ecog": ["3", "4"]}), book.marker)
    said = book.marker["ecog"].values
    assert two_values == f"{book.marker['ecog'].label} is {said['3']} or {said['4']}"
