"""An invented registry with known effects: patients, the regimen each was given, and progression.

Calibrated so that the sorafenib arm's share without progression at 6 months is that of the one
trial; every other effect is declared and invented. Confounding by indication is a switch: `none`
(drawn by lot), `measured` (frail patients get other regimens, and frailty is in the file) or
`unmeasured` (the reason for the choice is not in the file).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from cds.errors import Fault, InputError
from cds.risk.features import Feature, encode
from cds.risk.patients import REGIMEN, Floats, Patients, words
from cds.rulebook import strict_yaml
from cds.rulebook.base import Citation, Id, MarkerId, Record, Text
from cds.rulebook.markers import Decimal

HIDDEN_EFFECT, HIDDEN_PULL = 0.8, 1.0
Confounding = Literal["none", "measured", "unmeasured"]


class Arm(Record):
    """One regimen: how often it is given, and how much frail patients are drawn to it."""

    option: Id
    share: Decimal = Field(gt=0)
    pull: Decimal = 0.0


class Effect(Record):
    """A true effect: a column and its log hazard ratio."""

    feature: Feature
    log_hazard_ratio: Decimal
    because: Text


class Anchor(Record):
    """The published figure the simulation is held to."""

    options: tuple[Id, ...]
    month: Decimal
    without_progression: Decimal
    evidence: Citation


class Simulation(Record):
    """Everything a simulation is made of.

    `chances` are those of the true values; `unknown` is the share of patients in whom the file
    does not tell them. What is not told still has its effect.
    """

    patients: int = Field(gt=0, le=200_000)
    seed: int
    confounding: Confounding
    chances: dict[MarkerId, dict[Text, Decimal]]
    unknown: dict[MarkerId, Decimal] = Field(default_factory=dict)
    frail: Feature
    arms: tuple[Arm, ...]
    effects: tuple[Effect, ...]
    anchor: Anchor
    follow_up_months: tuple[Decimal, Decimal]


@dataclass(frozen=True, eq=False)
class Registry:
    """Invented patients with times in months, and the true risk by the anchor's month under each arm."""

    patients: Patients
    time: Floats
    event: np.typing.NDArray[np.bool_]
    true_risk: Mapping[str, Floats]


def read_simulation(path: Path) -> Simulation:
    """Read a simulation file; InputError lists every fault."""
    tree = strict_yaml.read(path, path.name)
    try:
        return Simulation.model_validate(tree.data)
    except ValidationError as error:
        faults = [Fault(tree.place(e["loc"]), e["msg"]) for e in error.errors(include_url=False)]
    raise InputError("The simulation is refused", faults)


def simulate(plan: Simulation) -> Registry:
    """Draw a registry; the same plan gives the same registry."""
    rng = np.random.default_rng(plan.seed)
    patients = _draw_patients(plan, rng)
    hidden = rng.standard_normal(plan.patients)
    given = _assign(plan, patients, hidden, rng)
    patients = Patients(patients.ids, {**patients.columns, REGIMEN: words(given)})
    effect = HIDDEN_EFFECT if plan.confounding == "unmeasured" else 0.0
    rate = _base_rate(plan, patients) * np.exp(effect * hidden)
    times = rng.exponential(1 / (rate * np.exp(_log_ratio(plan, patients))))
    ends = rng.uniform(*plan.follow_up_months, plan.patients)
    true = {arm.option: _risk(plan, patients.receiving(arm.option), rate) for arm in plan.arms}
    told = _masked(plan, patients, rng)
    return Registry(told, np.round(np.minimum(times, ends) + 0.005, 2), times <= ends, true)


def _masked(plan: Simulation, patients: Patients, rng: np.random.Generator) -> Patients:
    """The same patients with what the file does not tell taken out, at random."""
    columns = dict(patients.columns)
    for marker, share in plan.unknown.items():
        gone = rng.random(len(patients)) < share
        columns[marker] = words([None if g else v for g, v in zip(gone, columns[marker], strict=True)])
    return Patients(patients.ids, columns)


def _draw_patients(plan: Simulation, rng: np.random.Generator) -> Patients:
    ids = tuple(f"SIM-{at:05d}" for at in range(1, plan.patients + 1))
    columns = {}
    for marker, chances in plan.chances.items():
        values = list(chances)
        weights = np.array(list(chances.values()))
        drawn = rng.choice(len(values), size=plan.patients, p=weights / weights.sum())
        columns[marker] = words([values[at] for at in drawn])
    return Patients(ids, columns)


def _assign(plan: Simulation, patients: Patients, hidden: Floats, rng: np.random.Generator) -> list[str]:
    """Which arm each patient got: by lot, or drawn to arms the more the frailer."""
    pull = {
        "none": np.zeros(plan.patients),
        "measured": np.nan_to_num(plan.frail.values(patients)),
        "unmeasured": HIDDEN_PULL * hidden,
    }[plan.confounding]
    scores = np.log([arm.share for arm in plan.arms]) + np.outer(pull, [arm.pull for arm in plan.arms])
    noise = rng.gumbel(size=scores.shape)
    return [plan.arms[at].option for at in (scores + noise).argmax(axis=1)]


def _log_ratio(plan: Simulation, patients: Patients) -> Floats:
    """The true log hazard ratio of each patient."""
    features = [each.feature for each in plan.effects]
    effects = [
        each.log_hazard_ratio if column == each.feature.id else 0.0
        for each in plan.effects
        for column in each.feature.columns
    ]
    return np.asarray(encode(features, patients) @ np.array(effects))


def _base_rate(plan: Simulation, patients: Patients) -> float:
    """The rate at which the anchor's arm, averaged over all patients, has the published figure."""
    ratio = np.exp(_log_ratio(plan, patients.receiving(plan.anchor.options[0])))
    low, high = 1e-6, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        free = float(np.exp(-middle * ratio * plan.anchor.month).mean())
        low, high = (middle, high) if free > plan.anchor.without_progression else (low, middle)
    return low


def _risk(plan: Simulation, patients: Patients, rate: Floats | float) -> Floats:
    return np.asarray(-np.expm1(-rate * np.exp(_log_ratio(plan, patients)) * plan.anchor.month))


def true_effects(plan: Simulation) -> dict[str, float]:
    """Log hazard ratios by column id."""
    return {each.feature.id: each.log_hazard_ratio for each in plan.effects}


def as_csv(registry: Registry, columns: Sequence[str] = ()) -> str:
    """The registry as a cohort file with the columns `regimen`, `progression_months`, `progressed`."""
    listed = list(columns) or [name for name in registry.patients.columns if name != REGIMEN]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", *listed, REGIMEN, "progression_months", "progressed"])
    for row, name in enumerate(registry.patients.ids):
        cells: list[Any] = [registry.patients.columns[column][row] or "" for column in (*listed, REGIMEN)]
        writer.writerow([name, *cells, f"{registry.time[row]:.2f}", int(registry.event[row])])
    return text.getvalue()
