"""A cohort file, piece by piece: patients as typed columns, refused rows with their reasons.

What makes the table doubtful refuses the file (InputError, nothing is ranked); what makes one
patient doubtful refuses the row. A number that reads as one in another unit (a percent as a
fraction, g/L as g/dL) counts as not known and is flagged; a whole column of them refuses the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.cohort import UNKNOWN, Cohort, Column, Drugs
from cds.errors import Fault, InputError
from cds.intake.cells import CellReader, Cells, Mark, Marks
from cds.intake.header import Header
from cds.intake.ids import Ids, look_plain
from cds.intake.lexicon import Codes, Lexicon
from cds.intake.patient_id import id_fault
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker

EXCEL_NUMBER = re.compile(r"\d+(\.\d+)?E[+-]?\d+", re.ASCII | re.IGNORECASE)
FLAGS = {Mark.FRACTION: "fraction", Mark.UNUSUAL: "unusual", Mark.OTHER_UNIT: "other_unit"}
Lines = NDArray[np.int64]


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
class Table:
    """A piece of a file: ids, for each column of the header the codes of its texts, and lines."""

    ids: Ids
    codes: Codes
    lines: Lines


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
    """Turns pieces of text into patients; keeps what concerns the whole file."""

    def __init__(self, book: Rulebook, header: Header, lexicons: Sequence[Lexicon]) -> None:
        """`lexicons` are those of the header's columns."""
        pairs = zip(header.columns, lexicons, strict=True)
        self._readers = [CellReader(book, column, lexicon) for column, lexicon in pairs]

    def part(self, table: Table) -> CohortPart:
        """The patients of one part."""
        flags: dict[int, list[str]] = {}
        refused: list[RefusedRow] = list(_look_at_ids(table, flags))
        merged: dict[str, Cells] = {}
        slips: dict[str, tuple[int, int]] = {}
        for reader, codes in zip(self._readers, table.codes, strict=True):
            cells = reader.read(codes)
            if reader.marker.fraction_slip or reader.marker.other_units:
                slips[reader.column.name] = _slips(reader.marker, cells)
            if cells.marks is not None:
                refused += _note(reader, codes, cells.marks, table, flags)
            name = reader.marker.id
            if name in merged:
                cells, twice = _merge(reader.marker, merged[name], cells)
                refused += (_two_results(reader, table, int(row)) for row in np.flatnonzero(twice))
            merged[name] = cells
        return _accepted(table, merged, flags, refused, slips)


def _slips(marker: Marker, cells: Cells) -> tuple[int, int]:
    """How many values of a column look like ones in another unit, and how many do not."""
    mark = Mark.FRACTION if marker.fraction_slip else Mark.OTHER_UNIT
    slipped = 0 if cells.marks is None else int(np.count_nonzero(cells.marks == mark))
    # No percent tells whether 0 is a fraction.
    sound = cells.values > 1 if marker.fraction_slip else cells.values == cells.values
    return slipped, int(np.count_nonzero(sound))


def _note(
    reader: CellReader, codes: Codes, marks: Marks, table: Table, flags: dict[int, list[str]]
) -> list[RefusedRow]:
    """Flag what looks odd; returns what is refused."""
    for mark, word in FLAGS.items():
        for row in np.flatnonzero(marks == mark).tolist():
            flags.setdefault(row, []).append(f"{word}:{reader.marker.id}")
    return [
        _refusal(reader, int(codes[row]), table, row)
        for row in np.flatnonzero(marks == Mark.REFUSED).tolist()
    ]


def _refusal(reader: CellReader, code: int, table: Table, row: int) -> RefusedRow:
    why = reader.refusal(code)
    line, name = int(table.lines[row]), table.ids[row]
    return RefusedRow(line, name, reader.column.name, why.code, why.problem, why.remedy)


def _two_results(reader: CellReader, table: Table, row: int) -> RefusedRow:
    problem = f"{reader.marker.id} is given in two columns"
    return RefusedRow(
        int(table.lines[row]), table.ids[row], reader.column.name, "two_results", problem, "Keep one of them."
    )


def _look_at_ids(table: Table, flags: dict[int, list[str]]) -> Iterable[RefusedRow]:
    """Refuse ids that can't be used; flag those that look like numbers (Excel makes them so)."""
    for row in np.flatnonzero(~look_plain(table.ids)).tolist():
        name = table.ids[row]
        fault = id_fault(name)
        if fault:
            yield RefusedRow(int(table.lines[row]), name, "id", *fault)
        elif EXCEL_NUMBER.fullmatch(name):
            flags.setdefault(row, []).append("id_like_number")


def _merge(marker: Marker, first: Cells, second: Cells) -> tuple[Cells, NDArray[np.bool_]]:
    """One marker from two columns (two units); where both are known it is two results."""
    known = [_known(marker, cells.values) for cells in (first, second)]
    values = np.where(known[0], first.values, second.values).astype(first.values.dtype)
    return Cells(values, None, first.drug_lists), known[0] & known[1]


def _known(marker: Marker, values: Column) -> NDArray[np.bool_]:
    return ~np.isnan(values) if marker.type == "number" else values != UNKNOWN


def _accepted(
    table: Table,
    merged: Mapping[str, Cells],
    flags: Mapping[int, list[str]],
    refused: list[RefusedRow],
    slips: Mapping[str, tuple[int, int]],
) -> CohortPart:
    columns = {name: cells.values for name, cells in merged.items()}
    lists: dict[str, tuple[Drugs, ...]] = {name: c.drug_lists for name, c in merged.items() if c.drug_lists}
    if not refused:
        return CohortPart(Cohort(table.ids, columns, lists), _frozen(flags), (), table.ids, slips)
    lines = {row.line for row in refused}
    keep = np.array([line not in lines for line in table.lines.tolist()], dtype=bool)
    position = np.cumsum(keep) - 1
    kept_flags = {int(position[row]): found for row, found in flags.items() if keep[row]}
    columns = {name: column[keep] for name, column in columns.items()}
    ordered = tuple(sorted(refused, key=lambda row: (row.line, row.column)))
    accepted = Cohort(table.ids.kept(keep), columns, lists)
    return CohortPart(accepted, _frozen(kept_flags), ordered, table.ids, slips)


def _frozen(flags: Mapping[int, list[str]]) -> dict[int, tuple[str, ...]]:
    return {row: tuple(sorted(found)) for row, found in flags.items()}
