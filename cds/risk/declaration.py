"""The declaration of a model: what is to be learnt, from which columns, how, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError, model_validator

from cds.errors import Fault, InputError
from cds.risk.card_items import DECLARED
from cds.risk.estimators import Name
from cds.risk.features import Feature, markers_of, names
from cds.risk.outcome import Outcome
from cds.risk.patients import REGIMEN
from cds.rulebook import strict_yaml
from cds.rulebook.base import Flag, Id, MarkerId, Record, Text
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Decimal

ModelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{1,58}$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
#: Fewer events per parameter are refused; fewer than the second figure give a warning.
EVENTS_REFUSED, EVENTS_WARNED, EVENTS_FOR_BOOSTING = 5.0, 10.0, 100


class Plan(Record):
    """How much is computed, and from which seed."""

    seed: int = Field(ge=0)
    strengths: tuple[Decimal, ...] = Field(min_length=1)
    folds: int = Field(default=5, ge=2, le=20)
    repeats: int = Field(default=20, ge=1, le=200)
    resamples: int = Field(default=500, ge=20, le=5000)
    auc_months: tuple[Decimal, ...] = ()


class Comparison(Record):
    """A smaller or larger set of features to compare with; an example may break the refusals."""

    id: MarkerId
    label: Text
    features: tuple[Text, ...] = ()
    extra: tuple[Feature, ...] = ()
    external_c: Text = "not available"
    note: Text | None = None


class Subgroup(Record):
    """Patients with certain values of a marker, or with a number from a cut on (or below it)."""

    label: Text
    marker: MarkerId
    any_of: tuple[Text, ...] = ()
    at_least: Decimal | None = None
    below: Decimal | None = None


class Points(Record):
    """How a per-option model enters the score; `counts: false` shows it with 0 points."""

    counts: Flag
    per_percent: Decimal = Field(default=1.0, gt=0, le=10)
    options: tuple[Id, ...] = Field(min_length=1)


class Declaration(Record):
    """Everything that is decided before the data are seen."""

    id: ModelId
    version: Version
    title: Text
    estimand: Literal["prognostic", "per_option"]
    simulated: Flag = False
    estimator: Name
    outcome: Outcome
    features: tuple[Feature, ...] = Field(min_length=1)
    tells_nothing: dict[MarkerId, tuple[Text, ...]] = Field(default_factory=dict)
    applies_to: dict[MarkerId, tuple[Text, ...]] = Field(default_factory=dict)
    cannot_say: tuple[Text, ...] = Field(min_length=1)
    points: Points | None = None
    plan: Plan
    comparisons: tuple[Comparison, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    card: dict[Id, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Declaration:
        if (self.estimand == "per_option") != (self.points is not None):
            raise ValueError("`points` belongs to a per-option model, and only to one")
        if self.simulated != self.id.startswith("SIMULATED"):
            raise ValueError("the id of a simulated model starts with SIMULATED, and no other does")
        if self.outcome.label is not None and self.estimator == "cox":
            raise ValueError("a Cox model needs times; with a label use logistic or boosting")
        if self.estimator != "boosting" and any(f.missing == "native" for f in self.features):
            raise ValueError("`missing: native` is for boosting")
        twice = names(self.features)
        if len(set(twice)) < len(twice):
            raise ValueError("two features have the same id")
        unknown = sorted(set(self.card) - DECLARED)
        if unknown:
            raise ValueError(f"`card` has no place for {', '.join(unknown)}")
        return self

    @property
    def markers(self) -> tuple[str, ...]:
        """Markers the features read, without the regimen."""
        return tuple(name for name in markers_of(self.features) if name != REGIMEN)

    @property
    def all_markers(self) -> tuple[str, ...]:
        """Markers needed for training: those of comparisons, subgroups and scope too."""
        extra = [feature.marker for comparison in self.comparisons for feature in comparison.extra]
        found = [*self.markers, *extra, *(group.marker for group in self.subgroups), *self.applies_to]
        return tuple(name for name in dict.fromkeys(found) if name != REGIMEN)

    @property
    def needs_regimen(self) -> bool:
        """Whether a feature reads what was given."""
        return REGIMEN in markers_of(self.features)

    def faults(self, book: Rulebook) -> Iterator[Fault]:
        """Markers, values and options that the rulebook lacks."""
        features = [*self.features, *(f for c in self.comparisons for f in c.extra)]
        named = {f.id for f in self.features}
        for comparison in self.comparisons:
            for name in set(comparison.features) - named:
                yield Fault(f"comparison {comparison.id}", f"{name} is not a feature", "Name a feature.")
        for feature in features:
            yield from _feature_faults(feature, book)
        for name in {*self.applies_to, *self.tells_nothing, *(group.marker for group in self.subgroups)}:
            if name not in book.marker:
                yield Fault(self.id, f"{name} is not a marker", "See `cds markers`.")
        for option in self.points.options if self.points else ():
            if option not in book.option:
                yield Fault(self.id, f"{option} is not an option", "See `cds options`.")


def _feature_faults(feature: Feature, book: Rulebook) -> Iterator[Fault]:
    place = f"feature {feature.id}"
    for option in feature.options:
        if option not in book.option:
            yield Fault(place, f"{option} is not an option", "See `cds options`.")
    if feature.marker == REGIMEN:
        known = set(book.option)
    elif feature.marker not in book.marker:
        yield Fault(place, f"{feature.marker} is not a marker", "See `cds markers`.")
        return
    else:
        marker = book.marker[feature.marker]
        known = set(marker.values)
        if (marker.type == "number") != feature.is_number or marker.type == "drugs":
            yield Fault(place, f"{feature.marker} is a {marker.type}", "Read it as what it is.")
    for value in feature.any_of:
        if value not in known:
            yield Fault(place, f"{value!r} is not a value of {feature.marker}", "See `cds markers`.")


def read_declaration(path: Path) -> Declaration:
    """Read a declaration; InputError lists every fault with its line."""
    tree = strict_yaml.read(path, path.name)
    try:
        return Declaration.model_validate(tree.data)
    except ValidationError as error:
        faults = [
            Fault(tree.place(detail["loc"]), ".".join(map(str, detail["loc"])) + ": " + detail["msg"])
            for detail in error.errors(include_url=False)
        ]
    raise InputError(f"The declaration is refused: {len(faults)} faults", faults)
