"""Whole cohort runs beside their floor, paired in rounds; outputs are compared every time."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import PEAK, Cost, Figure, process
from cds.batch.results import unpacked
from cds.batch.stored import Stored

RUN = """
import sys
from pathlib import Path
from cds.batch.run import rank_file
source, out, form, policies = sys.argv[1:5]
rank_file(Path(source), Path(out), form=form, policies=tuple(policies.split(",")))
"""
BOTH = "checked,as_published"


@dataclass(frozen=True)
class Files:
    """The cohort, and a folder for what is written."""

    cohort: Path
    folder: Path


def run(files: Files, form: str, policies: str, name: str) -> Cost:
    """One whole run from the start of Python to its end."""
    out = files.folder / name
    shutil.rmtree(out, ignore_errors=True)
    return process(["-c", RUN + PEAK, str(files.cohort), str(out), form, policies])


def floor(files: Files, name: str) -> Cost:
    """The floor of a run that was made; its copy of the output must have the same bytes."""
    ranking = Stored(files.folder / name).ranking
    scratch = files.folder / f"floor{ranking.suffix}"
    cost = process(["-m", "benchmarks.floor", str(files.cohort), str(ranking), str(scratch)])
    if _digest(scratch) != _digest(ranking):
        raise RuntimeError("the floor wrote other bytes")
    scratch.unlink()
    loaded = float(cost.said)
    return Cost(cost.wall - loaded, cost.cpu - loaded, "")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def paired(files: Files, rounds: int) -> Iterator[Figure]:
    """Ratios to the floor of the same round, and both policies against one."""
    costs: dict[str, list[Cost]] = {
        "parquet": [],
        "csv": [],
        "floor parquet": [],
        "floor csv": [],
        "both": [],
    }
    seen: dict[str, object] = {}
    for _ in range(rounds):
        for form in ("parquet", "csv"):
            costs[form].append(run(files, form, "checked", form))
            costs[f"floor {form}"].append(floor(files, form))
            made = Stored(files.folder / form).run["files"][f"ranking.{form}"]
            if seen.setdefault(form, made) != made:
                raise RuntimeError("two runs differ")
        costs["both"].append(run(files, "parquet", BOTH, "both"))
    for form, target, stretch in (("parquet", 1.8, 1.3), ("csv", 2.8, 2.0)):
        ratios = _ratios(costs[form], costs[f"floor {form}"])
        size = Stored(files.folder / form).ranking.stat().st_size / 1e6
        note = (
            f"{size:,.0f} MB; floor {_median(costs[f'floor {form}']):.2f} s, run {_median(costs[form]):.2f} s"
        )
        yield Figure(
            f"one policy, {form}, ratio to its floor", ratios, target, "x", stretch=stretch, note=note
        )
    yield Figure("both policies against one (Parquet)", _ratios(costs["both"], costs["parquet"]), 1.7, "x")
    yield Figure("one policy, Parquet, processor time", tuple(c.cpu for c in costs["parquet"]), None, "s")
    yield Figure("peak memory, both policies", tuple(float(cost.said) for cost in costs["both"]), 1000, "MB")


def _ratios(runs: list[Cost], floors: list[Cost]) -> tuple[float, ...]:
    return tuple(run.wall / floor.wall for run, floor in zip(runs, floors, strict=True))


def _median(costs: list[Cost]) -> float:
    return float(np.median([cost.wall for cost in costs]))


def rules_per_patient(files: Files) -> str:
    """How many rules fire and stay unknown in the cohort."""
    stored = Stored(files.folder / "both")
    bits = len(stored.layout.rules)
    sums = dict.fromkeys(("fired", "unknown"), 0)
    patients = 0
    for table in stored.tables():
        patients += len(table)
        for name in sums:
            sums[name] += int(unpacked(table[name].combine_chunks(), bits).sum())
    said = ", ".join(f"{total / patients:.1f} {name}" for name, total in sums.items())
    answers = json.loads((stored.out / "summary.json").read_text(encoding="utf-8"))["answers"]
    return f"{bits} rules; {said} a patient; answers {answers}"


def large(cohort: Path, folder: Path) -> Iterator[Figure]:
    """One run of a large cohort, both policies, Parquet."""
    files = Files(cohort, folder)
    cost = run(files, "parquet", BOTH, "large")
    stored = Stored(folder / "large")
    rows = stored.run["scored"]
    yield Figure(
        f"{rows:,} patients, both policies: wall",
        (cost.wall,),
        None,
        "s",
        note=f"{cost.cpu:.0f} s of processor",
    )
    yield Figure(f"{rows:,} patients: peak memory", (float(cost.said),), 1000, "MB")


def growth(cohorts: dict[int, Path], folder: Path, rounds: int) -> list[str]:
    """Time against rows: seconds for each size, and microseconds a patient above the smallest."""
    lines = ["| Patients | Seconds | Peak MB | Microseconds a further patient |", "|---|---|---|---|"]
    before: tuple[int, float] | None = None
    for rows, cohort in sorted(cohorts.items()):
        costs = [
            run(Files(cohort, folder), "parquet", BOTH, "growth")
            for _ in range(rounds if rows < 10**7 else 1)
        ]
        wall = _median(costs)
        more = "" if before is None else f"{1e6 * (wall - before[1]) / (rows - before[0]):.2f}"
        lines.append(f"| {rows:,} | {wall:.2f} | {max(float(c.said) for c in costs):,.0f} | {more} |")
        before = (rows, wall)
    return lines
