"""The fast way to split clean CSV: bytes to codes, a block of whole lines at a time.

A block is clean if it holds no quote, no NUL, no carriage return but at line ends, is UTF-8, and
every line has as many cells as the header. On such a block RFC 4180 says no more than "split at
commas and line feeds", which is done here for all cells at once; any other block is left to
`table.StrictReader`. Tests hold the two ways against each other.

A cell becomes the number of its text in the column's lexicon. Texts of up to 8 bytes are their own
key (there is no NUL, so padding is unambiguous); longer ones are found by a hash and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cds.intake.lexicon import Codes, Lexicon
from cds.intake.table import MAX_CELL

Words = NDArray[np.uint64]
Index = NDArray[np.int64]

WORD = 8
PAD = 512
#: Cells longer than this are looked up one by one.
LONGEST = 256
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(WORD + 1)], dtype=np.uint64)
_MIX, _MIX_TAG = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_WEIGHTS = np.array([pow(0x9E3779B97F4A7C15, at + 1, 1 << 64) | 1 for at in range(LONGEST // WORD)], dtype=np.uint64)
COMMA, LINE_FEED = 44, 10


class Grid(NamedTuple):
    """Where the cells of a clean block start and end; both are columns x rows."""

    padded: bytes
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


class Split(NamedTuple):
    """A clean block: ids, and columns x rows of codes."""

    ids: list[str]
    codes: Codes


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
    columns = np.ascontiguousarray(ends.astype(np.int32).reshape(rows, width).T)
    starts = np.empty_like(columns)
    starts[1:] = columns[:-1] + 1
    starts[0, 0], starts[0, 1:] = 0, columns[-1, :-1] + 1
    if (columns - starts).max() > MAX_CELL:
        return None
    return Grid(block + b"\0" * PAD, starts, columns)


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class Splitter:
    """Splits clean blocks of one file; remembers the texts it has seen."""

    def __init__(self, width: int, id_at: int, wanted: list[int], lexicons: list[Lexicon]) -> None:
        """`wanted` are the positions of the columns whose cells are looked up, one lexicon each."""
        self._width, self._id_at, self._wanted, self._lexicons = width, id_at, wanted, lexicons
        self._table = _Table(lexicons)

    def split(self, block: bytes) -> Split | None:
        """Ids and codes of a block; None if it is not clean."""
        grid = grid_of(block, self._width)
        if grid is None:
            return None
        if any(lexicon.is_full for lexicon in self._lexicons):
            self._table.forget()
        codes = self._table.look_up(grid.padded, grid.starts[self._wanted], grid.ends[self._wanted])
        return Split(_texts(grid, self._id_at), codes)


def _texts(grid: Grid, column: int) -> list[str]:
    spans = zip(grid.starts[column].tolist(), grid.ends[column].tolist(), strict=True)
    return [grid.padded[start:end].decode() for start, end in spans]


class _Cells(NamedTuple):
    """Filled cells: column and size in one number, where the text starts, its size and its key."""

    tag: NDArray[np.int32]
    start: Index
    size: NDArray[np.int32]
    key: Words

    def some(self, which: Index) -> _Cells:
        return _Cells(*(part[which] for part in self))


class _Table:
    """Open addressing from (column, text) to the text's code, probed for many cells at once."""

    def __init__(self, lexicons: list[Lexicon]) -> None:
        self.lexicons = lexicons
        self._clear(1 << 16)

    def _clear(self, slots: int) -> None:
        self._used, self._mask = 0, slots - 1
        self._shift = np.uint64(65 - slots.bit_length())
        self._keys = np.zeros(slots, dtype=np.uint64)
        self._tags = np.zeros(slots, dtype=np.int32)
        self._codes = np.zeros(slots, dtype=np.int32)
        self._long = np.zeros(slots, dtype=np.int32)
        self._words = np.zeros((64, LONGEST // WORD), dtype=np.uint64)
        self._long_used = 0

    def forget(self) -> None:
        """Start anew, the lexicons too."""
        for lexicon in self.lexicons:
            lexicon.forget()
        self._clear(1 << 16)

    def look_up(
        self, padded: bytes, starts: NDArray[np.int32], ends: NDArray[np.int32]
    ) -> Codes:
        """The code of every cell, columns x rows."""
        sizes = ends - starts
        filled = np.flatnonzero(sizes)
        size = sizes.ravel()[filled]
        counts = np.count_nonzero(sizes, axis=1)
        column = np.repeat(np.arange(len(sizes), dtype=np.int32), counts)
        start = starts.ravel()[filled].astype(np.int64)
        words = np.ndarray((len(padded) - WORD + 1,), "<u8", padded, strides=(1,))
        key = words[start] & _MASKS[np.minimum(size, WORD)]
        cells = _Cells((column << 16) | np.minimum(size, LONGEST + 1), start, size, key)
        codes = np.zeros(sizes.shape, dtype=np.int32)
        codes.ravel()[filled] = self._codes_of(cells, words, padded)
        return codes

    def _codes_of(self, cells: _Cells, words: Words, padded: bytes) -> Codes:
        longer = np.flatnonzero((cells.size > WORD) & (cells.size <= LONGEST))
        for part in _by_length(longer, cells.size):
            cells.key[part] = (_spread(words, cells, part) * _WEIGHTS[: -(-cells.size[part].max() // WORD)]).sum(axis=1)
        found = self._find(cells, words, longer)
        missing = np.flatnonzero(found < 0)
        if len(missing):
            fresh = cells.some(missing)
            self._learn(fresh, words, padded)
            found[missing] = self._find(fresh, words, np.flatnonzero((fresh.size > WORD) & (fresh.size <= LONGEST)))
            for at in missing[found[missing] < 0].tolist():
                found[at] = self._code(cells, at, padded)
        return found

    def _code(self, cells: _Cells, at: int, padded: bytes) -> int:
        start, size = int(cells.start[at]), int(cells.size[at])
        return self.lexicons[int(cells.tag[at]) >> 16].code(padded[start : start + size].decode())

    def _learn(self, cells: _Cells, words: Words, padded: bytes) -> None:
        """Put one cell of each distinct text into the table; what is too long stays out."""
        _, firsts = np.unique(_mixed(cells), return_index=True)
        for at in firsts.tolist():
            if cells.size[at] <= LONGEST:
                row = 0
                if cells.size[at] > WORD:
                    row = self._keep(_spread(words, cells, np.array([at]))[0])
                self._insert(cells.key[at], int(cells.tag[at]), self._code(cells, at, padded), row)

    def _keep(self, spread: Words) -> int:
        if self._long_used == len(self._words):
            self._words = np.concatenate([self._words, np.zeros_like(self._words)])
        self._words[self._long_used, : len(spread)] = spread
        self._long_used += 1
        return self._long_used - 1

    def _insert(self, key: np.uint64, tag: int, code: int, row: int) -> None:
        if 3 * self._used >= self._mask:
            self._grow()
        slot = int((key ^ (np.uint64(tag) * _MIX_TAG)) * _MIX >> self._shift)
        while self._tags[slot]:
            if self._tags[slot] == tag and self._keys[slot] == key:
                return
            slot = (slot + 1) & self._mask
        self._keys[slot], self._tags[slot], self._codes[slot], self._long[slot] = key, tag, code, row
        self._used += 1

    def _grow(self) -> None:
        old = np.flatnonzero(self._tags)
        entries = [part[old] for part in (self._keys, self._tags, self._codes, self._long)]
        words, used = self._words, self._long_used
        self._clear(2 * (self._mask + 1))
        self._words, self._long_used = words, used
        for key, tag, code, row in zip(entries[0], *(part.tolist() for part in entries[1:]), strict=True):
            self._insert(key, tag, code, row)

    def _find(self, cells: _Cells, words: Words, longer: Index) -> Codes:
        """Codes of known cells, -1 for others."""
        slot = (_mixed(cells) >> self._shift).astype(np.int64)
        hit = (self._keys[slot] == cells.key) & (self._tags[slot] == cells.tag)
        pending = np.flatnonzero(~hit & (self._tags[slot] != 0))
        while len(pending):
            slot[pending] = (slot[pending] + 1) & self._mask
            here = slot[pending]
            hit[pending] = (self._keys[here] == cells.key[pending]) & (self._tags[here] == cells.tag[pending])
            pending = pending[~hit[pending] & (self._tags[here] != 0)]
        for part in _by_length(longer[hit[longer]], cells.size):
            spread = _spread(words, cells, part)
            known = self._words[self._long[slot[part]], : spread.shape[1]]
            hit[part] = (spread == known).all(axis=1)
        return np.where(hit, self._codes[slot], np.int32(-1))


def _mixed(cells: _Cells) -> Words:
    return (cells.key ^ (cells.tag.astype(np.uint64) * _MIX_TAG)) * _MIX


def _by_length(longer: Index, size: NDArray[np.int32]) -> Iterator[Index]:
    """Cells of more than one word, those of about the same length together."""
    sizes = size[longer]
    low = WORD
    while low < LONGEST:
        part = longer[(sizes > low) & (sizes <= 2 * low)]
        if len(part):
            yield part
        low *= 2


def _spread(words: Words, cells: _Cells, part: Index) -> Words:
    """The words of some cells, padded with zeros to the longest of them."""
    at = WORD * np.arange(-(-int(cells.size[part].max()) // WORD))
    rest = np.clip(cells.size[part][:, None] - at, 0, WORD)
    return words[cells.start[part][:, None] + at] & _MASKS[rest]
