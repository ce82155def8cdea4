"""Rows of a cohort file as text: what every format is turned into before a value is read.

A column is dictionary-encoded: each distinct text once, and for each row which one. So a text is read
once however often it occurs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from cds.intake.header import Header
from cds.intake.ids import Ids
from cds.intake.table import BOM, MAX_CELL

Lines = NDArray[np.int64]
TEXT = pa.dictionary(pa.int32(), pa.string())
#: Arrow works on so many bytes at a time; with fewer, texts repeat in more dictionaries.
AT_ONCE = 2 << 20


@dataclass(frozen=True, eq=False)
class TextRows:
    """Ids, one dictionary-encoded column of text for each column of the header, and line numbers."""

    ids: Ids
    columns: tuple[pa.ChunkedArray, ...]
    lines: Lines

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.ids)


def text_rows(block: bytes, header: Header, line: int) -> TextRows | None:
    """The rows of a block of whole CSV lines that starts on `line`; None if the block is not clean.

    A block is clean if it is UTF-8, holds no quote, no NUL, no empty line and no carriage return but at
    line ends, and every line has as many cells as the header. Of such a block RFC 4180 says no more than
    "split at commas and line feeds", which Arrow does fast. Any other block is for
    `table.StrictReader`; tests compare the two.
    """
    if not block or not _is_plain(block):
        return None
    names = [str(at) for at in range(header.width)]
    wanted = [names[column.at] for column in header.columns]
    id_name = names[header.id_at]
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(block),
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=AT_ONCE, column_names=names),
            parse_options=pa.csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(wanted, TEXT) | {id_name: pa.string()},
                include_columns=[id_name, *wanted],
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    ids = Ids(pa.concat_arrays(table.column(0).chunks))
    if pc.equal(ids.array, "").true_count and _has_empty_line(block):
        return None  # Arrow takes an empty line for a row of empty cells
    return TextRows(ids, tuple(table.columns[1:]), np.arange(line, line + len(ids)))


def _is_plain(block: bytes) -> bool:
    """Whether nothing in a block asks for more than splitting, and no cell is oversized."""
    if b'"' in block or b"\0" in block or block.startswith(BOM):
        return False
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return False
    return (block.isascii() or _is_utf8(block)) and _has_short_cells(block)


def _has_short_cells(block: bytes) -> bool:
    """Whether every stretch of half the largest cell holds a separator: then no cell is larger."""
    half = MAX_CELL // 2
    return all(
        block.find(b",", start, start + half) >= 0 or block.find(b"\n", start, start + half) >= 0
        for start in range(0, len(block) - half, half)
    )


def _has_empty_line(block: bytes) -> bool:
    return block.startswith((b"\n", b"\r\n")) or b"\n\n" in block or b"\n\r\n" in block


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
