"""A decision as an Arrow table: one row a patient, as `layout` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cds.batch.layout import Layout
from cds.conditions import Mask
from cds.decision import Decision
from cds.intake.ids import array_of
from cds.ranking import ANSWERS, STATUSES

_STATUS_WORDS = pa.array([str(status) for status in STATUSES])
_ANSWER_WORDS = pa.array([str(answer) for answer in ANSWERS])
WORD = pa.dictionary(pa.int8(), pa.string())


def schema_of(layout: Layout) -> pa.Schema:
    """The columns of the ranking table."""
    fields = [("id", pa.string()), ("answer", WORD)]
    for policy in layout.policies:
        for _, status, points, rank in layout.fields(policy):
            fields += [(status, WORD), (points, pa.int16()), (rank, pa.int8())]
    mask = pa.binary(layout.mask_bytes)
    return pa.schema([*fields, ("fired", mask), ("unknown", mask), ("flags", pa.string())])


def table_of(decision: Decision, layout: Layout, flags: Mapping[int, str]) -> pa.Table:
    """The ranking table of a piece of a cohort; `flags` by row."""
    n = len(decision.cohort)
    columns: list[Any] = [array_of(decision.cohort.ids), _words(decision.answer, _ANSWER_WORDS)]
    for policy in layout.policies:
        ranking, plan = decision.rankings[policy], decision.plans[policy]
        for column in plan.rankable:
            columns.append(_words(ranking.status[column], _STATUS_WORDS))
            columns.append(pa.array(ranking.points[column].astype(np.int16)))
            columns.append(pa.array(ranking.rank[column]))
    columns += [packed(decision.truths.true), packed(decision.truths.unknown)]
    columns.append(
        pa.array([flags.get(row) for row in range(n)], pa.string()) if flags else pa.nulls(n, pa.string())
    )
    return pa.Table.from_arrays(columns, schema=schema_of(layout))


def _words(codes: NDArray[np.int8], words: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), words)


def packed(planes: Mask) -> pa.Array:
    """Rules x patients as one little-endian bit mask for each patient."""
    octets = np.zeros((-(-len(planes) // 8), planes.shape[1]), dtype=np.uint8)
    for bit, plane in enumerate(planes.view(np.uint8)):
        octets[bit // 8] |= plane << np.uint8(bit % 8)
    rows = np.ascontiguousarray(octets.T)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(len(octets)), len(rows), [None, pa.py_buffer(rows)])


def unpacked(mask: pa.Array, n: int) -> Mask:
    """The planes (bits x patients) of a column of masks."""
    width = mask.type.byte_width
    octets = np.frombuffer(mask.buffers()[1], dtype=np.uint8)[
        mask.offset * width : (mask.offset + len(mask)) * width
    ]
    bits = np.unpackbits(octets.reshape(len(mask), width), axis=1, bitorder="little", count=n)
    return np.ascontiguousarray(bits.T).astype(bool)
