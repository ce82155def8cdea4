"""An invented cohort over the toy rulebook: hazards depend on the gene, signal A and age."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cds.derivation import derive
from cds.risk.declaration import Declaration
from cds.risk.training_data import TrainingSet, read_training_set
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

TODAY = dt.date(2026, 11, 23)
HEADER = "id,age (years),gene_dna,signal_a,signal_b,platelets (10^9/L),regimen,months,event"
OPTIONS = ("T1", "T2", "T4")
EFFECT = {"T1": 0.0, "T2": -0.5, "T4": 0.5}


@cache
def book() -> Rulebook:
    return load(Path(__file__).parent / "toy_rulebook")


def rows(n: int, seed: int = 0) -> list[str]:
    """Lines of a cohort file; a fifth of signal A is unknown, and some patients are lost early."""
    rng = np.random.default_rng(seed)
    lines = []
    for at in range(n):
        age, gene = rng.uniform(5, 70), rng.choice(["intact", "lost"], p=[0.7, 0.3])
        signal = rng.choice(["high", "low", ""], p=[0.4, 0.4, 0.2])
        other, platelets = rng.choice(["high", "low"]), rng.uniform(80, 400)
        regimen = rng.choice(OPTIONS)
        rate = np.exp(
            -3 + 1.2 * (gene == "lost") + 0.6 * (signal == "high") + 0.3 * (age >= 40) + EFFECT[regimen]
        )
        time, lost = rng.exponential(1 / rate), rng.uniform(4, 40)
        months, event = min(time, lost), int(time <= lost)
        lines.append(
            f"P{at},{age:.1f},{gene},{signal},{other},{platelets:.0f},{regimen},{months + 0.01:.2f},{event}"
        )
    return lines


def write(path: Path, n: int, seed: int = 0, regimen: bool = True) -> Path:
    """A cohort file; a prognostic model takes none with a regimen column."""
    lines = [line.split(",") for line in (HEADER, *rows(n, seed))]
    at = HEADER.split(",").index("regimen")
    kept = lines if regimen else [line[:at] + line[at + 1 :] for line in lines]
    path.write_text("\n".join(map(",".join, kept)) + "\n", encoding="utf-8")
    return path


FEATURES: list[dict[str, Any]] = [
    {"id": "lost", "label": "gene lost", "marker": "gene", "any_of": ["lost"], "missing": "abstain"},
    {
        "id": "high",
        "label": "signal A high",
        "marker": "signal_a",
        "any_of": ["high"],
        "missing": "indicator",
    },
    {"id": "old", "label": "40 or older", "marker": "age", "at_least": 40, "missing": "abstain"},
]
REGIMEN = [
    {"id": "t2", "label": "betanib", "marker": "regimen", "any_of": ["T2"], "missing": "abstain"},
    {"id": "t4", "label": "alone", "marker": "regimen", "any_of": ["T4"], "missing": "abstain"},
]


def declared(**more: Any) -> Declaration:
    """A declaration over the toy rulebook; fields can be replaced."""
    data: dict[str, Any] = {
        "id": "toy",
        "version": "1.0.0",
        "title": "Toy outcome",
        "estimand": "prognostic",
        "estimator": "cox",
        "outcome": {
            "kind": "progression",
            "event_words": "progression",
            "counted_from": "start",
            "horizon_months": 12,
            "time": "months",
            "event": "event",
        },
        "features": FEATURES,
        "cannot_say": ["It says nothing about anybody."],
        "plan": {"seed": 1, "strengths": [0.01], "folds": 4, "repeats": 2, "resamples": 20},
        "subgroups": [
            {"label": "under 40", "marker": "age", "below": 40},
            {"label": "40 and over", "marker": "age", "at_least": 40},
            {"label": "gene lost", "marker": "gene", "any_of": ["lost"]},
        ],
        "comparisons": [{"id": "gene_only", "label": "gene alone", "features": ["lost"]}],
    }
    return Declaration.model_validate(data | more)


def per_option(**more: Any) -> Declaration:
    """The same with regimens and points."""
    points = {"counts": "true", "per_percent": 1, "options": list(OPTIONS)}
    fields: dict[str, Any] = {
        "id": "SIMULATED-toy",
        "simulated": "true",
        "estimand": "per_option",
        "features": [*FEATURES, *REGIMEN],
        "points": points,
    }
    return declared(**(fields | more))


def cohort(path: Path, declaration: Declaration) -> TrainingSet:
    return read_training_set(path, declaration, book(), lambda c: derive(c, book()).columns)
