"""Patient ids by the million: one Arrow array, turned into text only where somebody looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Offsets = NDArray[np.int32]


class Ids(Sequence[str]):
    """A sequence of ids held by Arrow."""

    def __init__(self, array: pa.Array) -> None:
        """Keep the array."""
        self.array = array

    def __len__(self) -> int:
        """How many there are."""
        return len(self.array)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Ids: ...

    def __getitem__(self, at: int | slice) -> str | Ids:
        """One id as text, or a run of them."""
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            return Ids(self.array[start:stop:step])
        return str(self.array[int(at)])

    def kept(self, mask: NDArray[np.bool_]) -> Ids:
        """The ids where the mask is true."""
        return Ids(self.array.filter(pa.array(mask)))

    def parts(self) -> tuple[Octets, Offsets]:
        """The bytes of all ids, and where each starts (and the last ends)."""
        offsets = np.frombuffer(self.array.buffers()[1], dtype=np.int32)
        offsets = offsets[self.array.offset : self.array.offset + len(self) + 1]
        return np.frombuffer(self.array.buffers()[2] or b"", dtype=np.uint8), offsets


def ids_of(texts: Iterable[str]) -> Ids:
    """Ids from text."""
    return Ids(pa.array(list(texts), pa.string()))


def array_of(ids: Sequence[str]) -> pa.Array:
    """Ids as an Arrow array."""
    return ids.array if isinstance(ids, Ids) else pa.array(ids, pa.string())


def look_plain(ids: Ids) -> NDArray[np.bool_]:
    """Where an id is a letter and up to 79 more printable ASCII characters; others need a closer look."""
    octets, offsets = ids.parts()
    used = octets[offsets[0] : offsets[-1]] if len(octets) else octets
    if not ((used >= 0x20) & (used < 0x7F)).all():
        return np.zeros(len(ids), dtype=bool)
    sizes = np.diff(offsets)
    first = (
        octets[np.minimum(offsets[:-1], max(len(octets) - 1, 0))]
        if len(octets)
        else np.zeros(len(ids), np.uint8)
    )
    letter = first | 0x20
    return np.asarray((sizes > 0) & (sizes <= 80) & (letter >= ord("a")) & (letter <= ord("z")))
