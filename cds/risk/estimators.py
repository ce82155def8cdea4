"""Estimators: three ways of learning a risk by a horizon, behind one small protocol.

A fitted model is plain arrays (`Linear`) or trees of scikit-learn (`Boosted`); both turn a matrix
of columns into the chance of the event by the horizon. A row's risk does not depend on the rows
beside it: sums go column by column, never through a matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from cds.risk.cox import baseline_hazard, fit_cox
from cds.risk.metrics import Observed
from cds.risk.patients import Floats
from cds.risk.survival import weights

Name = Literal["cox", "logistic", "boosting"]


class Fitted(Protocol):
    """A model that was fitted."""

    def risk(self, x: Floats) -> Floats:
        """The chance of the event by the horizon, 0 to 1; NaN where a column is NaN and not imputed."""

    def payload(self) -> dict[str, Any]:
        """What is stored of it."""


class Estimator(Protocol):
    """A way of fitting; `strength` is the penalty, or for boosting the learning rate."""

    def __call__(self, x: Floats, seen: Observed, horizon: float, strength: float, seed: int) -> Fitted:
        """Fit to a matrix of columns (NaN for unknown) and what was observed."""


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear score and its link: `cloglog` (proportional hazards) or `logit`.

    `fill` stands in for NaN; it is NaN itself for columns that have to be known.
    """

    link: str
    intercept: float
    coef: Floats
    fill: Floats

    def score(self, x: Floats) -> Floats:
        """The linear score, summed column by column."""
        total = np.full(len(x), self.intercept)
        for column, coef, fill in zip(x.T, self.coef, self.fill, strict=True):
            total = total + coef * np.where(np.isnan(column), fill, column)
        return total

    def risk(self, x: Floats) -> Floats:
        """The chance of the event by the horizon."""
        score = self.score(x)
        return np.asarray(-np.expm1(-np.exp(score)) if self.link == "cloglog" else expit(score))

    def filling(self, imputed: NDArray[np.bool_]) -> Linear:
        """The same, with gaps filled in these columns only."""
        return replace(self, fill=np.where(imputed, self.fill, np.nan))

    def payload(self) -> dict[str, Any]:
        """What is stored of it."""
        return {"link": self.link, "intercept": self.intercept, "coef": self.coef, "fill": self.fill}


@dataclass(frozen=True, eq=False)
class Boosted:
    """Gradient-boosted trees; NaN goes its own way at each split.

    Columns are held in single precision, which is what explanations of trees compute in.
    """

    trees: Any

    def risk(self, x: Floats) -> Floats:
        """The chance of the event by the horizon."""
        with _one_thread():
            return np.asarray(self.trees.predict_proba(in_single(x))[:, 1], dtype=np.float64)

    def payload(self) -> dict[str, Any]:
        """What is stored of it."""
        return {"link": "trees", "trees": self.trees}


@dataclass(frozen=True, eq=False)
class _Scaled:
    """Columns with gaps filled, centred and brought to one spread, so that one penalty fits all."""

    x: Floats
    mean: Floats
    spread: Floats
    fill: Floats

    def unscale(self, link: str, b: Floats, intercept: float) -> Linear:
        coef = b / self.spread
        return Linear(link, intercept - float((coef * self.mean).sum()), coef, self.fill)


def _scale(x: Floats) -> _Scaled:
    known = ~np.isnan(x)
    counts = known.sum(axis=0)
    mean = np.divide(np.where(known, x, 0.0).sum(axis=0), counts, out=np.zeros(x.shape[1]), where=counts > 0)
    filled = np.where(known, x, mean)
    spread = filled.std(axis=0)
    spread[spread < 1e-12] = 1.0
    return _Scaled((filled - mean) / spread, mean, spread, mean)


def cox(x: Floats, seen: Observed, horizon: float, strength: float, seed: int) -> Linear:
    """Ridge-penalised proportional hazards; the risk at the horizon by Breslow's baseline."""
    scaled = _scale(x)
    b = fit_cox(scaled.x, seen, strength)
    hazard = baseline_hazard(scaled.x @ b, seen, horizon)
    return scaled.unscale("cloglog", b, float(np.log(max(hazard, 1e-12))))


def logistic(x: Floats, seen: Observed, horizon: float, strength: float, seed: int) -> Linear:
    """Ridge-penalised logistic regression at the horizon, weighted for censoring."""
    from sklearn.linear_model import LogisticRegression

    scaled, weight = _scale(x), weights(seen.time, seen.event, horizon)
    had = seen.event & (seen.time <= horizon)
    used = weight > 0
    model = LogisticRegression(C=1 / (strength * weight.sum()), max_iter=500, tol=1e-8)
    with _one_thread():
        model.fit(scaled.x[used], had[used], sample_weight=weight[used])
    return scaled.unscale("logit", model.coef_[0], float(model.intercept_[0]))


def boosting(x: Floats, seen: Observed, horizon: float, strength: float, seed: int) -> Boosted:
    """Gradient boosting at the horizon, weighted for censoring; unknown values stay unknown."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    weight = weights(seen.time, seen.event, horizon)
    had, used = seen.event & (seen.time <= horizon), weight > 0
    trees = HistGradientBoostingClassifier(
        learning_rate=strength,
        max_iter=60,
        max_depth=3,
        min_samples_leaf=10,
        early_stopping=False,
        random_state=seed,
    )
    with _one_thread():
        trees.fit(in_single(x[used]), had[used], sample_weight=weight[used])
    return Boosted(trees)


def _one_thread() -> Any:
    """Threads cost more than they bring on small tables, and stall a busy machine."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return threadpool_limits(limits=1)


def in_single(x: Floats) -> Floats:
    """Numbers that single precision can hold, so that trees and their explanations agree."""
    return x.astype(np.float32).astype(np.float64)


ESTIMATORS: dict[str, Estimator] = {"cox": cox, "logistic": logistic, "boosting": boosting}


def stacked(refits: Sequence[Fitted]) -> dict[str, Any]:
    """Many fitted models of one kind as a few arrays (or a list of trees)."""
    parts = [refit.payload() for refit in refits]
    linear = bool(parts) and parts[0]["link"] != "trees"
    if not linear:
        return {"link": "trees", "trees": [part["trees"] for part in parts]}
    arrays = {name: np.array([part[name] for part in parts]) for name in ("intercept", "coef", "fill")}
    return {"link": parts[0]["link"], **arrays}


def unstacked(stored: dict[str, Any]) -> tuple[Fitted, ...]:
    """The models again; ValueError if the parts do not fit together."""
    if stored["link"] == "trees":
        return tuple(Boosted(trees) for trees in stored["trees"])
    rows = zip(stored["intercept"], stored["coef"], stored["fill"], strict=True)
    link = stored["link"]
    return tuple(restore({"link": link, "intercept": i, "coef": c, "fill": f}) for i, c, f in rows)


def restore(stored: dict[str, Any]) -> Fitted:
    """A fitted model from what was stored of it; ValueError if the parts do not fit together."""
    if stored["link"] == "trees":
        return Boosted(stored["trees"])
    coef, fill = (np.asarray(stored[name], dtype=np.float64) for name in ("coef", "fill"))
    if stored["link"] not in ("cloglog", "logit") or coef.ndim != 1 or coef.shape != fill.shape:
        raise ValueError("the stored model is not one of ours")
    return Linear(str(stored["link"]), float(stored["intercept"]), coef, fill)
