"""A decision as an Arrow table: one row a patient, as `layout` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cds.batch.layout import Layout, nested_parts, octets
from cds.conditions import Mask
from cds.decision import Decision
from cds.intake.ids import array_of
from cds.ranking import STATUSES

_STATUS_WORDS = pa.array([str(status) for status in STATUSES])
WORD = pa.dictionary(pa.int8(), pa.string())
SEPARATOR = ";"
#: Begins the flag of a marker whose entered and derived values differ.
CONFLICT = "conflict:"
#: What looks odd in the input, by row. Not any sequence: a text is one too.
Flags = Mapping[int, tuple[str, ...]]


def schema_of(layout: Layout) -> pa.Schema:
    """The columns of the ranking table."""
    fields = [("id", pa.string()), ("answer", WORD)]
    for policy in layout.policies:
        for _, status, points, rank in layout.fields(policy):
            fields += [(status, WORD), (points, pa.int16()), (rank, pa.int8())]
    fields += [(name, pa.binary(size)) for name, size in layout.masks.items()]
    return pa.schema([*fields, ("flags", pa.string())])


def table_of(decision: Decision, layout: Layout, flags: Flags) -> pa.Table:
    """The ranking table of a piece of a cohort; `flags` by row."""
    n = len(decision.cohort)
    columns: list[Any] = [array_of(decision.cohort.ids), _words(decision.answer, pa.array(layout.answers))]
    for policy in layout.policies:
        ranking, plan = decision.rankings[policy], decision.plans[policy]
        for column in plan.rankable:
            columns.append(_words(ranking.status[column], _STATUS_WORDS))
            columns.append(pa.array(ranking.points[column].astype(np.int16)))
            columns.append(pa.array(ranking.rank[column]))
    columns += [packed(planes, n) for planes in _planes(decision)]
    columns.append(_flags(decision, flags, n))
    return pa.Table.from_arrays(columns, schema=schema_of(layout))


def _words(codes: NDArray[np.int8], words: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), words)


def _planes(decision: Decision) -> Iterator[Sequence[Mask]]:
    """The planes of each mask, in the order of the layout."""
    book, evaluator = decision.book, decision.states.evaluator
    yield list(decision.truths.true)
    yield list(decision.truths.unknown)
    yield [evaluator.missing(marker.id) for marker in book.markers]
    yield [evaluator.truth(part).unknown for part in nested_parts(book)]


def _flags(decision: Decision, flags: Flags, n: int) -> pa.Array:
    """What looks odd: flags of the input, and where an entered and a derived value differ."""
    found: dict[int, list[str]] = {row: list(said) for row, said in flags.items()}
    for marker, where in decision.states.conflicts.items():
        for row in np.flatnonzero(where).tolist():
            found.setdefault(row, []).append(f"{CONFLICT}{marker}")
    if not found:
        return pa.nulls(n, pa.string())
    texts = {row: SEPARATOR.join(sorted(said)) for row, said in found.items()}
    return pa.array([texts.get(row) for row in range(n)], pa.string())


def packed(planes: Sequence[Mask], n: int) -> pa.Array:
    """Planes (one for each bit) as one little-endian bit mask for each of `n` patients."""
    bytes_ = np.zeros((octets(len(planes)), n), dtype=np.uint8)
    for bit, plane in enumerate(planes):
        bytes_[bit // 8] |= plane.view(np.uint8) << np.uint8(bit % 8)
    rows = np.ascontiguousarray(bytes_.T)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(len(bytes_)), n, [None, pa.py_buffer(rows)])


def octets_of(mask: pa.Array) -> NDArray[np.uint8]:
    """A mask column as patients x bytes."""
    width = mask.type.byte_width
    octets = np.frombuffer(mask.buffers()[1], dtype=np.uint8)
    return octets[mask.offset * width : (mask.offset + len(mask)) * width].reshape(len(mask), width)


def unpacked(mask: pa.Array, bits: int) -> Mask:
    """The planes (bits x patients) of a mask column."""
    planes = np.unpackbits(octets_of(mask), axis=1, bitorder="little", count=bits)
    return np.ascontiguousarray(planes.T).astype(bool)
