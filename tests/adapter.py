"""The engine's answers in the form of the naive evaluator, so that the two can be compared.

`answers` gives one dict for each profile with the keys `answer`, `truths` ({rule: True, False or
None}), `derived` ({marker: value or None}), `conflicts`, `notes` and `policies`
({policy: {option: row}}, a row holding status, reasons, points, rank, tier, unverified, cautions).
`contributions` gives {policy: {option: [line]}} of one profile, a line holding id, points,
would_be, counted, level and units.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cds.cohort import DrugUse, cohort_from_profiles, decode
from cds.decision import Decision, decide
from cds.explanation import Explainer
from cds.ranking import STATUSES
from cds.rulebook.load import load
from cds.rulebook.markers import Marker
from cds.vocabulary import Kind

Row = dict[str, Any]


def decided(rules: Path, profiles: list[Row]) -> Decision:
    """The engine's decision for these profiles."""
    return decide(cohort_from_profiles(load(rules), map(_profile, profiles)), load(rules))


def _profile(profile: Row) -> Row:
    return {name: _drugs(value) if isinstance(value, list) else value for name, value in profile.items()}


def _drugs(uses: list[dict[str, str]]) -> tuple[DrugUse, ...]:
    return tuple(DrugUse(use["drug"], use.get("outcome")) for use in uses)


def answers(rules: Path, profiles: list[Row]) -> list[Row]:
    """The engine's answer for each profile."""
    return answers_of(decided(rules, profiles))


def answers_of(decision: Decision) -> list[Row]:
    """The answer for each patient of a decision."""
    derived = [marker for marker in decision.book.markers if marker.is_derived]
    return [_answer(decision, row, derived) for row in range(len(decision.answer))]


def _answer(decision: Decision, row: int, derived: list[Marker]) -> Row:
    plan = decision.plan
    book, explainer, truths = plan.book, Explainer(decision, row), decision.truths
    state = {True: True, False: False}
    said = {
        rule.id: None if truths.unknown[index, row] else state[bool(truths.true[index, row])]
        for index, rule in enumerate(plan.rules)
    }
    true = [rule for rule in plan.rules if said[rule.id]]
    clash = [name for name, mask in decision.states.conflicts.items() if mask[row]]
    return {
        "answer": decision.answer_of(row).id,
        "truths": said,
        "derived": {marker.id: decode(marker, decision.states.columns[marker.id][row]) for marker in derived},
        "conflicts": [m.id for m in book.markers if m.id in clash]
        + [rule.id for rule in true if rule.kind is Kind.CONFLICT],
        "notes": [rule.note for rule in true if rule.note],
        "policies": {name: _rows(decision, explainer, name, row) for name in decision.plans},
    }


def _rows(decision: Decision, explainer: Explainer, name: str, row: int) -> dict[str, Row]:
    plan, ranking = decision.plans[name], decision.rankings[name]
    result = {}
    for column, option in enumerate(plan.options):
        status = STATUSES[ranking.status[column, row]]
        cautions = plan.named[Kind.CAUTIONS][column]
        result[option.id] = {
            "status": status.value,
            "reasons": [reason.code for reason in explainer.reasons(plan, column, status)],
            "points": int(ranking.points[column, row]),
            "rank": int(ranking.rank[column, row]) or None,
            "tier": plan.book.tiers[ranking.tier[column, row]].id,
            "unverified": list(explainer.unverified(plan, column)),
            "cautions": [plan.rules[index].id for index in cautions if explainer.true[index]],
        }
    return result


def contributions(rules: Path, profile: Row) -> dict[str, dict[str, list[Row]]]:
    """The engine's contributions for one profile."""
    return contributions_of(decided(rules, [profile]), 0)


def contributions_of(decision: Decision, row: int) -> dict[str, dict[str, list[Row]]]:
    """The contributions for one patient of a decision."""
    explainer = Explainer(decision, row)
    fields = {"id", "points", "would_be", "counted", "level", "units"}
    return {
        name: {
            option.option: [line.model_dump(include=fields) for line in option.contributions]
            for option in explainer.policy(name).options
        }
        for name in decision.plans
    }
