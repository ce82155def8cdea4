"""An assessment beside a named risk model: context, or bounded points inside a tier; never a status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cds.cohort import Cohort
from cds.comparison.counted import CODES, counted
from cds.decision import Decision, decide
from cds.explanation import Explainer
from cds.ranking import with_points
from cds.result import Assessment, Contribution, ModelSection, OptionResult, PolicyResult, Reason
from cds.risk.model import Prediction, RiskModel
from cds.risk.option_model import OptionPoints, option_points
from cds.risk.patients import Patients, is_unknown, patients_of
from cds.risk.section import Estimate, Share, words_of
from cds.rulebook.book import Rulebook
from cds.vocabulary import Verification


def with_model(
    assessment: Assessment, cohort: Cohort, book: Rulebook, model: RiskModel, pinned: bool
) -> Assessment:
    """The assessment of the one patient of a cohort with the model's section added; all else stays as it was.

    `pinned` says that the model was named with its version: without that no points count.
    """
    return with_section(assessment, _Section(decide(cohort, book), book, model, pinned).made())


def with_section(assessment: Assessment, section: ModelSection) -> Assessment:
    """The assessment with a model's section, and the model among its origins."""
    origins = {"model": f"{section.id} {section.version}", "model_digest": section.digest}
    provenance = assessment.provenance.model_copy(update=origins)
    return assessment.model_copy(update={"model": section, "provenance": provenance})


def head_of(model: RiskModel, pinned: bool) -> ModelSection:
    """What a model says of itself, the same for every patient."""
    declared = model.declaration
    return ModelSection(
        id=declared.id,
        version=declared.version,
        digest=model.digest,
        title=declared.title,
        estimand=declared.estimand,
        simulated=declared.simulated,
        pinned=pinned,
        says=declared.outcome.words,
        cannot_say=declared.cannot_say,
        validity=model.validity,
    )


def seen_by(model: RiskModel, decision: Decision, book: Rulebook) -> Patients:
    """The patients of a decision as the model sees them: values it reads, after derivation."""
    markers = dict.fromkeys((*model.declaration.markers, *model.declaration.applies_to))
    nothing = model.declaration.tells_nothing
    return patients_of(decision.states.columns, book, markers, decision.cohort.ids, nothing)


def labels_of(model: RiskModel, book: Rulebook) -> dict[str, str]:
    """The labels of all markers that its reasons may name."""
    scope = {name: book.marker[name].label for name in model.declaration.applies_to}
    return {each.marker: each.label for each in model.inputs} | scope


def policy_with(decision: Decision, name: str, extra: NDArray[np.int32]) -> PolicyResult:
    """One policy's result for the one patient with points added (options x 1)."""
    ranking = with_points(decision.plans[name], decision.rankings[name], extra)
    return Explainer(replace(decision, rankings={**decision.rankings, name: ranking}), 0).policy(name)


def model_line(source: str, model: str, name: str, label: str, points: int, counted: str) -> Contribution:
    """A line of a model; its points are 0 unless it is `counted` ("yes", or why not)."""
    return Contribution(
        source=source,  # type: ignore[arg-type]
        id=f"{model}:{name}",
        label=label,
        topic=None,
        level=None,
        units=0,
        points=points if counted == "yes" else 0,
        would_be=points,
        counted=counted,
        verification=Verification.UNCHECKED,
    )


@dataclass(frozen=True, eq=False)
class _Said:
    """What the model says of one option: its estimate, its points, and why they might not count."""

    estimate: Estimate
    points: OptionPoints | None


class _Section:
    """The section of the one patient of a decision."""

    def __init__(self, decision: Decision, book: Rulebook, model: RiskModel, pinned: bool) -> None:
        self.decision, self.book, self.model, self.pinned = decision, book, model, pinned
        self.declared = model.declaration
        self.patients = seen_by(model, decision, book)
        self.labels = labels_of(model, book)

    def made(self) -> ModelSection:
        """The whole section."""
        said: dict[str, _Said] = {}
        silent: dict[str, None] = {}
        for option in self._asked():
            patients = self.patients if option is None else self.patients.receiving(option)
            prediction = self.model.predict(patients)[0]
            silent |= dict.fromkeys(prediction.abstains)
            if not prediction.abstains:
                said[option or ""] = self._say(option, patients, prediction)
        reasons = tuple(Reason(code=code, label=words_of(code, self.labels)) for code in silent)
        estimates = tuple(each.estimate for each in said.values())
        section = head_of(self.model, self.pinned).model_copy(
            update={"abstains": reasons, "estimates": estimates}
        )
        return section if self.declared.points is None else self._with_points(section, said)

    def _asked(self) -> Iterator[str | None]:
        if self.declared.points is None:
            yield None
            return
        for column, option in enumerate(self.book.options):
            ranked = any(r.ranked[column, 0] for r in self.decision.rankings.values())
            if ranked and option.id in self.declared.points.options:
                yield option.id

    def _say(self, option: str | None, patients: Patients, prediction: Prediction) -> _Said:
        shares = self.model.explain(patients)[0]
        percent = prediction.percent or 0.0
        estimate = Estimate(
            option=option,
            percent=percent,
            low=prediction.low,
            high=prediction.high,
            base=shares.base,
            shares=tuple(
                Share(
                    marker=name,
                    label=self.labels[name],
                    value=self._value(name, patients),
                    percent=float(part),
                )
                for name, part in zip(shares.markers, shares.percent, strict=True)
            ),
            flags=prediction.flags,
        )
        rule, reference = self.declared.points, self.model.manifest.reference_percent
        if rule is None or reference is None or not self.model.add_up(shares, percent):
            return _Said(estimate, None)
        return _Said(
            estimate, option_points(percent, shares.base, list(shares.percent), reference, rule.per_percent)
        )

    def _value(self, name: str, patients: Patients) -> str:
        column = patients.columns[name]
        if is_unknown(column)[0]:
            return "not known"
        if name not in self.book.marker:
            return self.book.option[column[0]].label
        marker = self.book.marker[name]
        if marker.type == "number":
            return f"{column[0]:.12g}\u00a0{marker.unit}" if marker.unit else f"{column[0]:.12g}"
        return str(marker.values[column[0]])

    # --- points -------------------------------------------------------------------------------

    def _with_points(self, section: ModelSection, said: Mapping[str, _Said]) -> ModelSection:
        policies, not_counted = [], {}
        for name in self.book.policy_ids:
            reasons = dict(self._not_counted(name, said))
            policies.append(self._policy(name, said, reasons))
            not_counted[name] = reasons
        return section.model_copy(update={"policies": tuple(policies), "not_counted": not_counted})

    def _not_counted(self, name: str, said: Mapping[str, _Said]) -> Iterator[tuple[str, str]]:
        """Why the points of a ranked option do not count."""
        plan, ranking, rule = self.decision.plans[name], self.decision.rankings[name], self.declared.points
        if rule is None:
            return
        speaks = np.array([[option.id in said] for option in plan.options])
        gives = np.array([[o.id in said and said[o.id].points is not None] for o in plan.options])
        codes = counted(plan, ranking, rule, self.pinned, speaks, gives)
        for option, code in zip(plan.options, codes[:, 0].tolist(), strict=True):
            if CODES[code] not in ("", "yes"):
                yield option.id, CODES[code]

    def _policy(self, name: str, said: Mapping[str, _Said], reasons: Mapping[str, str]) -> PolicyResult:
        plan, ranked = self.decision.plans[name], self.decision.rankings[name].ranked
        extra = np.zeros(ranked.shape, dtype=np.int32)
        for column, option in enumerate(plan.options):
            found = said.get(option.id)
            if found and found.points and option.id not in reasons and ranked[column, 0]:
                extra[column, 0] = found.points.points
        result = policy_with(self.decision, name, extra)
        options = tuple(self._option(option, said.get(option.option), reasons) for option in result.options)
        return result.model_copy(update={"options": options})

    def _option(self, option: OptionResult, said: _Said | None, reasons: Mapping[str, str]) -> OptionResult:
        if said is None or said.points is None or option.rank is None:
            return option
        lines = tuple(self._lines(said.estimate, said.points, reasons.get(option.option, "yes")))
        return option.model_copy(update={"contributions": (*option.contributions, *lines)})

    def _lines(self, estimate: Estimate, points: OptionPoints, counted: str) -> Iterator[Contribution]:
        base = f"{self.declared.id}: its average patient against its reference"
        labels = [base, *(f"{self.declared.id}: {s.label}, {s.value}" for s in estimate.shares)]
        names = ["base", *(share.marker for share in estimate.shares)]
        for name, label, part in zip(names, labels, points.lines, strict=True):
            yield self._line("model", name, label, part, counted)
        if points.bound:
            label = f"{self.declared.id}: held to 10 points either way"
            yield self._line("bound", "bound", label, points.bound, counted)

    def _line(self, source: str, name: str, label: str, points: int, counted: str) -> Contribution:
        markers = (name,) if name in self.book.marker else ()
        line = model_line(source, self.declared.id, name, label, points, counted)
        return line.model_copy(update={"markers": markers})
