"""Where ranking tables go while a run is under way; what was written can be taken up again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from cds.batch.files import sync
from cds.batch.layout import Layout
from cds.batch.results import schema_of
from cds.batch.stamp import Stamp

ROW_GROUP = 1 << 16


class Sink(Protocol):
    """Takes tables; at the end of a part everything taken so far is on the disk."""

    def write(self, table: pa.Table) -> None:
        """Take one table."""

    def end_part(self) -> int:
        """Finish a part; returns what `resume` needs to take the run up from here."""

    def close(self) -> None:
        """Let go of the file, finished or not."""


class ParquetSink:
    """One Parquet file for each part, in row groups of equal size."""

    def __init__(self, folder: Path, layout: Layout, stamp: Stamp, parts: int = 0) -> None:
        """`parts` were finished before."""
        self._folder, self._parts = folder, parts
        self._schema = schema_of(layout).with_metadata(stamp.metadata)
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Take one table; whole row groups are written."""
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= ROW_GROUP:
            rest = pa.concat_tables(self._waiting)
            while len(rest) >= ROW_GROUP:
                self._put(rest.slice(0, ROW_GROUP))
                rest = rest.slice(ROW_GROUP)
            self._waiting, self._rows = [rest], len(rest)

    def _put(self, table: pa.Table) -> None:
        if self._writer is None:
            path = part_name(self._folder, self._parts)
            self._writer = pq.ParquetWriter(path, self._schema, **writer_options(self._schema))
        self._writer.write_table(table.combine_chunks().cast(self._schema), row_group_size=ROW_GROUP)

    def end_part(self) -> int:
        """Finish the part's file."""
        if self._rows or self._writer is None:
            self._put(pa.concat_tables(self._waiting) if self._waiting else self._schema.empty_table())
        self.close()
        sync(part_name(self._folder, self._parts))
        self._parts += 1
        return self._parts

    def close(self) -> None:
        """Let go of the file."""
        writer, self._writer = self._writer, None
        self._waiting, self._rows = [], 0
        if writer is not None:
            writer.close()


def writer_options(schema: pa.Schema) -> dict[str, Any]:
    """How Parquet is written: dictionaries for words only, since masks and points hardly repeat."""
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    return {"compression": "snappy", "use_dictionary": words, "write_statistics": False}


def part_name(folder: Path, number: int) -> Path:
    """The file of a part."""
    return folder / f"part-{number:05d}.parquet"


class TextSink:
    """One growing text file; what stands behind the last finished part is cut off on resume."""

    def __init__(self, path: Path, layout: Layout, stamp: Stamp, size: int = 0) -> None:
        """`size` bytes were finished before."""
        self._file = opened_at(path, size)
        self._layout, self._stamp = layout, stamp
        self._is_csv = path.suffix == ".csv"
        if size == 0 and self._is_csv:
            self._write(schema_of(layout).empty_table(), header=True)

    def write(self, table: pa.Table) -> None:
        """Take one table."""
        self._write(table, header=False)

    def _write(self, table: pa.Table, header: bool) -> None:
        from cds.batch.readable import write_csv, write_jsonl

        if self._is_csv:
            write_csv(self._file, table, self._layout, self._stamp, header)
        else:
            write_jsonl(self._file, table, self._layout, self._stamp)

    def end_part(self) -> int:
        """Have the text reach the disk; returns its size."""
        return flushed(self._file)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def opened_at(path: Path, size: int) -> BinaryIO:
    """A file opened for writing behind its first `size` bytes; the rest is cut off."""
    file = path.open("r+b" if size else "wb")
    file.truncate(size)
    file.seek(size)
    return file


def flushed(file: BinaryIO) -> int:
    """Have a file reach the disk; returns its size."""
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def sink_for(form: str, folder: Path, layout: Layout, stamp: Stamp, taken_up: int) -> Sink:
    """The sink of a format."""
    if form == "parquet":
        return ParquetSink(folder, layout, stamp, taken_up)
    return TextSink(folder / f"ranking.{form}", layout, stamp, taken_up)
