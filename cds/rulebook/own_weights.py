"""Other weights for the checked policy, tried within its order constraints; the result says so."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from cds.errors import Fault, InputError
from cds.files import canonical, sha256
from cds.rulebook.book import Rulebook

MARK = "your weights"
LARGEST = 200


def weight_faults(book: Rulebook, weights: Mapping[str, int], policy: str = "checked") -> tuple[str, ...]:
    """Which order constraints other weights break, in words; none if they can be tried."""
    rules = book.policy[policy]
    merged = {**rules.weights, **weights}
    label = {level.id: level.label for level in book.levels}
    faults = [
        f"{label[name]}: {weight} is not a whole number from 0 to {LARGEST}"
        for name, weight in weights.items()
        if not 0 <= weight <= LARGEST
    ]
    for chain in rules.constraints:
        for heavy, light in pairwise(chain):
            if merged[heavy] < merged[light]:
                names = [f"{label[name]} ({merged[name]})" for name in (heavy, light)]
                faults.append(f"{names[0]} must not weigh less than {names[1]}")
    return tuple(faults)


def with_weights(book: Rulebook, weights: Mapping[str, int], policy: str = "checked") -> Rulebook:
    """The rulebook with other weights; version, label and digest say that they are not its own."""
    if faults := weight_faults(book, weights, policy):
        raise InputError("These weights can't be tried", [Fault("weights", fault) for fault in faults])
    rules = book.policy[policy]
    changed = {name: weight for name, weight in weights.items() if rules.weights.get(name) != weight}
    if not changed:
        return book
    said = ", ".join(f"{name} {weight}" for name, weight in sorted(changed.items()))
    tried = rules.model_copy(
        update={
            "weights": {**rules.weights, **changed},
            "label": f"{rules.label}, {MARK}",
            "sentence": f"Not the rulebook's own order: {MARK} ({said}). {rules.sentence}",
        }
    )
    identity = book.identity.model_copy(update={"version": f"{book.identity.version} with {MARK}"})
    digest = sha256(book.digest + canonical([policy, changed]))
    policies = tuple(tried if other.id == policy else other for other in book.policies)
    return book.with_parts(policies=policies, identity=identity, digest=digest)
