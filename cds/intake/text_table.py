"""From (column, text) to the text's code, for a million cells at once and without a doubt.

Open addressing with numpy arrays. A text of up to 8 bytes is one word (there is no NUL in it, so
padding is unambiguous); one of up to 16 bytes is its size, its first and its last word; a longer
one has a hash for its second word and is compared word by word. What is too long is looked up by
itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cds.intake.lexicon import Codes, Lexicon

Words = NDArray[np.uint64]
Index = NDArray[np.signedinteger[Any]]

WORD, PAIR, LONGEST = 8, 16, 256
#: Bytes that must follow the last cell, so that whole words can be read.
PAD = 2 * LONGEST
SLOTS = 1 << 12
#: So many unknown cells are worth a second look at all; fewer are looked up one by one.
MANY = 1_000
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(WORD + 1)], dtype=np.uint64)
_MIX, _MIX_TAG, _MIX_SECOND = (
    np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
)
_WEIGHTS = np.array(
    [pow(0x9E3779B97F4A7C15, at + 1, 1 << 64) | 1 for at in range(LONGEST // WORD)], dtype=np.uint64
)


class _Cells(NamedTuple):
    """Cells that are not empty: column and size in one number, where each starts, its two words."""

    tag: NDArray[np.int32]
    start: Index
    size: Index
    first: Words
    second: Words

    def some(self, which: Index) -> _Cells:
        return _Cells(
            self.tag[which], self.start[which], self.size[which], self.first[which], self.second[which]
        )

    @property
    def mixed(self) -> Words:
        words = self.first ^ (self.tag.astype(np.uint64) * _MIX_TAG) ^ (self.second * _MIX_SECOND)
        mixed: Words = words * _MIX
        return mixed


class _Long(NamedTuple):
    """Cells of more than two words: which they are, and their words."""

    which: Index
    words: Words


class TextTable:
    """Finds the codes of cells; learns the texts it has not seen."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        """`lexicons` by column number."""
        self._lexicons = lexicons
        self._clear(SLOTS)
        self._kept = np.zeros((64, LONGEST // WORD), dtype=np.uint64)
        self._kept_used = 0

    def _clear(self, slots: int) -> None:
        self._used, self._mask = 0, slots - 1
        self._shift = np.uint64(65 - slots.bit_length())
        self._first, self._second = np.zeros(slots, np.uint64), np.zeros(slots, np.uint64)
        self._tag, self._code, self._row = (np.zeros(slots, np.int32) for _ in range(3))

    def look_up(self, padded: bytes, start: Index, size: Index, column: Index) -> Codes:
        """The codes of cells that are not empty."""
        view = np.ndarray((len(padded) - WORD + 1,), "<u8", padded, strides=(1,))
        tag = (column << 16) | np.minimum(size, LONGEST + 1)
        first = view[start] & _MASKS[np.minimum(size, WORD)]
        cells = _Cells(tag, start, size, first, np.zeros_like(first))
        longer = np.flatnonzero(size > WORD)
        pair = longer[size[longer] <= PAIR]
        cells.second[pair] = view[start[pair] + size[pair] - WORD]
        long = list(_long(cells, longer[size[longer] > PAIR], view))
        found = self._find(cells, long)
        missing = np.flatnonzero(found < 0)
        if len(missing):
            self._learn(cells, missing, long, padded)
            if len(missing) > MANY:
                found = self._find(cells, long)
            for at in np.flatnonzero(found < 0).tolist():
                found[at] = self._ask(cells, at, padded)
        return found

    def _find(self, cells: _Cells, long: list[_Long]) -> Codes:
        """Codes of known cells, -1 for others."""
        slot = (cells.mixed >> self._shift).astype(np.int32)
        tag = self._tag[slot]
        hit = (tag == cells.tag) & (self._first[slot] == cells.first) & (self._second[slot] == cells.second)
        pending = np.flatnonzero(~hit)
        pending = pending[tag[pending] != 0]
        while len(pending):
            slot[pending] = here = (slot[pending] + 1) & self._mask
            hit[pending] = self._is(cells.some(pending), here)
            pending = pending[~hit[pending] & (self._tag[here] != 0)]
        for part in long:
            kept = self._kept[self._row[slot[part.which]], : part.words.shape[1]]
            hit[part.which] &= (part.words == kept).all(axis=1)
        return np.where(hit, self._code[slot], np.int32(-1))

    def _is(self, cells: _Cells, slot: Index) -> NDArray[np.bool_]:
        same = (self._tag[slot] == cells.tag) & (self._first[slot] == cells.first)
        return np.asarray(same & (self._second[slot] == cells.second))

    def _ask(self, cells: _Cells, at: int, padded: bytes) -> int:
        start = int(cells.start[at])
        text = padded[start : start + int(cells.size[at])].decode()
        return self._lexicons[int(cells.tag[at]) >> 16].code(text)

    def _learn(self, cells: _Cells, missing: Index, long: list[_Long], padded: bytes) -> None:
        """Put one cell of each distinct text into the table; what is too long stays out."""
        _, firsts = np.unique(cells.mixed[missing], return_index=True)
        fresh = missing[firsts]
        fresh = fresh[cells.size[fresh] <= LONGEST]
        codes = np.array([self._ask(cells, at, padded) for at in fresh.tolist()], dtype=np.int32)
        rows = np.zeros(len(cells.tag), dtype=np.int32)
        for part in long:
            wanted = np.flatnonzero(np.isin(part.which, fresh))
            rows[part.which[wanted]] = self._keep(part.words[wanted])
        while 3 * (self._used + len(fresh)) >= self._mask:
            self._grow()
        self._insert(cells.some(fresh), codes, rows[fresh])

    def _keep(self, words: Words) -> Index:
        """Keep the words of long texts; returns the rows they stand in."""
        start, stop = self._kept_used, self._kept_used + len(words)
        while stop > len(self._kept):
            self._kept = np.concatenate([self._kept, np.zeros_like(self._kept)])
        self._kept[start:stop] = 0
        self._kept[start:stop, : words.shape[1]] = words
        self._kept_used = stop
        return np.arange(start, stop, dtype=np.int32)

    def _insert(self, cells: _Cells, codes: Codes, rows: Index) -> None:
        for at, slot in enumerate((cells.mixed >> self._shift).tolist()):
            while self._tag[slot]:
                slot = (slot + 1) & self._mask
            self._tag[slot], self._code[slot], self._row[slot] = cells.tag[at], codes[at], rows[at]
            self._first[slot], self._second[slot] = cells.first[at], cells.second[at]
        self._used += len(codes)

    def _grow(self) -> None:
        old = np.flatnonzero(self._tag)
        nothing = np.zeros(len(old), dtype=np.int32)
        cells = _Cells(self._tag[old], nothing, nothing, self._first[old], self._second[old])
        codes, rows = self._code[old], self._row[old]
        self._clear(2 * (self._mask + 1))
        self._insert(cells, codes, rows)

    def forget(self) -> None:
        """Start anew, the lexicons too."""
        for lexicon in self._lexicons:
            lexicon.forget()
        self._clear(SLOTS)
        self._kept_used = 0


def _long(cells: _Cells, which: Index, view: Words) -> Iterator[_Long]:
    """Cells of more than two words, those of about the same size together; sets their hash."""
    sizes, low = cells.size[which], PAIR
    while low < LONGEST:
        part = which[(sizes > low) & (sizes <= 2 * low)]
        if len(part):
            at = WORD * np.arange(2 * low // WORD)
            rest = np.clip(cells.size[part][:, None] - at, 0, WORD)
            words = view[cells.start[part][:, None] + at] & _MASKS[rest]
            cells.second[part] = words @ _WEIGHTS[: len(at)]
            yield _Long(part, words)
        low *= 2
