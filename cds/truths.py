"""Truths: every rule's condition, evaluated for every patient of a cohort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cds.conditions import Mask
from cds.derivation import States
from cds.rulebook.rules import Rule


@dataclass(frozen=True, eq=False)
class Truths:
    """Rules x patients, in rule order: where a rule is true, and where it is unknown."""

    true: Mask
    unknown: Mask


def evaluate(states: States, rules: tuple[Rule, ...]) -> Truths:
    """Evaluate all rules; shape of each mask is (number of rules, number of patients)."""
    planes = [states.evaluator.truth(rule.when) for rule in rules]
    shape = len(rules), states.n
    true = np.array([plane.true for plane in planes], dtype=bool).reshape(shape)
    false = np.array([plane.false for plane in planes], dtype=bool).reshape(shape)
    return Truths(true, ~(true | false))
