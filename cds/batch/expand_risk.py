"""From a row of risks back to the model's section of one patient. No figure is computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from cds.batch.readable import order_text
from cds.batch.results import SEPARATOR
from cds.batch.stored import Stored
from cds.comparison.with_model import model_line, policy_with, with_section
from cds.decision import Decision
from cds.errors import Fault, InputError
from cds.result import Assessment, ModelSection, OptionResult, PolicyResult, Reason
from cds.risk.patients import REGIMEN
from cds.risk.section import Estimate, words_of
from cds.rulebook.book import Rulebook

Row = Mapping[str, Any]


def with_stored_risk(
    assessment: Assessment, decision: Decision, stored: Stored, book: Rulebook
) -> Assessment:
    """The assessment of one patient of a run with what the run's model said, if it used one."""
    if stored.run["model"] is None:
        return assessment
    found = stored.risks().filter(pl.col("id") == assessment.patient).collect().to_dicts()
    if len(found) != 1:
        _refuse(stored, "does not hold this patient")
    head, row = ModelSection.model_validate(stored.run["model"]), found[0]
    labels = {marker.id: marker.label for marker in book.markers} | {REGIMEN: "regimen given"}
    codes = row["abstains"].split(SEPARATOR) if row["abstains"] else []
    section = head.model_copy(
        update={
            "abstains": tuple(Reason(code=code, label=words_of(code, labels)) for code in codes),
            "estimates": tuple(_estimates(row, book)),
        }
    )
    if head.estimand == "per_option":
        policies = tuple(_policy(name, head.id, decision, row, stored) for name in stored.layout.policies)
        not_counted = {name: dict(_not_counted(name, row, stored)) for name in stored.layout.policies}
        section = section.model_copy(update={"policies": policies, "not_counted": not_counted})
    return with_section(assessment, section)


def _refuse(stored: Stored, problem: str) -> None:
    raise InputError("The results were changed", [Fault(stored.risk.name, problem, "Rank again.")])


def _estimates(row: Row, book: Rulebook) -> Iterator[Estimate]:
    """The figures, without shares."""
    flags = row["flags"].split(SEPARATOR) if row["flags"] else []
    for option in (None, *(option.id for option in book.options)):
        prefix = f"{option}_" if option else ""
        if row.get(f"{prefix}percent") is None:
            continue
        percent, low, high = (row[f"{prefix}{name}"] for name in ("percent", "low", "high"))
        said = "saturated" if option is None else f"saturated:{option}"
        near = ("saturated",) if said in flags else ()
        yield Estimate(option=option, percent=percent, low=low, high=high, flags=near)


def _codes(policy: str, row: Row, stored: Stored) -> Iterator[tuple[str, str]]:
    """Ranked options of a policy, and whether the model's points count."""
    for option in stored.layout.options[policy]:
        if row[f"{policy}_{option}_counted"]:
            yield option, row[f"{policy}_{option}_counted"]


def _not_counted(policy: str, row: Row, stored: Stored) -> Iterator[tuple[str, str]]:
    yield from ((option, code) for option, code in _codes(policy, row, stored) if code != "yes")


def _policy(policy: str, model: str, decision: Decision, row: Row, stored: Stored) -> PolicyResult:
    """The policy's result with the stored points, all lines of the model as one."""
    codes = dict(_codes(policy, row, stored))
    plan = decision.plans[policy]
    points = {option: int(row.get(f"{option}_points") or 0) for option in codes}
    extra = [points[o.id] if codes.get(o.id) == "yes" else 0 for o in plan.options]
    result = policy_with(decision, policy, np.array(extra, dtype=np.int32)[:, None])
    ranks = np.array([[result.of(option).rank or 0] for option in stored.layout.options[policy]])
    if order_text(list(stored.layout.options[policy]), ranks[:, 0]) != (row[f"{policy}_order_with"] or ""):
        _refuse(stored, f"does not give the order it tells under {policy}")

    def told(option: OptionResult) -> OptionResult:
        if row.get(f"{option.option}_points") is None or option.option not in codes:
            return option
        label = f"{model}: all its lines together, held to 10 points either way"
        line = model_line("model", model, "all", label, points[option.option], codes[option.option])
        return option.model_copy(update={"contributions": (*option.contributions, line)})

    return result.model_copy(update={"options": tuple(map(told, result.options))})
