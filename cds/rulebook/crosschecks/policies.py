"""Policies, tiers, answers and reason codes: what turns points into an order and an answer."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.book import Rulebook
from cds.rulebook.options import EvidenceLine
from cds.rulebook.policies import Answer, Policy
from cds.rulebook.rules import Rule
from cds.vocabulary import AnswerRole, Kind
from cds.wording import REASONS

#: Roles that exactly one answer has.
ONCE = (AnswerRole.INCOMPLETE, AnswerRole.NAMEABLE, AnswerRole.ONLY_HYPOTHESES, AnswerRole.ALL_EXCLUDED)
#: More tiers than this would not fit the order of options.
MOST_TIERS = 50


def check_policies(book: Rulebook) -> Iterator[Fault]:
    """One policy is the default; what is counted has a weight; the weights obey the constraints."""
    defaults = [policy.id for policy in book.policies if policy.default]
    if len(defaults) != 1:
        found = ", ".join(defaults) or "none"
        yield Fault("rules/policies", f"exactly one policy is the default, found {found}", "Mend default.")
    for policy in book.policies:
        place = book.place("policies", policy.id)
        for name in sorted(set(_levels_counted(book, policy.id))):
            yield from unknown_name(place, "weight for level", name, policy.weights)
        yield from _constraints(place, policy)
        yield from _refusals(book, place, policy)


def _levels_counted(book: Rulebook, policy: str) -> Iterator[str]:
    """The levels that rules and evidence lines name in a policy."""
    items: list[Rule | EvidenceLine] = [*book.rules]
    items += [line for option in book.options for line in option.lines]
    for item in items:
        if policy in item.counts and item.counts[policy].level:
            yield str(item.counts[policy].level)


def _constraints(place: str, policy: Policy) -> Iterator[Fault]:
    for levels in policy.constraints:
        for name in levels:
            yield from unknown_name(place, "level", name, policy.weights)
        for high, low in itertools.pairwise(levels):
            if policy.weights.get(high, 0) < policy.weights.get(low, 0):
                yield Fault(place, f"{high} weighs less than {low}", "Mend the weight or the constraint.")


def _refusals(book: Rulebook, place: str, policy: Policy) -> Iterator[Fault]:
    """A policy shows the refusals of another one, which shows none itself."""
    shown = policy.shows_refusals_of
    if shown is None:
        return
    yield from unknown_name(place, "policy", shown, book.policy)
    if shown == policy.id or (shown in book.policy and book.policy[shown].shows_refusals_of):
        remedy = "Name a policy that shows no refusals of another."
        yield Fault(place, f"{policy.id} can't show the refusals of {shown}", remedy)


def check_tiers(book: Rulebook) -> Iterator[Fault]:
    """Options and policies name declared tiers."""
    if len(book.tiers) > MOST_TIERS:
        yield Fault("rules/tiers.yaml", f"more than {MOST_TIERS} tiers", "Join some.")
    for option in book.options:
        yield from unknown_name(book.place("options", option.id), "tier", option.tier, book.tier_place)
    for policy in book.policies:
        if policy.demoted_tier:
            place = book.place("policies", policy.id)
            yield from unknown_name(place, "tier", policy.demoted_tier, book.tier_place)


def check_answers(book: Rulebook) -> Iterator[Fault]:
    """Each role that the engine needs is played once; sentences and needs name what exists."""
    roles = Counter(answer.role for answer in book.answers)
    for role in ONCE:
        if roles[role] != 1:
            said = f"{roles[role]} answers have the role {role}"
            yield Fault("rules/answers.yaml", said, "Declare exactly one.")
    for answer in book.answers:
        yield from _answer(book, book.place("answers", answer.id), answer)


def _answer(book: Rulebook, place: str, answer: Answer) -> Iterator[Fault]:
    for name in re.findall(r"{(.*?)}", answer.sentence):
        yield from unknown_name(place, "placeholder", name, ("first", "count"))
    for name in answer.needs:
        yield from unknown_name(place, "marker", name, book.marker)
    if bool(answer.needs) != (answer.role is AnswerRole.FACTS_MISSING):
        yield Fault(place, f"{answer.id}: needs go with facts_missing", "Add or remove needs.")
    if bool(answer.reason) != (answer.role is AnswerRole.GATE):
        yield Fault(place, f"{answer.id}: a reason goes with the role gate", "Add or remove reason.")


def check_reasons(book: Rulebook) -> Iterator[Fault]:
    """Codes of gates, refusals and options that are not available are declared, and used."""
    declared: dict[str, set[str]] = {of: set() for of in ("gate", "refused", "unavailable", "ranking")}
    for reason in book.reasons:
        declared[reason.of].add(reason.id)
        if reason.of == "ranking":
            yield from unknown_name(book.place("reasons", reason.id), "code", reason.id, REASONS)
    used: set[str] = set(REASONS)
    for place, of, code in _codes(book):
        yield from unknown_name(place, _NAMES[of], code, sorted(declared.get(of, set()) | _answers(book, of)))
        used.add(code)
    for reason in book.reasons:
        if reason.id not in used:
            yield Fault(book.place("reasons", reason.id), f"nothing uses {reason.id}", "Remove it.")


_NAMES = {
    "gate": "reason code",
    "answer": "answer",
    "refused": "reason for a refusal",
    "unavailable": "reason why not available",
}


def _answers(book: Rulebook, of: str) -> set[str]:
    gates = {answer.id for answer in book.answers if answer.role is AnswerRole.GATE}
    return gates if of in ("gate", "answer") else set()


def _codes(book: Rulebook) -> Iterator[tuple[str, str, str]]:
    """Every code that is named: where, of which kind, and the code."""
    for rule in book.rules:
        if rule.kind is Kind.GATE:
            everyone = book.resolve(rule.options, rule.but_not) == tuple(book.option)
            yield book.place("rules", rule.id), "answer" if everyone else "gate", rule.code or ""
    for option in book.options:
        place = book.place("options", option.id)
        if option.unavailable:
            yield place, "unavailable", option.unavailable
        yield from ((place, "refused", code) for code in option.refused.values())


def check_refusing(book: Rulebook) -> Iterator[Fault]:
    """Options are refused by policies that exist."""
    for option in book.options:
        for policy in option.refused:
            yield from unknown_name(book.place("options", option.id), "policy", policy, book.policy)
