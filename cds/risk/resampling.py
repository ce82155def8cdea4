"""Resampling: tuned fits, repeated stratified cross-validation, and the bootstrap for optimism.

Each task has its own seed, drawn from the plan's, so that the figures do not depend on how many
tasks run side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from cds.risk.declaration import Declaration, Plan
from cds.risk.estimators import ESTIMATORS, Estimator, Fitted, Linear
from cds.risk.features import Feature, encode, imputed
from cds.risk.metrics import Observed, all_figures, brier
from cds.risk.patients import Floats, Patients, Rows
from cds.risk.survival import Bools

T = TypeVar("T")
#: Called with what is done, how much of it, and how much there is.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Problem:
    """A matrix of columns, what was observed, and how a model is fitted to it."""

    x: Floats
    seen: Observed
    horizon: float
    estimator: Estimator
    plan: Plan
    imputed: Bools

    def take(self, rows: Rows) -> Problem:
        """The same problem for these patients."""
        return replace(self, x=self.x[rows], seen=self.seen.take(rows))

    def fit(self, strength: float, seed: int) -> Fitted:
        """Fit with a given strength."""
        fitted = self.estimator(self.x, self.seen, self.horizon, strength, seed)
        return fitted.filling(self.imputed) if isinstance(fitted, Linear) else fitted

    def figures(self, risk: Floats) -> dict[str, float]:
        """All figures of these predictions in these patients."""
        return all_figures(self.seen, risk, self.horizon, self.plan.auc_months or (self.horizon,))


def problem_of(
    declaration: Declaration, features: Sequence[Feature], patients: Patients, seen: Observed
) -> Problem:
    """What is fitted: the features' columns and the outcome."""
    x, horizon = encode(features, patients), declaration.outcome.horizon_months
    estimator = ESTIMATORS[declaration.estimator]
    return Problem(x, seen, horizon, estimator, declaration.plan, imputed(features))


def in_parallel(
    task: Callable[..., T],
    arguments: Iterable[tuple[Any, ...]],
    total: int,
    jobs: int,
    what: str,
    progress: Progress,
) -> list[T]:
    """Run a task for each set of arguments, in order, with its progress told."""
    from joblib import Parallel, delayed

    runner = Parallel(n_jobs=jobs, return_as="generator")
    done: list[T] = []
    for result in runner(delayed(task)(*each) for each in arguments):
        done.append(result)
        progress(what, len(done), total)
    return done


def seeds(seed: int, what: int, count: int) -> list[int]:
    """Independent seeds for `count` tasks of one kind."""
    children = np.random.SeedSequence([seed, what]).spawn(count)
    return [int(child.generate_state(1)[0]) for child in children]


def folds(seen: Observed, horizon: float, count: int, seed: int) -> list[Rows]:
    """Test rows of each fold, stratified by what was known at the horizon."""
    rng = np.random.default_rng(seed)
    stratum = np.where(seen.time > horizon, 2, seen.event.astype(int))
    place = np.empty(len(seen), dtype=np.intp)
    start = 0
    for value in range(3):
        rows = rng.permutation(np.flatnonzero(stratum == value))
        place[rows] = (start + np.arange(rows.size)) % count
        start += rows.size
    return [np.flatnonzero(place == fold) for fold in range(count)]


#: How often the inner cross-validation is repeated before a strength is chosen.
INNER = 3


def tuned(problem: Problem, seed: int) -> tuple[Fitted, float]:
    """A model whose strength has the least Brier score in an inner cross-validation, and the strength."""
    strengths = problem.plan.strengths
    best = strengths[0]
    if len(strengths) > 1:
        splits = [
            folds(problem.seen, problem.horizon, problem.plan.folds, each) for each in seeds(seed, 7, INNER)
        ]
        scores = [sum(_score(problem, split, strength, seed) for split in splits) for strength in strengths]
        best = strengths[int(np.nanargmin(scores))]
    return problem.fit(best, seed), best


def _score(problem: Problem, tests: list[Rows], strength: float, seed: int) -> float:
    risk = np.empty(len(problem.seen))
    for test in tests:
        fitted = problem.take(_others(len(risk), test)).fit(strength, seed)
        risk[test] = fitted.risk(problem.x[test])
    return brier(problem.seen, risk, problem.horizon)


def _others(n: int, test: Rows) -> Rows:
    return np.setdiff1d(np.arange(n), test)


def cross_validated(problem: Problem, jobs: int, progress: Progress) -> Floats:
    """Predictions for patients left out: one row for each repeat, one column for each patient.

    Strengths are chosen anew inside each training part (nested).
    """
    repeats = problem.plan.repeats
    tasks = [(problem, seed) for seed in seeds(problem.plan.seed, 1, repeats)]
    return np.array(in_parallel(_left_out, tasks, repeats, jobs, "cross-validation", progress))


def _left_out(problem: Problem, seed: int) -> Floats:
    risk = np.empty(len(problem.seen))
    for test in folds(problem.seen, problem.horizon, problem.plan.folds, seed):
        fitted, _ = tuned(problem.take(_others(len(risk), test)), seed)
        risk[test] = fitted.risk(problem.x[test])
    return risk


@dataclass(frozen=True, eq=False)
class Resample:
    """One bootstrap sample: its model, and figures in the sample, in all, and of the final model in it."""

    fitted: Fitted
    inside: dict[str, float]
    outside: dict[str, float]
    final: dict[str, float]


def bootstrapped(problem: Problem, final: Floats, jobs: int, progress: Progress) -> list[Resample]:
    """Repeat the whole fit in samples with replacement; `final` is the final model's risk."""
    count = problem.plan.resamples
    tasks = [(problem, final, seed) for seed in seeds(problem.plan.seed, 2, count)]
    return in_parallel(_resample, tasks, count, jobs, "bootstrap", progress)


def _resample(problem: Problem, final: Floats, seed: int) -> Resample:
    rows = next(samples(problem.seen, problem.horizon, seed))
    sample = problem.take(rows)
    fitted, _ = tuned(sample, seed)
    return Resample(
        fitted,
        inside=sample.figures(fitted.risk(sample.x)),
        outside=problem.figures(fitted.risk(problem.x)),
        final=sample.figures(final[rows]),
    )


def samples(seen: Observed, horizon: float, seed: int) -> Iterator[Rows]:
    """Samples with replacement that hold some of each: events by the horizon, and patients beyond it."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.integers(0, len(seen), len(seen))
        time, event = seen.time[rows], seen.event[rows]
        if (event & (time <= horizon)).sum() >= 5 and (time > horizon).sum() >= 5:
            yield rows
