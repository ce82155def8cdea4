"""The layout of a cohort's results: which columns, and what each bit of a mask stands for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cds.plan import Plan, plan
from cds.ranking import ANSWERS, STATUSES
from cds.rulebook.book import Rulebook

FORMAT_VERSION = "1.0"
MASKS = ("fired", "unknown")


@dataclass(frozen=True)
class Layout:
    """Names and order of everything a result holds; the same for every patient of a run."""

    policies: tuple[str, ...]
    options: dict[str, tuple[str, ...]]
    rules: tuple[str, ...]

    @cached_property
    def mask_bytes(self) -> int:
        """Bytes of a rule mask; bit i (from the low end of byte i // 8) is rule i."""
        return (len(self.rules) + 7) // 8

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
            "statuses": [str(status) for status in STATUSES],
            "answers": [str(answer) for answer in ANSWERS],
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the layout."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()


def layout_of(book: Rulebook, policies: tuple[str, ...]) -> Layout:
    """The layout of a rulebook's results."""
    plans = {name: plan(book, name) for name in policies}
    options = {name: tuple(p.options[column].id for column in p.rankable) for name, p in plans.items()}
    return Layout(policies, options, tuple(book.rule))


def layout_from(data: dict[str, Any]) -> Layout:
    """The layout that `run.json` holds."""
    options = {name: tuple(options) for name, options in data["options"].items()}
    return Layout(tuple(data["policies"]), options, tuple(data["rules"]))


def rule_table(book: Rulebook, policies: tuple[str, ...]) -> dict[str, Any]:
    """What every rule and evidence line gives to every option: with the masks, all contributions.

    A patient's contribution is the points of a fired rule, unless a fired rule that stands before
    it in the same chain already counts.
    """
    plans = {name: plan(book, name) for name in policies}
    rules = [
        {"bit": bit, "rule": rule.id, "kind": str(rule.kind), "axis": rule.axis, "label": rule.label}
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
