"""What a named risk model says of a cohort: a table beside the ranking, which stays as it is.

One row for each ranked patient, in the ranking's order. A prognostic model gives `percent` with
its 95 % limits. A per-option model gives them for each option that is ranked under some policy,
with its bounded points, whether these count, and each policy's order without and with them. Where
the model does not speak cells are empty and `abstains` holds the reasons by code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cds.batch.layout import Layout
from cds.batch.output_folder import disk
from cds.batch.readable import neutral_ids, order_of
from cds.batch.results import SEPARATOR, WORD
from cds.batch.stamp import Stamp
from cds.batch.summary import Counts, add
from cds.comparison.counted import CODES, counted
from cds.comparison.with_model import head_of, seen_by
from cds.conditions import Mask
from cds.decision import Decision, decide
from cds.intake.assumptions import Assumptions
from cds.intake.cohort_file import CohortPart
from cds.intake.ids import array_of
from cds.ranking import with_points
from cds.risk.declaration import Points
from cds.risk.model import Predictions, RiskModel
from cds.risk.option_model import bounded_points
from cds.risk.patients import Floats
from cds.rulebook.book import Rulebook

#: A model is asked for this many patients at a time: its refits need room.
ROWS = 8_192
PER_PATIENT = {"abstains", "estimates", "policies", "not_counted"}
_CODE_WORDS = pa.array(CODES)
Columns = dict[str, pa.Array]


@dataclass(frozen=True, eq=False)
class Risks:
    """A model (`pinned`: named with its version) over the cohorts of one rulebook and layout."""

    model: RiskModel
    pinned: bool
    book: Rulebook
    layout: Layout

    @cached_property
    def head(self) -> dict[str, Any]:
        """What the model says of itself, for `run.json`."""
        return head_of(self.model, self.pinned).model_dump(mode="json", exclude=PER_PATIENT)

    def table_of(self, decision: Decision) -> tuple[pa.Table, Counts]:
        """The rows of a decided piece of a cohort, and what they add up to."""
        rule = self.model.declaration.points
        patients = seen_by(self.model, decision, self.book)
        if rule is None:
            found = self.model.predict_all(patients)
            columns, counts = _figures(found), _counts(found.speaks, found.reasons)
            columns |= {"abstains": _joined(found.reasons), "flags": _joined({"saturated": found.saturated})}
        else:
            columns, counts = self._by_option(decision, rule)
        name = pa.array([self.model.manifest.name] * len(patients), pa.string())
        return pa.table({"id": array_of(decision.cohort.ids), "model": name, **columns}), counts

    def _by_option(self, decision: Decision, rule: Points) -> tuple[Columns, Counts]:
        patients = seen_by(self.model, decision, self.book)
        row_of = {option.id: row for row, option in enumerate(self.book.options)}
        found: dict[str, Predictions] = {}
        columns: Columns = {}
        reasons: dict[str, Mask] = {}
        points = np.zeros((len(row_of), len(patients)), dtype=np.int32)
        speaks = np.zeros(points.shape, dtype=bool)
        for option in rule.options:
            row = row_of[option]
            asked = np.logical_or.reduce([ranking.ranked[row] for ranking in decision.rankings.values()])
            found[option] = said = self.model.predict_all(patients.receiving(option)).of(asked)
            points[row], speaks[row] = self._points(said.percent, rule), said.speaks
            columns |= _figures(said, f"{option}_")
            columns[f"{option}_points"] = pa.array(points[row].astype(np.int8), mask=~said.speaks)
            for code, where in said.reasons.items():
                reasons[code] = reasons.get(code, False) | where
        near = {f"saturated:{option}": said.saturated for option, said in found.items()}
        columns |= {"abstains": _joined(reasons), "flags": _joined(near)}
        more, changes = self._orders(decision, rule, speaks, points)
        return columns | more, _counts(np.asarray(speaks.any(axis=0)), reasons) | {"order_changes": changes}

    def _points(self, percent: Floats, rule: Points) -> NDArray[np.int32]:
        """Bounded points of each figure, 0 where there is none."""
        reference = self.model.manifest.reference_percent
        values, which = np.unique(percent, return_inverse=True)
        known = [
            0 if np.isnan(value) or reference is None else bounded_points(value, reference, rule.per_percent)
            for value in values.tolist()
        ]
        return np.array(known, dtype=np.int32)[which]

    def _orders(
        self, decision: Decision, rule: Points, speaks: Mask, points: NDArray[np.int32]
    ) -> tuple[Columns, Counts]:
        """Each policy's order without and with the model, and in how many patients they differ."""
        columns: Columns = {}
        changes: Counts = {}
        gives = speaks & (self.model.manifest.reference_percent is not None)
        for name in self.layout.policies:
            plan, ranking = decision.plans[name], decision.rankings[name]
            codes = counted(plan, ranking, rule, self.pinned, speaks, gives)
            with_ = with_points(plan, ranking, np.where(codes == CODES.index("yes"), points, 0))
            rows = list(plan.rankable)
            options = [plan.options[row].id for row in rows]
            for suffix, ranked in (("order", ranking), ("order_with", with_)):
                columns[f"{name}_{suffix}"] = order_of(options, ranked.rank[rows]).to_arrow()
            for option, row in zip(options, rows, strict=True):
                columns[f"{name}_{option}_counted"] = _words(codes[row])
            changes[name] = int((ranking.rank != with_.rank).any(axis=0).sum())
        return columns, changes


def _figures(found: Predictions, prefix: str = "") -> Columns:
    parts = {"percent": found.percent, "low": found.low, "high": found.high}
    return {f"{prefix}{name}": pa.array(part, mask=np.isnan(part)) for name, part in parts.items()}


def _words(codes: NDArray[np.int8]) -> pa.Array:
    none = codes == 0
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=none), _CODE_WORDS).cast(WORD)


def _joined(reasons: Mapping[str, Mask]) -> pa.Array:
    """The codes that hold for each patient, as one text; null where none does."""
    masks = np.array(list(reasons.values())).T
    kinds, which = np.unique(masks, axis=0, return_inverse=True)
    texts = [SEPARATOR.join(np.array(list(reasons))[kind]) or None for kind in kinds]
    return pa.array(texts, pa.string()).take(pa.array(which.reshape(-1)))


def _counts(speaks: Mask, reasons: Mapping[str, Mask]) -> Counts:
    abstains = {code: int(where.sum()) for code, where in reasons.items() if where.any()}
    return {"with_a_figure": int(speaks.sum()), "abstains": abstains}


# --- the file -----------------------------------------------------------------------------------


def decided(
    parts: Iterable[CohortPart], risks: Risks, assumptions: Assumptions | None, done: Callable[[int], None]
) -> Iterator[Decision]:
    """The patients that were read, decided anew; `done` is told how many so far."""
    count = 0
    for part in parts:
        for start in range(0, max(1, len(part.cohort)), ROWS):
            cohort = part.cohort.part(start, start + ROWS)
            if assumptions is not None:
                cohort = assumptions.fill(cohort, risks.book)
            yield decide(cohort, risks.book, risks.layout.policies)
            count += len(cohort)
        done(count)


def write(path: Path, risks: Risks, decisions: Iterable[Decision], stamp: Stamp) -> Counts:
    """Write the risks of a cohort, decided piece by piece, in the format the suffix names."""
    counts: list[Counts] = []

    def tables() -> Iterator[pa.Table]:
        for decision in decisions:
            table, more = risks.table_of(decision)
            counts.append(more)
            yield table

    (_write_parquet if path.suffix == ".parquet" else _write_text)(path, tables(), stamp)
    return reduce(add, counts, {})


def _write_parquet(path: Path, tables: Iterator[pa.Table], stamp: Stamp) -> None:
    first = next(tables)
    schema = first.schema.with_metadata(stamp.metadata)
    with disk():
        writer = pq.ParquetWriter(path, schema)
    with closing(writer):
        for table in chain([first], tables):
            with disk():
                writer.write_table(table.cast(schema))


def _write_text(path: Path, tables: Iterator[pa.Table], stamp: Stamp) -> None:
    said = [pl.lit(stamp.research_only).alias("notice"), pl.lit(stamp.line).alias("rulebook")]
    with disk():
        file = path.open("wb", buffering=0)
    with file:
        for table in tables:
            frame = cast(pl.DataFrame, pl.from_arrow(table)).with_columns(said)
            with disk():
                if path.suffix == ".jsonl":
                    frame.write_ndjson(file)
                else:
                    frame = frame.with_columns(neutral_ids(frame["id"]))
                    frame.write_csv(file, include_header=file.tell() == 0, line_terminator="\r\n")
