"""Training: refuse what is too small, fit, resample, compare, and write down what was found."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cds import __version__
from cds.errors import Fault, ModelError
from cds.risk import summaries
from cds.risk.cox import fit_cox
from cds.risk.declaration import (
    EVENTS_FOR_BOOSTING,
    EVENTS_REFUSED,
    EVENTS_WARNED,
    Comparison,
    Declaration,
)
from cds.risk.estimators import Fitted, Linear
from cds.risk.features import Feature, encode, names, required
from cds.risk.invented import inputs_of, invent, patients_from
from cds.risk.manifest import FORMAT, Manifest, TrainingData
from cds.risk.metrics import Observed
from cds.risk.model import RiskModel
from cds.risk.outcome import Flow, flow
from cds.risk.patients import Patients
from cds.risk.records import Coefficient, Compared, Validation, Weight
from cds.risk.resampling import Problem, Progress, bootstrapped, cross_validated, problem_of, tuned
from cds.risk.training_data import TrainingSet
from cds.rulebook.book import Rulebook

BACKGROUND_ROWS, GOLDEN_ROWS = 64, 24
LIBRARIES = ("numpy", "scipy", "scikit-learn", "skops", "lifelines", "joblib", "shap")
#: Two independent solvers of the Cox model must agree to this.
SOLVER_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Trained:
    """A model and what is known of its performance."""

    model: RiskModel
    validation: Validation


def train(
    declaration: Declaration,
    cohort: TrainingSet,
    book: Rulebook,
    *,
    today: dt.date,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
) -> Trained:
    """Train and validate a declared model; ModelError if the cohort can't bear it.

    The same cohort, declaration and seed give the same model whatever `jobs` is.
    """
    lost = required(declaration.features, cohort.patients)
    counted, rows = flow(cohort.seen, lost, declaration.outcome.horizon_months)
    patients, seen = cohort.patients.take(rows), cohort.seen.take(rows)
    warnings = tuple(check_size(declaration, counted))
    problem = problem_of(declaration, declaration.features, patients, seen)
    fitted, strength = tuned(problem, declaration.plan.seed)
    difference = _solvers_differ(problem, fitted, strength)
    resamples = bootstrapped(problem, fitted.risk(problem.x), jobs, progress)
    refits = tuple(each.fitted for each in resamples)
    model = model_of(declaration, cohort, patients, book, fitted, refits, today)
    risks = cross_validated(problem, jobs, progress)
    mean = risks.mean(axis=0)
    figures, optimism = problem.figures(fitted.risk(problem.x)), summaries.optimism_of(resamples)
    validation = Validation(
        flow=counted,
        parameters=problem.x.shape[1],
        events_per_parameter=round(counted.events / problem.x.shape[1], 2),
        strength=strength,
        warnings=warnings,
        solver_difference=difference,
        apparent=summaries.apparent_of(figures, resamples),
        optimism={name: summaries.clean(value) for name, value in optimism.items()},
        corrected=summaries.corrected_of(figures, resamples, optimism),
        cross_validated=summaries.left_out_of(problem, risks),
        pictures=summaries.pictures(problem, mean),
        subgroups=tuple(summaries.subgroup(g, patients, problem, mean) for g in declaration.subgroups),
        learning=summaries.learning_curve(problem, max(20, declaration.plan.repeats)),
        comparisons=tuple(
            _compare(each, declaration, patients, seen, jobs, progress) for each in declaration.comparisons
        ),
        importance=importance(model),
        coefficients=tuple(_coefficients(declaration.features, fitted, refits)),
        method=_method(declaration),
    )
    return Trained(model, validation)


def check_size(declaration: Declaration, counted: Flow) -> Iterator[str]:
    """Warnings for a small cohort; ModelError below 5 events per parameter."""
    parameters = len(names(declaration.features))
    per = counted.events / parameters
    if per < EVENTS_REFUSED:
        fault = Fault(
            declaration.id,
            f"{counted.events} events for {parameters} parameters: {per:.1f} each, under {EVENTS_REFUSED:g}",
            "Declare fewer features, or bring more patients.",
        )
        raise ModelError("The cohort is too small for this model", [fault])
    if per < EVENTS_WARNED:
        yield f"only {per:.1f} events per parameter (below {EVENTS_WARNED:g}): all figures are unsure"
    if declaration.estimator == "boosting" and counted.events < EVENTS_FOR_BOOSTING:
        yield f"boosting with {counted.events} events (below {EVENTS_FOR_BOOSTING}) tends to overfit"


def _solvers_differ(problem: Problem, fitted: Fitted, strength: float) -> float | None:
    """Largest difference of the Cox coefficients from those of lifelines; ModelError if it is large."""
    if not isinstance(fitted, Linear) or fitted.link != "cloglog":
        return None
    import pandas as pd
    from lifelines import CoxPHFitter

    filled = np.where(np.isnan(problem.x), fitted.fill, problem.x)
    spread = filled.std(axis=0)
    varies = spread > 1e-12
    scaled = (filled[:, varies] - filled[:, varies].mean(axis=0)) / spread[varies]
    ours = fit_cox(scaled, problem.seen, strength)
    # lifelines divides by the sample's standard deviation (n - 1) before it penalises.
    n = len(problem.seen)
    frame = pd.DataFrame(scaled, columns=[f"x{at}" for at in range(scaled.shape[1])])
    frame["time"], frame["event"] = problem.seen.time, problem.seen.event
    other = CoxPHFitter(penalizer=strength * (n - 1) / n).fit(frame, "time", "event").params_.to_numpy()
    difference = float(np.abs(ours - other).max())
    if difference > SOLVER_TOLERANCE:
        fault = Fault(
            "Cox model", f"two solvers differ by {difference:.2g}", "Raise the penalty or drop a column."
        )
        raise ModelError("The model does not settle", [fault])
    return round(difference, 9)


def model_of(
    declaration: Declaration,
    cohort: TrainingSet,
    patients: Patients,
    book: Rulebook,
    fitted: Fitted,
    refits: tuple[Fitted, ...],
    today: dt.date,
) -> RiskModel:
    """The model with its manifest and invented background; ranges are those of these patients."""
    options = declaration.points.options if declaration.needs_regimen and declaration.points else ()
    inputs = inputs_of(patients, book, declaration.markers, options)
    reference = None
    if declaration.points is not None:
        reference = round(100 * float(fitted.risk(encode(declaration.features, patients)).mean()), 3)
    manifest = Manifest(
        format=FORMAT,
        declaration=declaration,
        inputs=inputs,
        columns=names(declaration.features),
        resamples=len(refits),
        reference_percent=reference,
        training=TrainingData(
            name=cohort.name,
            description=declaration.card.get("training_data", "not available"),
            files=dict(cohort.files),
            digest=cohort.digest,
            rulebook=f"{book.identity.id} {book.identity.version}",
            rulebook_digest=book.digest,
        ),
        trained_on=today.isoformat(),
        software=f"evr-cds {__version__}",
        libraries={name: importlib.metadata.version(name) for name in LIBRARIES},
    )
    background = patients_from(invent(inputs, BACKGROUND_ROWS, declaration.plan.seed + 1), inputs)
    return RiskModel(manifest, fitted, refits, background)


def importance(model: RiskModel) -> tuple[Weight, ...]:
    """Mean absolute share over the invented background, largest first."""
    shares = np.abs([each.percent for each in model.explain(model.background)]).mean(axis=0)
    found = [
        Weight(marker=each.marker, label=each.label, percent=round(float(share), 4))
        for each, share in zip(model.inputs, shares, strict=True)
    ]
    return tuple(sorted(found, key=lambda weight: (-weight.percent, weight.marker)))


def _coefficients(
    features: Sequence[Feature], fitted: Fitted, refits: Sequence[Fitted]
) -> Iterator[Coefficient]:
    """Log hazard or odds ratios and ratios, with the percentile interval of the bootstrap."""
    if not isinstance(fitted, Linear):
        return
    labels = [
        f"{feature.label}: not known" if column != feature.id else feature.label
        for feature in features
        for column in feature.columns
    ]
    linear = [refit for refit in refits if isinstance(refit, Linear)]
    for at, (column, label) in enumerate(zip(names(features), labels, strict=True)):
        found = summaries.figure(float(fitted.coef[at]), (refit.coef[at] for refit in linear))
        ratio = found.model_copy(update={k: summaries.clean(math.exp(v)) for k, v in found if v is not None})
        yield Coefficient(column=column, label=label, coefficient=found, ratio=ratio)


def _compare(
    comparison: Comparison,
    declaration: Declaration,
    patients: Patients,
    seen: Observed,
    jobs: int,
    progress: Progress,
) -> Compared:
    """The same procedure with another set of features, in the same patients."""
    features = [f for f in declaration.features if f.id in comparison.features] + list(comparison.extra)
    problem = problem_of(declaration, features, patients, seen)
    problem = replace(
        problem, plan=problem.plan.model_copy(update={"resamples": min(200, problem.plan.resamples)})
    )
    fitted, _ = tuned(problem, declaration.plan.seed)
    risk = fitted.risk(problem.x)
    resamples = bootstrapped(problem, risk, jobs, progress)
    left_out = summaries.left_out_of(problem, cross_validated(problem, jobs, progress))
    figures, optimism = problem.figures(risk), summaries.optimism_of(resamples)
    per = int(seen.event.sum()) / problem.x.shape[1]
    refused = (
        "would be refused as a model: fewer than 5 events per parameter" if per < EVENTS_REFUSED else None
    )
    return Compared(
        id=comparison.id,
        label=comparison.label,
        parameters=problem.x.shape[1],
        events_per_parameter=round(per, 2),
        apparent_c=round(figures["c_index"], 6),
        c_index=left_out["c_index"],
        corrected_c=summaries.corrected_of(figures, resamples, optimism)["c_index"],
        brier=left_out["brier"],
        external_c=comparison.external_c,
        note="; ".join(part for part in (refused, comparison.note) if part) or None,
    )


def _method(declaration: Declaration) -> dict[str, str]:
    plan = declaration.plan
    return {
        "apparent": "final model in its own patients; interval: patients resampled, model held",
        "corrected": f"apparent less the mean optimism of {plan.resamples} bootstrap samples, in each "
        "of which the whole fit (strength too) was repeated; interval moved by the optimism",
        "cross_validated": f"{plan.repeats} times {plan.folds} folds stratified by what was known at the "
        "horizon, strength chosen inside each training part; mean over repeats; interval: patients resampled",
        "plots": "drawn from predictions for patients left out, averaged over the repeats",
        "learning": "mean and 10th to 90th percentile over random splits",
        "subgroups": "predictions for patients left out; not shown below 5 events",
        "importance": "mean absolute share over invented patients",
        "seed": str(plan.seed),
    }
