"""A cohort file, part by part: patients as typed columns, refused rows with their reasons.

What makes the table doubtful refuses the file (InputError, nothing is ranked); what makes one
patient doubtful refuses the row. A number that reads as one in another unit (a percent as a
fraction, g/L as g/dL) counts as not known and is flagged; a whole column of them refuses the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cds.cohort import UNKNOWN, Cohort, Column, Drugs
from cds.errors import Fault, InputError
from cds.intake.column_reader import ColumnReader, Mark, MarkerColumn, Marks
from cds.intake.header import Header
from cds.intake.ids import Ids, look_plain
from cds.intake.patient_id import id_fault
from cds.intake.text_rows import TextRows
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker

EXCEL_NUMBER = re.compile(r"\d+(\.\d+)?E[+-]?\d+", re.ASCII | re.IGNORECASE)
FLAGS = {Mark.FRACTION: "fraction", Mark.UNUSUAL: "unusual", Mark.OTHER_UNIT: "other_unit"}


@dataclass(frozen=True)
class RefusedRow:
    """A reason why one row was not ranked."""

    line: int
    id: str
    column: str
    code: str
    problem: str
    remedy: str


@dataclass(frozen=True, eq=False)
class CohortPart:
    """A part of a file as patients: those accepted, their flags by row, and the rows refused.

    `ids` are those of all rows that were read. `slips` counts, for each column that could be in
    another unit, values that look so and others.
    """

    cohort: Cohort
    flags: Mapping[int, tuple[str, ...]]
    refused: tuple[RefusedRow, ...]
    ids: Ids
    slips: Mapping[str, tuple[int, int]]


def add_slips(slips: dict[str, tuple[int, int]], more: Mapping[str, tuple[int, int]]) -> None:
    """Count what looks like another unit, and the rest, of one more piece."""
    for column, (fractions, others) in more.items():
        before = slips.get(column, (0, 0))
        slips[column] = (before[0] + fractions, before[1] + others)


def check_slips(slips: Mapping[str, tuple[int, int]], name: str) -> None:
    """InputError if every value of a column looks like one in another unit (two values at least)."""
    faults = [
        Fault(f"{name}, column {column}", *_slipped(column, count))
        for column, (count, others) in sorted(slips.items())
        if count >= 2 and not others
    ]
    if faults:
        raise InputError("The cohort file is refused: a whole column in another unit", faults)


def _slipped(column: str, count: int) -> tuple[str, str]:
    """Problem and remedy of a column that is in another unit than its header says."""
    if column.endswith("(%)"):
        return f"all {count} values above 0 read as fractions", "Enter percent."
    return f"all {count} values read as ones in another unit", "Name the unit they are in, in the header."


class CohortReader:
    """Turns the rows of one file into patients, part by part."""

    def __init__(self, book: Rulebook, header: Header) -> None:
        """Nothing is read yet."""
        self._readers = [ColumnReader(book, column) for column in header.columns]

    def part(self, rows: TextRows) -> CohortPart:
        """The patients of one part."""
        flags: dict[int, list[str]] = {}
        refused: list[RefusedRow] = list(_look_at_ids(rows, flags))
        merged: dict[str, MarkerColumn] = {}
        slips: dict[str, tuple[int, int]] = {}
        for reader, texts in zip(self._readers, rows.columns, strict=True):
            column = reader.read(texts)
            if reader.marker.fraction_slip or reader.marker.other_units:
                slips[reader.column.name] = _slips(reader.marker, column)
            if column.marks is not None:
                refused += _note(reader, texts, column.marks, rows, flags)
            name = reader.marker.id
            if name in merged:
                column, twice = _merge(reader.marker, merged[name], column)
                refused += (_two_results(reader, rows, int(row)) for row in np.flatnonzero(twice))
            merged[name] = column
        return _accepted(rows, merged, flags, refused, slips)


def _slips(marker: Marker, column: MarkerColumn) -> tuple[int, int]:
    """How many values of a column look like ones in another unit, and how many do not."""
    mark = Mark.FRACTION if marker.fraction_slip else Mark.OTHER_UNIT
    slipped = 0 if column.marks is None else int(np.count_nonzero(column.marks == mark))
    # No percent tells whether 0 is a fraction.
    sound = column.values > 1 if marker.fraction_slip else column.values == column.values
    return slipped, int(np.count_nonzero(sound))


def _note(
    reader: ColumnReader, texts: pa.ChunkedArray, marks: Marks, rows: TextRows, flags: dict[int, list[str]]
) -> list[RefusedRow]:
    """Flag what looks odd; returns what is refused."""
    for mark, word in FLAGS.items():
        for row in np.flatnonzero(marks == mark).tolist():
            flags.setdefault(row, []).append(f"{word}:{reader.marker.id}")
    return [
        _refusal(reader, texts[row].as_py(), rows, row)
        for row in np.flatnonzero(marks == Mark.REFUSED).tolist()
    ]


def _refusal(reader: ColumnReader, text: str, rows: TextRows, row: int) -> RefusedRow:
    why = reader.refusal(text)
    line, name = int(rows.lines[row]), rows.ids[row]
    return RefusedRow(line, name, reader.column.name, why.code, why.problem, why.remedy)


def _two_results(reader: ColumnReader, rows: TextRows, row: int) -> RefusedRow:
    problem = f"{reader.marker.id} is given in two columns"
    return RefusedRow(
        int(rows.lines[row]), rows.ids[row], reader.column.name, "two_results", problem, "Keep one of them."
    )


def _look_at_ids(rows: TextRows, flags: dict[int, list[str]]) -> Iterable[RefusedRow]:
    """Refuse ids that can't be used; flag those that look like numbers (Excel makes them so)."""
    for row in np.flatnonzero(~look_plain(rows.ids)).tolist():
        name = rows.ids[row]
        fault = id_fault(name)
        if fault:
            yield RefusedRow(int(rows.lines[row]), name, "id", *fault)
        elif EXCEL_NUMBER.fullmatch(name):
            flags.setdefault(row, []).append("id_like_number")


def _merge(
    marker: Marker, first: MarkerColumn, second: MarkerColumn
) -> tuple[MarkerColumn, NDArray[np.bool_]]:
    """One marker from two columns (two units); where both are known it is two results."""
    known = [_known(marker, column.values) for column in (first, second)]
    values = np.where(known[0], first.values, second.values).astype(first.values.dtype)
    return MarkerColumn(values, None, first.drug_lists), known[0] & known[1]


def _known(marker: Marker, values: Column) -> NDArray[np.bool_]:
    return ~np.isnan(values) if marker.type == "number" else values != UNKNOWN


def _accepted(
    rows: TextRows,
    merged: Mapping[str, MarkerColumn],
    flags: Mapping[int, list[str]],
    refused: list[RefusedRow],
    slips: Mapping[str, tuple[int, int]],
) -> CohortPart:
    columns = {name: column.values for name, column in merged.items()}
    lists: dict[str, tuple[Drugs, ...]] = {name: c.drug_lists for name, c in merged.items() if c.drug_lists}
    if not refused:
        return CohortPart(Cohort(rows.ids, columns, lists), _frozen(flags), (), rows.ids, slips)
    keep = ~np.isin(rows.lines, [row.line for row in refused])
    position = np.cumsum(keep) - 1
    kept_flags = {int(position[row]): found for row, found in flags.items() if keep[row]}
    columns = {name: column[keep] for name, column in columns.items()}
    ordered = tuple(sorted(refused, key=lambda row: (row.line, row.column)))
    accepted = Cohort(rows.ids.kept(keep), columns, lists)
    return CohortPart(accepted, _frozen(kept_flags), ordered, rows.ids, slips)


def _frozen(flags: Mapping[int, list[str]]) -> dict[int, tuple[str, ...]]:
    return {row: tuple(sorted(found)) for row, found in flags.items()}
