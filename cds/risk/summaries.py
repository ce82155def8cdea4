"""Summaries of resampled figures, subgroups and curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cds.risk.declaration import Subgroup
from cds.risk.metrics import (
    Observed,
    all_figures,
    c_index,
    calibration_groups,
    net_benefit,
    net_benefit_of_all,
)
from cds.risk.patients import Floats, Patients, Rows
from cds.risk.records import (
    SMALL,
    Benefit,
    CalibrationGroup,
    Curve,
    Figure,
    Learning,
    Pictures,
    Subset,
)
from cds.risk.resampling import Problem, Resample, samples, seeds
from cds.risk.survival import kaplan_meier

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 15))
#: Most months between two points of a survival curve.
GRID = 3.0


def clean(value: float) -> float | None:
    """A figure to 6 decimals; None if it is not a number."""
    return round(float(value), 6) if math.isfinite(value) else None


def figure(value: float, spread: Iterable[float], shift: float = 0.0) -> Figure:
    """A figure with the 2.5th and 97.5th percentile of its spread, moved by `shift`."""
    known = [each for each in spread if math.isfinite(each)]
    if not known or not math.isfinite(value):
        return Figure(value=clean(value))
    low, high = np.quantile(known, (0.025, 0.975))
    return Figure(value=clean(value), low=clean(low + shift), high=clean(high + shift))


def optimism_of(resamples: Sequence[Resample]) -> dict[str, float]:
    """Per figure: by how much models look better in their own sample than in all patients."""
    names = resamples[0].inside
    gaps = {name: [each.inside[name] - each.outside[name] for each in resamples] for name in names}
    known = {name: [gap for gap in found if math.isfinite(gap)] for name, found in gaps.items()}
    return {name: math.fsum(found) / len(found) if found else math.nan for name, found in known.items()}


def apparent_of(figures: Mapping[str, float], resamples: Sequence[Resample]) -> dict[str, Figure]:
    """Figures in the training patients; the interval is that of resampled patients, model held."""
    return {name: figure(value, (each.final[name] for each in resamples)) for name, value in figures.items()}


def corrected_of(
    figures: Mapping[str, float], resamples: Sequence[Resample], optimism: Mapping[str, float]
) -> dict[str, Figure]:
    """Apparent figures less the optimism; the interval is moved by it."""
    return {
        name: figure(value - optimism[name], (each.final[name] for each in resamples), -optimism[name])
        for name, value in figures.items()
        if not name.endswith("without_model")
    }


def left_out_of(problem: Problem, risks: Floats) -> dict[str, Figure]:
    """Figures of patients left out: mean over repeats, interval of resampled patients around it."""
    each = [problem.figures(risk) for risk in risks]
    mean = {name: math.fsum(one[name] for one in each) / len(each) for name in each[0]}
    spread = resampled(problem.seen, risks.mean(axis=0), problem)
    centre = problem.figures(risks.mean(axis=0))
    return {
        name: figure(value, (one[name] for one in spread), value - centre[name])
        for name, value in mean.items()
    }


def resampled(seen: Observed, risk: Floats, problem: Problem) -> list[dict[str, float]]:
    """Figures in samples of patients with replacement, predictions held."""
    times, found = problem.plan.auc_months or (problem.horizon,), []
    for seed in seeds(problem.plan.seed, 3, min(problem.plan.resamples, 300)):
        rows = next(samples(seen, problem.horizon, seed))
        found.append(all_figures(seen.take(rows), risk[rows], problem.horizon, times))
    return found


def decision_curve(problem: Problem, risk: Floats) -> tuple[Benefit, ...]:
    """Net benefit over thresholds, with the interval of resampled patients."""
    drawn = [
        next(samples(problem.seen, problem.horizon, seed))
        for seed in seeds(problem.plan.seed, 4, min(problem.plan.resamples, 200))
    ]
    found = []
    for threshold in THRESHOLDS:
        spread = [net_benefit(problem.seen.take(r), risk[r], problem.horizon, threshold) for r in drawn]
        value = net_benefit(problem.seen, risk, problem.horizon, threshold)
        everybody = round(net_benefit_of_all(problem.seen, problem.horizon, threshold), 6)
        found.append(Benefit(threshold=threshold, model=figure(value, spread), everybody=everybody))
    return tuple(found)


def pictures(problem: Problem, risk: Floats) -> Pictures:
    """What calibration, decision and survival plots are drawn from."""
    seen, horizon = problem.seen, problem.horizon
    wanted = 4 if len(seen) < 300 else 10
    groups = calibration_groups(seen, risk, horizon, wanted)
    return Pictures(
        calibration=tuple(
            CalibrationGroup(
                n=g.n, **{k: round(getattr(g, k), 6) for k in ("predicted", "observed", "low", "high")}
            )
            for g in groups
            if g.n >= SMALL
        ),
        decision=decision_curve(problem, risk),
        survival=tuple(by_risk(seen, risk, horizon)),
    )


def by_risk(seen: Observed, risk: Floats, horizon: float) -> Iterable[Curve]:
    """All patients, and thirds by predicted risk."""
    yield curve("all patients", seen, horizon)
    place = np.searchsorted(np.unique(np.quantile(risk, (1 / 3, 2 / 3))), risk, side="left")
    labels = {0: "lowest predicted risk", 1: "middle", 2: "highest predicted risk"}
    for value in np.unique(place):
        rows = np.flatnonzero(place == value)
        if rows.size >= SMALL:
            yield curve(labels[int(value)], seen.take(rows), horizon)


def curve(label: str, seen: Observed, horizon: float) -> Curve:
    """Event-free share on a grid of months, so that no step is a patient's own time."""
    step = min(GRID, horizon / 12)
    months = tuple(round(float(month), 3) for month in np.arange(0, horizon + step / 2, step))
    fitted = kaplan_meier(seen.time, seen.event)
    limits = [fitted.limits(month) for month in months]
    return Curve(
        label=label,
        n=len(seen),
        months=months,
        survival=tuple(round(float(fitted.at(month)), 4) for month in months),
        low=tuple(round(low, 4) for low, _ in limits),
        high=tuple(round(high, 4) for _, high in limits),
        at_risk=tuple(int((seen.time >= month).sum()) for month in months),
    )


def subgroup(group: Subgroup, patients: Patients, problem: Problem, risk: Floats) -> Subset:
    """Figures in a subgroup; none below 5 events or 5 patients without."""
    rows = members(group, patients)
    seen = problem.seen.take(rows)
    events = int(seen.event.sum())
    enough = events >= SMALL and len(seen) - events >= SMALL
    if not enough:
        nothing = Figure(value=None)
        n = len(seen) if len(seen) >= SMALL else None
        return Subset(label=group.label, n=n, events=None, c_index=nothing, observed=nothing, predicted=None)
    spread = []
    for seed in seeds(problem.plan.seed, 5, 200):
        drawn = np.random.default_rng(seed).integers(0, rows.size, rows.size)
        spread.append(c_index(seen.take(drawn), risk[rows][drawn]))
    fitted = kaplan_meier(seen.time, seen.event)
    low, high = fitted.limits(problem.horizon)
    had = 1 - float(fitted.at(problem.horizon))
    return Subset(
        label=group.label,
        n=len(seen),
        events=events,
        c_index=figure(c_index(seen, risk[rows]), spread),
        observed=Figure(value=clean(had), low=clean(1 - high), high=clean(1 - low)),
        predicted=clean(float(risk[rows].mean())),
    )


def members(group: Subgroup, patients: Patients) -> Rows:
    """Rows of a subgroup; who is unknown is in none."""
    column = patients.columns[group.marker]
    if group.any_of:
        return np.flatnonzero([value in group.any_of for value in column])
    at_least, below = group.at_least, group.below
    inside = (column >= (-np.inf if at_least is None else at_least)) & (
        column < (np.inf if below is None else below)
    )
    return np.flatnonzero(inside & ~np.isnan(column))


def learning_curve(problem: Problem, repeats: int) -> tuple[Learning, ...]:
    """Models of 40, 55, 70 and 85 % of the patients, each tested on all the others."""
    found, n = [], len(problem.seen)
    for part in (0.40, 0.55, 0.70, 0.85):
        scores, events, size = [], [], round(part * n)
        for seed in seeds(problem.plan.seed, 6, repeats):
            shuffled = np.random.default_rng(seed).permutation(n)
            train, test = problem.take(shuffled[:size]), problem.take(shuffled[size:])
            fitted = train.fit(problem.plan.strengths[len(problem.plan.strengths) // 2], seed)
            scores.append(c_index(test.seen, fitted.risk(test.x)))
            events.append(int(train.seen.event.sum()))
        known = [score for score in scores if math.isfinite(score)]
        low, high = np.quantile(known, (0.1, 0.9))
        mean = Figure(value=clean(math.fsum(known) / len(known)), low=clean(low), high=clean(high))
        found.append(Learning(n=size, events=round(math.fsum(events) / len(events), 1), c_index=mean))
    return tuple(found)
