"""A table of follow-up beside a cohort: read strictly, and made into curves by predicted risk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cds.comparison.with_model import seen_by
from cds.decision import decide
from cds.errors import Fault, InputError
from cds.intake.table import Faults, Row, StrictReader, TooManyFaults, check_start
from cds.report.cohort.patients import RunPatients
from cds.report.cohort.survival import EVENTS, FEWEST, Survival
from cds.risk.metrics import Observed
from cds.risk.model import RiskModel
from cds.risk.outcome import Outcome, read_outcomes
from cds.risk.summaries import by_risk
from cds.rulebook.book import Rulebook

COLUMNS = ("id", "time", "event")
MAX_BYTES = 50_000_000
#: How the cells of a table of follow-up are read; what the event is, the model says.
_CELLS = Outcome(
    kind="overall_survival",
    event_words="event",
    counted_from="start",
    horizon_months=1,
    time="time",
    event="event",
)


def survival_of(patients: RunPatients, path: Path, model: RiskModel, book: Rulebook) -> Survival:
    """Curves by thirds of the risk that the model predicts; InputError if the table is doubtful."""
    ids = tuple(name for piece in patients.pieces for name in piece.ids)
    seen, outcome = read_follow_up(path, ids), model.declaration.outcome
    risk = _risk(patients, model, book)
    known, speaks = np.isfinite(seen.time), np.isfinite(risk)
    rows = np.flatnonzero(known & speaks)
    used = seen.take(rows)
    events = int(used.event.sum())
    enough = len(rows) >= FEWEST and events >= EVENTS
    curves = tuple(by_risk(used, risk[rows], outcome.horizon_months)) if enough else ()
    declared = model.declaration
    return Survival(
        model=f"{declared.id} {declared.version}",
        outcome=f"{outcome.event_words}, counted from {outcome.counted_from}",
        curves=curves,
        used=len(rows),
        events=events,
        no_follow_up=int((~known).sum()),
        silent=int((known & ~speaks).sum()),
    )


def _risk(patients: RunPatients, model: RiskModel, book: Rulebook) -> NDArray[np.float64]:
    """Predicted risk of each patient, 0 to 1; NaN where the model does not speak."""
    found = [
        model.predict_all(seen_by(model, decide(piece, book, ()), book), in_population=True).percent
        for piece in patients.pieces
    ]
    return np.asarray(np.concatenate([np.zeros(0), *found]) / 100, dtype=np.float64)


def read_follow_up(path: Path, ids: Sequence[str]) -> Observed:
    """Follow-up in months in the order of `ids`, NaN for who is not in the table.

    The table is a CSV `id,time,event`: months, and 0 or 1. InputError lists every fault.
    """
    rows = _rows(path)
    place = {name: at for at, name in enumerate(ids)}
    names = [row.cells[0] for row in rows]
    faults = [
        Fault(f"{path.name}:{row.line}", "no ranked patient has this id", "Take the row out.")
        for row in rows
        if row.cells[0] not in place
    ]
    if len(set(names)) < len(names):
        faults.append(Fault(path.name, "two rows have the same id", "Keep one."))
    if faults:
        raise InputError("The follow-up is refused", faults[:20])
    columns = {name: [row.cells[at] for row in rows] for at, name in enumerate(COLUMNS)}
    read = read_outcomes(_CELLS, columns, path.name)
    time, event = np.full(len(ids), np.nan), np.zeros(len(ids), dtype=bool)
    where = [place[name] for name in names]
    time[where], event[where] = read.time, read.event
    return Observed(time, event)


def _rows(path: Path) -> list[Row]:
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        fault = Fault(path.name, "is no file, or over 50 MB", "Name a CSV with id, time and event.")
        raise InputError("The follow-up is refused", [fault])
    raw, faults = path.read_bytes(), Faults(path.name)
    rows: list[Row] = []
    with suppress(TooManyFaults):
        rows = list(StrictReader(faults).rows(raw[check_start(raw[:64], path.name) :], is_last=True))
    faults.raise_if_any()
    if not rows or tuple(rows[0].cells) != COLUMNS:
        fault = Fault(f"{path.name}:1", f"the header is not {','.join(COLUMNS)}", "Time is in months.")
        raise InputError("The follow-up is refused", [fault])
    return rows[1:]
