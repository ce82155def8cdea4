"""What differs between two rulebooks, entry by entry and field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from cds.rulebook.base import Record
from cds.rulebook.book import PARTS, Rulebook

How = Literal["added", "removed", "changed"]
#: Fields of each kind of entry that an order can depend on; other kinds and fields only tell.
ACTING = {
    "rules": {"kind", "options", "but_not", "when", "topic", "counts", "code", "retired"},
    "lines": {"counts"},
    "weights": {"points"},
    "policies": {"default", "order", "needs_positive_evidence", "keeps_hypotheses_apart", "demoted_tier",
                 "shows_refusals_of"},
    "tiers": {"nameable"},
    "answers": {"role", "needs"},
    "options": {"tier", "unavailable", "refused", "tags"},
    "markers": {"type", "values", "derived", "from_drugs", "score", "against_limit", "enterable", "stricter",
                "complete_flag"},
    "drugs": {"classes", "not_classes"},
    "levels": {"sign"},
}  # fmt: skip
#: Kinds whose entries do nothing until another entry reads them.
INERT_ALONE = {"markers", "levels", "tiers"}


class FieldEdit(Record):
    """One field before and after, as JSON; empty where it was not there."""

    field: str
    old: str
    new: str


class Edit(Record):
    """One entry that was added, removed or changed; `acts` if an order can depend on it."""

    kind: str
    id: str
    how: How
    fields: tuple[FieldEdit, ...] = ()
    acts: bool

    @property
    def name(self) -> str:
        """`rules x.rb1`."""
        return f"{self.kind} {self.id}"


def edits(old: Rulebook, new: Rulebook) -> tuple[Edit, ...]:
    """Every difference between two rulebooks, in the order of the rulebook's files."""
    before, after = entries(old), entries(new)
    return tuple(edit for kind in after for edit in _of_kind(kind, before[kind], after[kind]))


def entries(book: Rulebook) -> dict[str, dict[str, dict[str, Any]]]:
    """All entries of a rulebook as plain data: kind -> id -> fields.

    Evidence lines and weights are kinds of their own beside their options and policies.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for part in PARTS:
        listed = getattr(book, part.name)
        records = [] if listed is None else [listed] if part.single else list(listed)
        found[part.name] = {_key(part.key, record): record.model_dump(mode="json") for record in records}
    found["lines"], found["weights"] = {}, {}
    for option in found["options"].values():
        found["lines"] |= {f"{option['id']}/{line['id']}": line for line in option.pop("lines")}
    for policy in found["policies"].values():
        weights = policy.pop("weights")
        found["weights"] |= {f"{policy['id']}/{level}": {"points": weights[level]} for level in weights}
    return found


def _key(key: str | None, record: Record) -> str:
    if key:
        return str(getattr(record, key))
    parts = [str(getattr(record, name)) for name in ("option", "organ", "toxicity") if hasattr(record, name)]
    return "/".join(parts) or type(record).__name__.lower()


def _of_kind(
    kind: str, before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> Iterator[Edit]:
    acting = ACTING.get(kind, set())
    for name in [*after, *(name for name in before if name not in after)]:
        if name in before and name in after:
            fields = tuple(_fields(before[name], after[name]))
            if fields:
                acts = any(one.field in acting for one in fields)
                yield Edit(kind=kind, id=name, how="changed", fields=fields, acts=acts)
        else:
            acts = bool(acting) and kind not in INERT_ALONE
            yield Edit(kind=kind, id=name, how="added" if name in after else "removed", acts=acts)


def _fields(before: dict[str, Any], after: dict[str, Any]) -> Iterator[FieldEdit]:
    for field in {**before, **after}:
        old, new = before.get(field), after.get(field)
        if old != new:
            yield FieldEdit(field=field, old=_text(old), new=_text(new))


def _text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
