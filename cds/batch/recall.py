"""Recall: which patients a rule, a rulebook or a model touched, over many finished runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from cds.batch.results import unpacked
from cds.batch.stored import Stored
from cds.errors import InputError, unknown_name


class Touched(NamedTuple):
    """A patient of a run, and how.

    A rule fired or stayed undetermined; the patient was ranked with the rulebook; the model had a
    figure or none.
    """

    run: str
    patient: str
    how: str


def who_used(
    outs: Iterable[Path], rule: str | None = None, rulebook: str | None = None, model: str | None = None
) -> Iterator[Touched]:
    """Every patient that was touched; what is given must all hold. Digests may be shortened.

    InputError if no run has heard of the rule: that nobody was touched must not come of a misspelt id.
    """
    runs = [Stored(out) for out in outs]
    known = {name for stored in runs for name in stored.layout.rules}
    if rule is not None and rule not in known:
        raise InputError("Nobody can be found", unknown_name("--rule", "rule", rule, sorted(known)))
    for stored in runs:
        if rulebook is not None and not stored.run["rulebook_digest"].startswith(rulebook):
            continue
        if model is not None and not _is_used(stored.run["model"], model):
            continue
        if rule is not None:
            yield from _by_rule(stored, rule)
        else:
            yield from _everybody(stored) if model is None else _by_model(stored)


def made_with(outs: Iterable[Path]) -> tuple[list[str], list[str]]:
    """The rulebooks (by the start of their digest) and the models of runs: what can be asked for."""
    runs = [Stored(out).run for out in outs]
    models = {f"{run['model']['id']}@{run['model']['version']}" for run in runs if run["model"]}
    return sorted({run["rulebook_digest"][:12] for run in runs}), sorted(models)


def _is_used(used: dict[str, Any] | None, asked: str) -> bool:
    """Whether a run's model is the one of `ID`, `ID@VERSION` or `ID@DIGEST`."""
    name, _, pin = asked.partition("@")
    if used is None or used["id"] != name:
        return False
    return not pin or pin == used["version"] or used["digest"].startswith(pin)


def _by_model(stored: Stored) -> Iterator[Touched]:
    """Every ranked patient, and whether the model had a figure."""
    figure = pl.any_horizontal(pl.selectors.ends_with("percent").is_not_null())
    for name, has_figure in stored.risks().select("id", figure.alias("figure")).collect().iter_rows():
        yield Touched(stored.out.name, name, "figure" if has_figure else "no figure")


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
