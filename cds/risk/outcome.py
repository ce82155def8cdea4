"""Outcomes: declared, read strictly, and counted so that no patient is lost without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from cds.errors import Fault, InputError
from cds.intake.values import MISSING, NUMBER
from cds.risk.metrics import Observed
from cds.risk.survival import kaplan_meier
from cds.rulebook.base import Record, Text

DAYS_PER_MONTH = 30.4375
EVENT_WORDS = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


class Outcome(Record):
    """What is predicted: an event within a horizon, from time and event columns or from a label.

    `label` is a column that says whether the event came by the horizon, for cohorts without
    times; an empty cell there means that it is not known.
    """

    kind: Literal["overall_survival", "event_free_survival", "progression"]
    event_words: Text
    counted_from: Text
    horizon_months: float = Field(gt=0, le=600)
    time: Text | None = None
    event: Text | None = None
    label: Text | None = None
    time_unit: Literal["months", "days"] = "months"

    @model_validator(mode="after")
    def _one_way(self) -> Outcome:
        timed = self.time is not None and self.event is not None
        if timed == (self.label is not None) or (self.time is None) != (self.event is None):
            raise ValueError("an outcome has time and event, or a label")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is read from."""
        return tuple(name for name in (self.time, self.event, self.label) if name is not None)

    @property
    def words(self) -> str:
        """What a predicted percentage means."""
        return f"{self.event_words} within {self.horizon_months:g} months of {self.counted_from}"


def read_outcomes(outcome: Outcome, table: Mapping[str, Sequence[str]], place: str) -> Observed:
    """Outcomes of all patients, NaN time where there is none; InputError lists every bad cell."""
    faults: list[Fault] = []
    if outcome.label is not None:
        had = [_event(text, f"{place}, row {at}", faults) for at, text in enumerate(table[outcome.label], 1)]
        horizon = outcome.horizon_months
        # "No event by the horizon" is known to be beyond it, and no more.
        times = [np.nan if e is None else horizon if e else horizon * 1.001 for e in had]
    else:
        per = DAYS_PER_MONTH if outcome.time_unit == "days" else 1.0
        cells = zip(table[str(outcome.time)], table[str(outcome.event)], strict=True)
        times, had = [], []
        for at, (time, event) in enumerate(cells, start=1):
            row = f"{place}, row {at}"
            happened, months = _event(event, row, faults), _time(time, per, row, faults)
            had.append(happened)
            times.append(np.nan if happened is None else months)
    if faults:
        raise InputError("The outcome columns are refused", faults[:20])
    return Observed(np.array(times, dtype=np.float64), np.array([bool(e) for e in had], dtype=bool))


def _event(text: str, place: str, faults: list[Fault]) -> bool | None:
    """`0`/`1`, yes/no, or the portal's `0:LIVING` and `1:DECEASED`; None if it says nothing."""
    if text.strip() in MISSING:
        return None
    found = EVENT_WORDS.get(text.partition(":")[0].strip().lower())
    if found is None:
        faults.append(Fault(place, "the event is neither 0 nor 1", "Write 0 (no event) or 1 (event)."))
    return found


def _time(text: str, per: float, place: str, faults: list[Fault]) -> float:
    if text.strip() in MISSING:
        return float("nan")
    number = float(text) / per if NUMBER.fullmatch(text) else -1.0
    if not 0 <= number <= 1200:
        faults.append(Fault(place, "the time is not a number of months or days", "Write digits, 0 or more."))
    return number


class Flow(Record):
    """How many patients were read, left out and used; those left out stand with the reason."""

    read: int
    no_outcome: int
    no_follow_up: int
    not_known: dict[str, int] = Field(default_factory=dict)
    used: int
    events: int
    events_by_horizon: int
    censored: int
    censored_before_horizon: int
    median_follow_up_months: int | None = None

    def sentences(self) -> tuple[str, ...]:
        """The same in words."""
        lost = [f"{n} without {marker}, which has to be known" for marker, n in self.not_known.items() if n]
        return (
            f"{self.read} patients read; {self.no_outcome} without outcome, "
            f"{self.no_follow_up} with a follow-up of 0",
            *lost,
            f"{self.used} used: {self.events} events ({self.events_by_horizon} by the horizon), "
            f"{self.censored} censored ({self.censored_before_horizon} of them before the horizon; "
            "they count while they are followed, and by weights at the horizon)",
            *self._follow_up(),
        )

    def _follow_up(self) -> tuple[str, ...]:
        months = self.median_follow_up_months
        return () if months is None else (f"median follow-up {months} months (reverse Kaplan-Meier)",)


def flow(
    seen: Observed, lost: Mapping[str, np.typing.NDArray[np.bool_]], horizon: float
) -> tuple[Flow, np.typing.NDArray[np.intp]]:
    """Count patients and name the rows that are used; each patient is left out for one reason."""
    nothing = np.isnan(seen.time)
    no_time = ~nothing & (seen.time == 0)
    usable = ~nothing & ~no_time
    not_known: dict[str, int] = {}
    for marker, mask in lost.items():
        not_known[marker] = int((usable & mask).sum())
        usable &= ~mask
    rows = np.flatnonzero(usable)
    kept = seen.take(rows)
    counted = Flow(
        read=len(seen),
        no_outcome=int(nothing.sum()),
        no_follow_up=int(no_time.sum()),
        not_known=not_known,
        used=rows.size,
        events=int(kept.event.sum()),
        events_by_horizon=int((kept.event & (kept.time <= horizon)).sum()),
        censored=int((~kept.event).sum()),
        censored_before_horizon=int((~kept.event & (kept.time < horizon)).sum()),
        median_follow_up_months=_median_follow_up(kept),
    )
    return counted, rows


def _median_follow_up(seen: Observed) -> int | None:
    """Whole months, so that they are no patient's own; None for labels, or if half were not yet censored."""
    if np.unique(seen.time).size <= 2:
        return None
    followed = kaplan_meier(seen.time, ~seen.event)
    past = np.flatnonzero(followed.survival <= 0.5)
    return round(float(followed.times[past[0]])) if past.size else None
