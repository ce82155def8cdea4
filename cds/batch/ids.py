"""Ids that stand twice, found among millions with eight bytes for each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cds.errors import Fault, InputError
from cds.intake.ids import Ids
from cds.intake.patient_id import stands_twice
from cds.intake.table import MAX_FAULTS
from cds.intake.text_rows import TextRows

Hashes = NDArray[np.uint64]
_WORD, _ODD, _MIX = 8, 0x9E3779B97F4A7C15, np.uint64(0xD6E8FEB86659FD93)
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_WORD + 1)], dtype=np.uint64)


def hashes_of(ids: Ids) -> Hashes:
    """One number for each id; equal ids have equal numbers, in every run."""
    octets, offsets = ids.parts()
    padded = octets.tobytes() + b"\0" * _WORD
    words = np.ndarray((len(padded) - _WORD + 1,), "<u8", padded, strides=(1,))
    start, size = offsets[:-1].astype(np.int64), np.diff(offsets)
    total = size.astype(np.uint64)
    for number in range(-(-int(size.max(initial=0)) // _WORD)):
        rest = np.clip(size - _WORD * number, 0, _WORD)
        word = words[np.minimum(start + _WORD * number, len(words) - 1)] & _MASKS[rest]
        total += (word ^ (word >> np.uint64(29))) * np.uint64(pow(_ODD, number + 1, 1 << 64) | 1)
    return (total ^ (total >> np.uint64(32))) * _MIX


def suspects(parts: Iterable[Hashes]) -> frozenset[int]:
    """Hashes that occur twice; nearly always because an id does."""
    every = np.concatenate([np.empty(0, dtype=np.uint64), *parts])
    every.sort()
    return frozenset(every[1:][every[1:] == every[:-1]].tolist())


def refuse_twice(name: str, suspected: frozenset[int], parts: Iterable[TextRows]) -> None:
    """InputError with both lines of every id that stands twice; reads the file once more."""
    wanted = np.array(sorted(suspected), dtype=np.uint64)
    first: dict[str, int] = {}
    faults: list[Fault] = []
    for rows in parts:
        for row in np.flatnonzero(np.isin(hashes_of(rows.ids), wanted)).tolist():
            line = int(rows.lines[row])
            known = first.setdefault(rows.ids[row], line)
            if known != line and rows.ids[row].strip():
                faults.append(stands_twice(name, line, known))
    if faults:
        count, more = len(faults), " (only the first are shown)" if len(faults) > MAX_FAULTS else ""
        title = f"The cohort file is refused: {count} id{'s stand' if count > 1 else ' stands'} twice{more}"
        raise InputError(title, faults[:MAX_FAULTS])
