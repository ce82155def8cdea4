"""What is written down of a training or an evaluation: figures with intervals, counts, curves.

Aggregates only: no row, time or prediction of a patient stands in any of these.
"""

from __future__ import annotations

from pydantic import Field

from cds.risk.outcome import Flow
from cds.rulebook.base import Record

#: Figures of fewer events or patients than this are not written down.
SMALL = 5


class Figure(Record):
    """A figure with its 95 % interval; null where it can't be computed."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def text(self, digits: int = 2) -> str:
        """`0.71 (0.62 to 0.80)`."""
        if self.value is None:
            return "not available"
        limits = (
            f" ({self.low:.{digits}f} to {self.high:.{digits}f})" if None not in (self.low, self.high) else ""
        )
        return f"{self.value:.{digits}f}{limits}"


class CalibrationGroup(Record):
    """Patients of like predicted risk."""

    n: int
    predicted: float
    observed: float
    low: float
    high: float


class Benefit(Record):
    """Net benefit at one threshold: of the model, and of acting in all (acting in none is 0)."""

    threshold: float
    model: Figure
    everybody: float


class Subset(Record):
    """A subgroup; figures are null where there are too few events."""

    label: str
    n: int | None
    events: int | None
    c_index: Figure
    observed: Figure
    predicted: float | None


class Learning(Record):
    """Models of a part of the cohort, tested on the rest: mean, 10th and 90th percentile."""

    n: int
    events: float
    c_index: Figure


class Compared(Record):
    """Another set of features in the same patients."""

    id: str
    label: str
    parameters: int
    events_per_parameter: float
    apparent_c: float
    c_index: Figure
    corrected_c: Figure
    brier: Figure
    external_c: str = "not available"
    note: str | None = None


class Weight(Record):
    """How much a marker moves the predictions on average, in percent points; and its columns."""

    marker: str
    label: str
    percent: float


class Coefficient(Record):
    """One column of a linear model, with the interval of the bootstrap."""

    column: str
    label: str
    coefficient: Figure
    ratio: Figure


class Curve(Record):
    """Event-free share with 95 % limits, and patients at risk, at a grid of months."""

    label: str
    n: int
    months: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]


class Pictures(Record):
    """What the plots are drawn from."""

    calibration: tuple[CalibrationGroup, ...]
    decision: tuple[Benefit, ...]
    survival: tuple[Curve, ...]


class Validation(Record):
    """The internal validation of a model."""

    flow: Flow
    parameters: int
    events_per_parameter: float
    strength: float
    warnings: tuple[str, ...]
    solver_difference: float | None = None
    apparent: dict[str, Figure]
    optimism: dict[str, float | None]
    corrected: dict[str, Figure]
    cross_validated: dict[str, Figure]
    pictures: Pictures
    subgroups: tuple[Subset, ...]
    learning: tuple[Learning, ...]
    comparisons: tuple[Compared, ...]
    importance: tuple[Weight, ...]
    coefficients: tuple[Coefficient, ...] = ()
    method: dict[str, str] = Field(default_factory=dict)


class External(Record):
    """The validation of a finished model in another cohort, without refitting."""

    model: str
    version: str
    model_digest: str
    name: str
    description: str
    data_digest: str
    evaluated_on: str
    flow: Flow
    abstained: dict[str, int]
    figures: dict[str, Figure]
    warnings: tuple[str, ...]
    pictures: Pictures
    subgroups: tuple[Subset, ...]
