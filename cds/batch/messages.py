"""Messages between a run and its helpers: a head in JSON, and bodies of plain bytes.

Nothing here is a pickle: what comes in is read as JSON, Arrow or numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import IO, Any, NamedTuple

import numpy as np
import pyarrow as pa

from cds.batch.ranked_part import RankedPart
from cds.intake.cohort_file import RefusedRow

_SIZE = 8


class Message(NamedTuple):
    """What was said, and the bytes that belong to it."""

    head: dict[str, Any]
    bodies: list[bytes]


def send(stream: IO[bytes], head: dict[str, Any], bodies: Sequence[Any] = ()) -> None:
    """Write a message; a body is anything that holds bytes."""
    said = json.dumps(head | {"sizes": [memoryview(body).nbytes for body in bodies]}).encode()
    for part in (len(said).to_bytes(_SIZE, "big"), said, *bodies):
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Read a message; None where the other side has gone, also in the middle of one."""
    size = stream.read(_SIZE)
    if len(size) < _SIZE:
        return None
    try:
        head = json.loads(stream.read(int.from_bytes(size, "big")))
    except ValueError:
        return None
    sizes = head.pop("sizes")
    bodies = [stream.read(size) for size in sizes]
    return Message(head, bodies) if [len(body) for body in bodies] == sizes else None


def packed(part: RankedPart) -> tuple[dict[str, Any], list[Any]]:
    """A ranked part as head and bodies."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, part.table.schema) as writer:
        writer.write_table(part.table)
    head = {
        "counts": part.counts,
        "slips": part.slips,
        "refused": [asdict(row) for row in part.refused],
    }
    return head, [sink.getvalue(), part.hashes]


def unpacked(message: Message) -> RankedPart:
    """A ranked part as it was packed."""
    head, (table, hashes) = message
    return RankedPart(
        table=pa.ipc.open_stream(table).read_all(),
        refused=tuple(RefusedRow(**row) for row in head["refused"]),
        slips={column: (fractions, others) for column, (fractions, others) in head["slips"].items()},
        hashes=np.frombuffer(hashes, dtype=np.uint64),
        counts=head["counts"],
    )
