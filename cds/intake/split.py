"""The fast way to split clean CSV: bytes to codes, a block of whole lines at a time.

A block is clean if it holds no quote, no NUL, no carriage return but at line ends, is UTF-8, and
every line has as many cells as the header. On such a block RFC 4180 says no more than "split at
commas and line feeds", which is done here for all cells at once; any other block is left to
`table.StrictReader`. Tests hold the two ways against each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cds.intake.ids import Ids, ids_at
from cds.intake.lexicon import Codes, Lexicon
from cds.intake.table import MAX_CELL
from cds.intake.text_table import PAD, TextTable

COMMA, LINE_FEED = 44, 10


class Grid(NamedTuple):
    """Where the cells of a clean block start, and their sizes; both are columns x rows."""

    padded: bytes
    starts: NDArray[np.int32]
    sizes: NDArray[np.int32]


class Split(NamedTuple):
    """A clean block: ids, and columns x rows of codes."""

    ids: Ids
    codes: Codes


class Splitter:
    """Splits clean blocks of one file; remembers the texts it has seen."""

    def __init__(self, width: int, id_at: int, wanted: list[int], lexicons: list[Lexicon]) -> None:
        """`wanted` are the positions of the columns whose cells are looked up, one lexicon each."""
        self._width, self._id_at, self._wanted = width, id_at, wanted
        self._table = TextTable(lexicons)

    def forget(self) -> None:
        """Start anew, the lexicons too."""
        self._table.forget()

    def split(self, block: bytes) -> Split | None:
        """Ids and codes of a block; None if it is not clean."""
        grid = grid_of(block, self._width)
        if grid is None:
            return None
        starts, sizes = grid.starts[self._wanted], grid.sizes[self._wanted]
        is_filled = sizes != 0
        filled = np.flatnonzero(is_filled)
        column = np.repeat(np.arange(len(sizes), dtype=np.int32), np.count_nonzero(is_filled, axis=1))
        codes = np.zeros(sizes.shape, dtype=np.int32)
        codes.ravel()[filled] = self._table.look_up(
            grid.padded, starts.ravel()[filled], sizes.ravel()[filled], column
        )
        octets = np.frombuffer(grid.padded, dtype=np.uint8)
        ids = ids_at(octets, grid.starts[self._id_at], grid.sizes[self._id_at])
        return Split(ids, codes)


def grid_of(block: bytes, width: int) -> Grid | None:
    """The cells of a block; None if the block is not clean."""
    if b'"' in block or b"\0" in block:
        return None
    if b"\r" in block:
        if block.count(b"\r") != block.count(b"\r\n") or block.endswith(b"\r"):
            return None
        block = block.replace(b"\r\n", b"\n")
    if not block.endswith(b"\n"):
        block += b"\n"
    if not (block.isascii() or _is_utf8(block)):
        return None
    octets = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero((octets == COMMA) | (octets == LINE_FEED))
    rows = block.count(b"\n")
    if len(ends) != rows * width or not (octets[ends[width - 1 :: width]] == LINE_FEED).all():
        return None
    stops = np.ascontiguousarray(ends.astype(np.int32).reshape(rows, width).T)
    starts = np.empty_like(stops)
    starts[1:] = stops[:-1] + 1
    starts[0, 0], starts[0, 1:] = 0, stops[-1, :-1] + 1
    sizes = stops - starts
    return Grid(block + b"\0" * PAD, starts, sizes) if sizes.max() <= MAX_CELL else None


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
