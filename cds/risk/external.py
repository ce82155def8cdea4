"""External validation: a finished model in another cohort, without refitting anything."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import numpy as np

from cds.errors import Fault, InputError
from cds.risk import summaries
from cds.risk.declaration import EVENTS_REFUSED
from cds.risk.model import RiskModel
from cds.risk.outcome import Flow, flow
from cds.risk.records import SMALL, External, Figure, Validation
from cds.risk.resampling import problem_of
from cds.risk.training_data import TrainingSet

#: Differences from the internal figures from which a warning is given.
C_GAP, SLOPE_RANGE, RATIO_RANGE = 0.05, (0.7, 1.4), (0.75, 1.33)


def evaluate(
    model: RiskModel,
    internal: Validation,
    cohort: TrainingSet,
    *,
    name: str,
    description: str,
    today: dt.date,
) -> External:
    """Figures of the model in a cohort; who the model does not speak of is counted, not predicted."""
    declaration = model.declaration
    predictions = model.predict(cohort.patients, in_population=True)
    silent = np.array([bool(each.abstains) for each in predictions])
    abstained = Counter(each.abstains[0] for each in predictions if each.abstains)
    counted, rows = flow(cohort.seen, {"model": silent}, declaration.outcome.horizon_months)
    patients, seen = cohort.patients.take(rows), cohort.seen.take(rows)
    if counted.events < SMALL or len(seen) - counted.events < SMALL:
        fault = Fault(
            cohort.name, f"{counted.used} patients, {counted.events} events", "Bring a larger cohort."
        )
        raise InputError("The cohort is too small to evaluate a model", [fault])
    risk = np.array([predictions[row].percent for row in rows], dtype=np.float64) / 100
    problem = problem_of(declaration, declaration.features, patients, seen)
    figures = problem.figures(risk)
    spread = summaries.resampled(seen, risk, problem)
    found = {key: summaries.figure(value, (one[key] for one in spread)) for key, value in figures.items()}
    return External(
        model=declaration.id,
        version=declaration.version,
        model_digest=model.digest,
        name=name,
        description=description,
        data_digest=cohort.digest,
        evaluated_on=today.isoformat(),
        flow=counted,
        abstained=dict(sorted(abstained.items())),
        figures=found,
        warnings=(*_same_counts(internal, counted), *_warnings(internal, found, counted.events)),
        pictures=summaries.pictures(problem, risk),
        subgroups=tuple(summaries.subgroup(g, patients, problem, risk) for g in declaration.subgroups),
    )


def is_training_data(model: RiskModel, cohort: TrainingSet) -> bool:
    """Whether the cohort is the one the model was trained on, or shares a file with it."""
    trained = set(model.manifest.training.files.values())
    return cohort.digest == model.manifest.training.digest or bool(trained & set(cohort.files.values()))


def _same_counts(internal: Validation, counted: Flow) -> Iterator[str]:
    """Ids of training patients are not kept; equal counts are what is left to notice them by."""
    if (counted.used, counted.events) == (internal.flow.used, internal.flow.events):
        yield "as many patients and events as the training cohort: if it is the same, this is no validation"


def _warnings(internal: Validation, found: dict[str, Figure], events: int) -> Iterator[str]:
    """Where inside and outside part."""
    inside, outside = internal.corrected["c_index"].value, found["c_index"].value
    if inside is not None and outside is not None and inside - outside > C_GAP:
        yield f"C-index falls from {inside:.2f} inside to {outside:.2f} here"
    slope, ratio = found["calibration_slope"].value, found["observed_to_expected"].value
    if slope is not None and not SLOPE_RANGE[0] <= slope <= SLOPE_RANGE[1]:
        yield f"calibration slope {slope:.2f}: predictions are too {'extreme' if slope < 1 else 'alike'} here"
    if ratio is not None and not RATIO_RANGE[0] <= ratio <= RATIO_RANGE[1]:
        yield f"{ratio:.2f} times the predicted number of events happened here"
    scaled = found["brier_scaled"].value
    if scaled is not None and scaled <= 0:
        yield "no better here than telling everybody the average risk"
    if events < 20 * EVENTS_REFUSED:
        yield f"only {events} events here (100 are usually asked for): figures are unsure"
