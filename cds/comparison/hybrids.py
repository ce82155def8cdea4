"""Rulebooks between two rulebooks: the old one with some of the changes of the new one put in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from cds.comparison.edits import Edit
from cds.rulebook.base import Record
from cds.rulebook.book import PARTS, Rulebook
from cds.rulebook.conditions import Among, Condition, leaves
from cds.rulebook.markers import Marker
from cds.rulebook.rules import Rule

R = TypeVar("R", bound=Record)
_KEY = {part.name: part.key for part in PARTS}
#: What must be there before what reads it; entries are taken out the other way round.
_ORDER = (
    "levels",
    "tiers",
    "drugs",
    "markers",
    "options",
    "lines",
    "policies",
    "weights",
    "answers",
    "rules",
)


def ground(old: Rulebook, new: Rulebook) -> Rulebook:
    """The old rulebook with what the new one declares besides: it reads none of it, so nothing moves."""
    policies = tuple(
        policy.model_copy(update={"weights": {**new.policy[policy.id].weights, **policy.weights}})
        if policy.id in new.policy
        else policy
        for policy in old.policies
    )
    return old.with_parts(
        markers=_with_new(old.markers, new.markers),
        levels=_with_new(old.levels, new.levels),
        tiers=_with_new(old.tiers, new.tiers),
        topics=_with_new(old.topics, new.topics),
        reasons=_with_new(old.reasons, new.reasons),
        policies=policies,
    )


def _with_new(old: tuple[R, ...], new: tuple[R, ...]) -> tuple[R, ...]:
    known = {_id(entry) for entry in old}
    return (*old, *(entry for entry in new if _id(entry) not in known))


def _id(entry: Record) -> str:
    return str(vars(entry)["id"])


def put_all_in(base: Rulebook, new: Rulebook, edits: Iterable[Edit]) -> Rulebook:
    """`base` (a `ground`) with several changes of `new`."""
    listed = sorted(edits, key=_turn)
    for edit in listed:
        base = put_in(base, new, edit)
    return base


def _turn(edit: Edit) -> tuple[bool, int]:
    place = _ORDER.index(edit.kind)
    return (True, -place) if edit.how == "removed" else (False, place)


def put_in(base: Rulebook, new: Rulebook, edit: Edit) -> Rulebook:
    """`base` (a `ground`) with one change of `new`.

    A rule that names values its marker had not yet brings the marker with it.
    """
    if edit.kind == "weights":
        return _weight(base, new, *edit.id.split("/"))
    if edit.kind == "lines":
        return _line(base, new, *edit.id.split("/"))
    if edit.kind == "rules" and edit.how != "removed":
        rule = next(rule for rule in new.rules if rule.id == edit.id)
        base = _with_markers(base, new, _lacking(base, rule))
    return _replaced(base, edit.kind, edit.id, new)


def _replaced(base: Rulebook, kind: str, name: str, new: Rulebook) -> Rulebook:
    """The entry as the new rulebook has it: replaced in place, appended, or taken out."""
    key = str(_KEY[kind])
    found = {str(getattr(entry, key)): entry for entry in getattr(new, kind)}
    entries: dict[str, Any] = {str(getattr(entry, key)): entry for entry in getattr(base, kind)}
    if name not in found:
        del entries[name]
    else:
        entries[name] = _keeping_its_parts(entries.get(name), found[name])
    changed: dict[str, Any] = {kind: tuple(entries.values())}
    return base.with_parts(**changed)


def _keeping_its_parts(old: Record | None, new: Record) -> Record:
    """Evidence lines and weights are changes of their own, so they stay as they were."""
    parts = {"lines", "weights"} & {*type(new).model_fields}
    return new.model_copy(update={part: getattr(old, part) for part in parts}) if old else new


def _weight(base: Rulebook, new: Rulebook, policy: str, level: str) -> Rulebook:
    weights = dict(base.policy[policy].weights)
    if level in new.policy[policy].weights:
        weights[level] = new.policy[policy].weights[level]
    changed = base.policy[policy].model_copy(update={"weights": weights})
    policies = tuple(changed if one.id == policy else one for one in base.policies)
    return base.with_parts(policies=policies)


def _line(base: Rulebook, new: Rulebook, option: str, line: str) -> Rulebook:
    """An option with one evidence line as in the new rulebook; a new option brings its own lines."""
    if option not in base.option or option not in new.option:
        return base
    found = [one for one in new.option[option].lines if one.id == line]
    others = [one for one in base.option[option].lines if one.id != line]
    changed = base.option[option].model_copy(update={"lines": (*others, *found)})
    options = tuple(changed if one.id == option else one for one in base.options)
    return base.with_parts(options=options)


def _lacking(base: Rulebook, rule: Rule) -> list[str]:
    return [leaf.marker for leaf in leaves(rule.when) if _is_new_to(base.marker[leaf.marker], leaf)]


def _is_new_to(marker: Marker, leaf: Condition) -> bool:
    return isinstance(leaf, Among) and not {*leaf.values} <= {*marker.values}


def _with_markers(base: Rulebook, new: Rulebook, names: Iterable[str]) -> Rulebook:
    for name in names:
        base = _replaced(base, "markers", name, new)
    return base
