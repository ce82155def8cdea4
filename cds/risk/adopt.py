"""Adopting a model that was trained elsewhere: its ranges and figures come from a cohort given with it."""

from __future__ import annotations

import datetime as dt

from cds.errors import Fault, ModelError
from cds.risk import summaries
from cds.risk.declaration import Declaration
from cds.risk.estimators import Boosted, Fitted
from cds.risk.features import names, required
from cds.risk.outcome import flow
from cds.risk.records import Validation
from cds.risk.resampling import problem_of
from cds.risk.training import Trained, importance, model_of
from cds.risk.training_data import TrainingSet
from cds.rulebook.book import Rulebook

WARNING = "imported: trained elsewhere, not by this software; figures are those in the cohort given with it"


def adopt(
    declaration: Declaration, cohort: TrainingSet, book: Rulebook, fitted: Fitted, *, today: dt.date
) -> Trained:
    """A foreign model as one of ours, without refits and so without intervals for predictions."""
    columns = fitted.trees.n_features_in_ if isinstance(fitted, Boosted) else len(fitted.payload()["coef"])
    if columns != len(names(declaration.features)):
        fault = Fault(
            declaration.id, f"it has {columns} columns, the declaration {len(names(declaration.features))}"
        )
        raise ModelError("The imported model does not fit its declaration", [fault])
    lost = required(declaration.features, cohort.patients)
    counted, rows = flow(cohort.seen, lost, declaration.outcome.horizon_months)
    patients, seen = cohort.patients.take(rows), cohort.seen.take(rows)
    problem = problem_of(declaration, declaration.features, patients, seen)
    risk = fitted.risk(problem.x)
    spread = summaries.resampled(seen, risk, problem)
    model = model_of(declaration, cohort, patients, book, fitted, (), today)
    validation = Validation(
        flow=counted,
        parameters=columns,
        events_per_parameter=round(counted.events / columns, 2),
        strength=0.0,
        warnings=(WARNING,),
        apparent={
            name: summaries.figure(value, (one[name] for one in spread))
            for name, value in problem.figures(risk).items()
        },
        optimism={},
        corrected={},
        cross_validated={},
        pictures=summaries.pictures(problem, risk),
        subgroups=tuple(
            summaries.subgroup(group, patients, problem, risk) for group in declaration.subgroups
        ),
        learning=(),
        comparisons=(),
        importance=importance(model),
        method={"apparent": "imported model in the cohort given with it; interval: patients resampled"},
    )
    return Trained(model, validation)
