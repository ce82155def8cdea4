"""Writers of a ranking: tables in, one file out, in the format that was asked for."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from cds.batch.layout import Layout
from cds.batch.results import schema_of
from cds.batch.stamp import Stamp

ROW_GROUP = 1 << 16


class RankingWriter(Protocol):
    """Takes tables; the file is whole once it is finished."""

    def write(self, table: pa.Table) -> None:
        """Take one table."""

    def finish(self) -> None:
        """Write what is left."""

    def close(self) -> None:
        """Let go of the file, finished or not."""


class ParquetRanking:
    """A Parquet file in row groups of equal size, whatever the size of the tables."""

    def __init__(self, path: Path, layout: Layout, stamp: Stamp) -> None:
        """Open the file."""
        self._schema = schema_of(layout).with_metadata(stamp.metadata)
        self._writer = pq.ParquetWriter(path, self._schema, **writer_options(self._schema))
        self._waiting: list[pa.Table] = []
        self._rows = 0

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
        self._writer.write_table(table.combine_chunks().cast(self._schema), row_group_size=ROW_GROUP)

    def finish(self) -> None:
        """Write the last row group; a ranking of nobody has one, which is empty."""
        if self._rows or not self._waiting:
            self._put(pa.concat_tables([self._schema.empty_table(), *self._waiting]))
        self._writer.close()

    def close(self) -> None:
        """Let go of the file; a file that was not finished is of no use, so its end may fail."""
        with suppress(OSError):
            self._writer.close()


def writer_options(schema: pa.Schema) -> dict[str, Any]:
    """How Parquet is written: dictionaries for words only, since masks and points hardly repeat."""
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    return {"compression": "snappy", "use_dictionary": words, "write_statistics": False}


class TextRanking:
    """A CSV file, or one JSON object a line."""

    def __init__(self, path: Path, layout: Layout, stamp: Stamp) -> None:
        """Open the file and write its header, if it has one."""
        self._file = path.open("wb")
        self._layout, self._stamp = layout, stamp
        self._is_csv = path.suffix == ".csv"
        if self._is_csv:
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

    def finish(self) -> None:
        """Hand the last bytes to the system."""
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            self._file.close()


def ranking_writer(path: Path, layout: Layout, stamp: Stamp) -> RankingWriter:
    """The writer of the format that the suffix names."""
    return (ParquetRanking if path.suffix == ".parquet" else TextRanking)(path, layout, stamp)
