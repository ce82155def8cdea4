"""The layout of a cohort's results: which columns, and what each bit of a mask stands for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from cds.plan import Plan, plan
from cds.ranking import STATUSES
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Condition, Joined, Not

FORMAT_VERSION = "1.0"
#: Masks of rules, by name; text formats spell them out as rule ids.
RULE_MASKS = ("fired", "unknown")
#: Masks that only an explanation needs; text formats hold them as hexadecimal digits.
OTHER_MASKS = ("untested", "open_parts")


@dataclass(frozen=True)
class Layout:
    """Names and order of everything a result holds; the same for every patient of a run.

    Masks: bit i (from the low end of byte i // 8) of `fired` and `unknown` is rule i, of
    `untested` (unknown after derivation) marker i, of `open_parts` (unknown) part i.
    """

    policies: tuple[str, ...]
    options: dict[str, tuple[str, ...]]
    rules: tuple[str, ...]
    markers: tuple[str, ...]
    parts: int
    answers: tuple[str, ...]

    @cached_property
    def masks(self) -> dict[str, int]:
        """Bytes of each mask; one without bits has one too, since not every format knows empty cells."""
        bits = (len(self.rules), len(self.rules), len(self.markers), self.parts)
        return {name: octets(n) for name, n in zip((*RULE_MASKS, *OTHER_MASKS), bits, strict=True)}

    def fields(self, policy: str) -> tuple[tuple[str, str, str, str], ...]:
        """Option, and its status, points and rank columns, for the options a policy can rank."""
        return tuple(
            (option, f"{policy}_{option}_status", f"{policy}_{option}_points", f"{policy}_{option}_rank")
            for option in self.options[policy]
        )

    def plain(self) -> dict[str, Any]:
        """The layout as JSON data, as it stands in `run.json`."""
        return {
            "version": FORMAT_VERSION,
            "policies": list(self.policies),
            "options": {name: list(options) for name, options in self.options.items()},
            "rules": list(self.rules),
            "markers": list(self.markers),
            "parts": self.parts,
            "statuses": [str(status) for status in STATUSES],
            "answers": list(self.answers),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the layout."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()


def octets(bits: int) -> int:
    """Bytes that hold so many bits, at least one."""
    return max(1, -(-bits // 8))


def layout_of(book: Rulebook, policies: tuple[str, ...]) -> Layout:
    """The layout of a rulebook's results."""
    plans = {name: plan(book, name) for name in policies}
    options = {name: tuple(p.options[column].id for column in p.rankable) for name, p in plans.items()}
    markers = tuple(marker.id for marker in book.markers)
    return Layout(policies, options, tuple(book.rule), markers, len(nested_parts(book)), tuple(book.answer))


def layout_from(data: dict[str, Any]) -> Layout:
    """The layout that `run.json` holds."""
    options = {name: tuple(options) for name, options in data["options"].items()}
    rules, markers = tuple(data["rules"]), tuple(data["markers"])
    return Layout(tuple(data["policies"]), options, rules, markers, data["parts"], tuple(data["answers"]))


@lru_cache(maxsize=16)
def nested_parts(book: Rulebook) -> tuple[Condition, ...]:
    """The joined and negated conditions inside rules; whether they are unknown tells what would decide."""
    found: dict[Condition, None] = {}

    def visit(condition: Condition, inside: bool) -> None:
        if isinstance(condition, (Joined, Not)):
            if inside:
                found[condition] = None
            for part in condition.parts if isinstance(condition, Joined) else (condition.part,):
                visit(part, True)

    for rule in book.rule.values():
        visit(rule.when, False)
    return tuple(found)


def rule_table(book: Rulebook, policies: tuple[str, ...]) -> dict[str, Any]:
    """What every rule and evidence line gives to every option: with the masks, all contributions.

    A patient's contribution is the points of a fired rule, unless a fired rule that stands before
    it in the same chain already counts.
    """
    plans = {name: plan(book, name) for name in policies}
    rules = [
        {"bit": bit, "rule": rule.id, "kind": str(rule.kind), "topic": rule.topic, "label": rule.label}
        for bit, rule in enumerate(book.rule.values())
    ]
    return {"rules": rules, "policies": {name: _points(p) for name, p in plans.items()}}


def _points(laid_out: Plan) -> dict[str, Any]:
    ids = [option.id for option in laid_out.options]
    names = [rule.id for rule in laid_out.rules]
    points: dict[str, dict[str, int]] = {name: {} for name in ids}
    for (row, column), weighed in sorted(laid_out.weighed.items()):
        points[ids[column]][names[row]] = weighed.points
    chains = [
        {"options": [ids[c] for c in chain.options], "rules": [names[r] for r in chain.rows]}
        for chain in laid_out.chains
        if len(chain.rows) > 1
    ]
    evidence = {
        option.id: {line.id: laid_out.line(line).points for line in option.lines}
        for option in laid_out.options
    }
    return {"evidence": evidence, "points": points, "chains": chains}
