"""The hand-written table of what each rule does to which options, and what the engine says of it.

The engine is asked through a patient for whom the rule can't be decided: it then lists, under each
policy, every option the rule names, its kind and the points it would give. So the whole table is
read off what a user is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cds.decision import Decision
from cds.explanation import Explainer
from tests.policies import CHECKED, POLICIES, PUBLISHED

TABLE = Path(__file__).with_name("rule_table.md")
Points = Mapping[str, int]


class Said(NamedTuple):
    """What a rule does: its kind, and the points it would give each option under each policy."""

    kind: str
    checked: Points
    published: Points


def _rows(header: str) -> Iterator[list[str]]:
    """The cells of the table that has this first header, without its head."""
    text = TABLE.read_text(encoding="utf-8")
    [block] = re.findall(rf"^\| {header} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    for line in block.splitlines():
        yield [cell.strip() for cell in line.strip("|").split("|")]


def expected() -> dict[str, Said]:
    """The table, rule by rule."""
    words = {word: tuple(options.split()) for word, options in _rows("word")}

    def options(text: str) -> tuple[str, ...]:
        return tuple(name for part in text.split() for name in words.get(part, (part,)))

    def points(cell: str, named: tuple[str, ...]) -> Points:
        if cell == "not asked":
            return {}
        value, _, own = cell.partition(" for ")
        return dict.fromkeys(options(own) if own else named, int(value or 0))

    return {
        rule: Said(kind, points(checked, options(named)), points(published, options(named)))
        for rule, kind, named, checked, published in _rows("rule")
    }


def shown(decision: Decision, row: int, rules: frozenset[str]) -> dict[str, Said]:
    """What the engine lists of these undecided rules for one patient."""
    found: dict[str, tuple[str, dict[str, dict[str, int]]]] = {}
    explainer = Explainer(decision, row)
    for policy in POLICIES:
        for option in explainer.policy(policy).options:
            for line in option.undetermined:
                if line.rule in rules:
                    _, points = found.setdefault(line.rule, (line.kind.value, {p: {} for p in POLICIES}))
                    points[policy][option.option] = line.points
    return {rule: Said(kind, points[CHECKED], points[PUBLISHED]) for rule, (kind, points) in found.items()}
