"""Recall: which patients a rule, a rulebook or a model touched, over many finished runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cds.batch.results import unpacked
from cds.batch.stored import Stored


class Touched(NamedTuple):
    """A patient of a run, and how: a rule fired or stayed undetermined, or the whole run used it."""

    run: str
    patient: str
    how: str


def who_used(
    outs: Iterable[Path], rule: str | None = None, rulebook: str | None = None, model: str | None = None
) -> Iterator[Touched]:
    """Every patient that was touched; what is given must all hold. Digests may be shortened."""
    for out in outs:
        stored = Stored(out)
        if rulebook is not None and not stored.run["rulebook_digest"].startswith(rulebook):
            continue
        if model is not None and stored.run["model"] != model:
            continue
        yield from _by_rule(stored, rule) if rule is not None else _everybody(stored)


def _everybody(stored: Stored) -> Iterator[Touched]:
    for table in stored.tables():
        yield from (Touched(stored.out.name, name, "ranked") for name in table["id"].to_pylist())


def _by_rule(stored: Stored, rule: str) -> Iterator[Touched]:
    if rule not in stored.layout.rules:
        return
    bit, bits = stored.layout.rules.index(rule), len(stored.layout.rules)
    for table in stored.tables():
        for mask, how in (("fired", "fired"), ("unknown", "undetermined")):
            rows = np.flatnonzero(unpacked(table[mask].combine_chunks(), bits)[bit])
            names = table["id"].take(rows).to_pylist()
            yield from (Touched(stored.out.name, name, how) for name in names)
