"""An assessment beside a named risk model: context, or bounded points inside a tier; never a status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from cds.cohort import Cohort
from cds.decision import POLICIES, Decision, decide
from cds.explanation import Explainer
from cds.ranking import STATUSES, Ranking, with_points
from cds.result import Assessment, Contribution, ModelSection, OptionResult, PolicyResult, Reason
from cds.risk.model import Prediction, RiskModel
from cds.risk.option_model import OptionPoints, option_points
from cds.risk.patients import Patients, is_unknown, patients_of
from cds.risk.section import Estimate, Share, words_of
from cds.rulebook.book import Rulebook
from cds.vocabulary import Status, Verification


def with_model(
    assessment: Assessment, cohort: Cohort, book: Rulebook, model: RiskModel, pinned: bool, row: int = 0
) -> Assessment:
    """The assessment of a patient with the model's section added; all else stays as it was.

    `pinned` says that the model was named with its version: without that no points count.
    """
    decision = decide(cohort.part(row, row + 1), book)
    section = _Section(decision, book, 0, model, pinned).made()
    provenance = assessment.provenance.model_copy(
        update={"model": model.manifest.name, "model_digest": model.digest}
    )
    return assessment.model_copy(update={"model": section, "provenance": provenance})


@dataclass(frozen=True, eq=False)
class _Said:
    """What the model says of one option: its estimate, its points, and why they might not count."""

    estimate: Estimate
    points: OptionPoints | None


class _Section:
    def __init__(self, decision: Decision, book: Rulebook, row: int, model: RiskModel, pinned: bool) -> None:
        self.decision, self.book, self.row, self.model, self.pinned = decision, book, row, model, pinned
        self.declared = model.declaration
        markers = [*self.declared.markers, *self.declared.applies_to]
        columns = {name: decision.states.columns[name][row : row + 1] for name in markers}
        ids, nothing = decision.cohort.ids[row : row + 1], self.declared.tells_nothing
        self.patients = patients_of(columns, book, dict.fromkeys(markers), ids, nothing)
        self.labels = {each.marker: each.label for each in model.inputs} | {
            name: book.marker[name].label for name in self.declared.applies_to
        }

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
        section = ModelSection(
            id=self.declared.id,
            version=self.declared.version,
            digest=self.model.digest,
            title=self.declared.title,
            estimand=self.declared.estimand,
            simulated=self.declared.simulated,
            pinned=self.pinned,
            says=self.declared.outcome.words,
            cannot_say=self.declared.cannot_say,
            validity=self.model.validity,
            abstains=reasons,
            estimates=tuple(each.estimate for each in said.values()),
        )
        return section if self.declared.points is None else self._with_points(section, said)

    def _asked(self) -> Iterator[str | None]:
        if self.declared.points is None:
            yield None
            return
        for column, option in enumerate(self.book.options):
            ranked = any(r.ranked[column, self.row] for r in self.decision.rankings.values())
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
        for name in POLICIES:
            reasons = dict(self._not_counted(name, said))
            policies.append(self._policy(name, said, reasons))
            not_counted[name] = reasons
        return section.model_copy(update={"policies": tuple(policies), "not_counted": not_counted})

    def _not_counted(self, name: str, said: Mapping[str, _Said]) -> Iterator[tuple[str, str]]:
        """Why the points of a ranked option do not count."""
        plan, ranking = self.decision.plans[name], self.decision.rankings[name]
        options = [o.id for o in plan.options]
        bands = {option: self._band(name, column) for column, option in enumerate(options)}
        ranked = [o for column, o in enumerate(options) if ranking.ranked[column, self.row]]
        uncovered = {bands[o] for o in ranked if o not in said or said[o].points is None}
        for option in ranked:
            if option not in said:
                yield option, "abstains" if self._covers(option) else "band_not_covered"
            elif self.declared.points is not None and not self.declared.points.counts:
                yield option, "manifest_does_not_count"
            elif not self.pinned:
                yield option, "version_not_pinned"
            elif said[option].points is None:
                yield option, "shares_do_not_add_up"
            elif bands[option] in uncovered:
                yield option, "band_not_covered"

    def _covers(self, option: str) -> bool:
        return self.declared.points is not None and option in self.declared.points.options

    def _band(self, name: str, column: int) -> tuple[int, int]:
        """Options of one band may change places: one class and, where the policy keeps it, one tier."""
        plan, ranking = self.decision.plans[name], self.decision.rankings[name]
        hypothesis = int(ranking.status[column, self.row] == STATUSES.index(Status.HYPOTHESIS))
        return hypothesis, int(ranking.tier[column, self.row]) if "tier" in plan.policy.order else 0

    def _policy(self, name: str, said: Mapping[str, _Said], reasons: Mapping[str, str]) -> PolicyResult:
        rankings = {**self.decision.rankings, name: self._ranking(name, said, reasons)}
        result = Explainer(replace(self.decision, rankings=rankings), self.row).policy(name)
        options = tuple(self._option(option, said.get(option.option), reasons) for option in result.options)
        return result.model_copy(update={"options": options})

    def _ranking(self, name: str, said: Mapping[str, _Said], reasons: Mapping[str, str]) -> Ranking:
        plan, ranking = self.decision.plans[name], self.decision.rankings[name]
        extra = np.zeros_like(ranking.points)
        for column, option in enumerate(plan.options):
            found = said.get(option.id)
            if found and found.points and option.id not in reasons and ranking.ranked[column, self.row]:
                extra[column, self.row] = found.points.points
        return with_points(plan, ranking, extra)

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
        return Contribution(
            source=source,  # type: ignore[arg-type]
            id=f"{self.declared.id}:{name}",
            label=label,
            axis=None,
            level=None,
            units=0,
            points=points if counted == "yes" else 0,
            would_be=points,
            counted=counted,
            verification=Verification.UNCHECKED,
            markers=(name,) if name in self.book.marker else (),
        )
