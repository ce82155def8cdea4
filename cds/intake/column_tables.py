"""Cohort files that hold typed columns (Parquet, Arrow): every cell becomes text and is read as strictly.

A number becomes its shortest text, so it goes through the same grammar, ranges and slip checks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cds.intake.header import Header, read_header
from cds.intake.ids import ids_of
from cds.intake.source import Source, refuse
from cds.intake.table import MAX_CELL
from cds.intake.text_rows import TextRows
from cds.rulebook.book import Rulebook


class ColumnTables:
    """One pass over a Parquet or Arrow file, in pieces of `rows` rows. Row n stands on "line" n."""

    def __init__(self, source: Source, book: Rulebook, ignored: Collection[str], rows: int) -> None:
        """Read the header; InputError if it is refused."""
        self._rows, self._source = rows, source
        source.hash_all()
        try:
            self._file = _File(source)
        except (pa.ArrowException, OSError):
            refuse(source.name, f"is not a sound {source.kind} file", "Write it again.")
        self.header: Header = read_header(self._file.names, book, source.name, ignored)

    def __iter__(self) -> Iterator[TextRows]:
        """The pieces; InputError if the file is doubtful."""
        at = 0
        try:
            for batch in self._file.batches(self._rows):
                if len(batch):
                    yield table_of_batch(batch, self.header, self._source.name, at)
                at += len(batch)
        except (pa.ArrowException, OSError):
            refuse(self._source.name, "is damaged", "Write it again.")
        if not at:
            refuse(self._source.name, "holds no rows", "Write one row for each patient.")


def table_of_batch(batch: pa.RecordBatch, header: Header, name: str, before: int) -> TextRows:
    """A batch of typed columns as text; `before` rows were read before it."""
    columns = tuple(_encoded(batch.column(column.at), name) for column in header.columns)
    lines = np.arange(before + 1, before + 1 + len(batch))
    return TextRows(ids_of(_texts(batch.column(header.id_at), name)), columns, lines)


def _encoded(column: pa.Array, name: str) -> pa.ChunkedArray:
    """A column as dictionary-encoded text; null becomes the empty text."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = [*_texts(encoded.dictionary, name), ""]
    indices = encoded.indices.fill_null(len(texts) - 1).cast(pa.int32())
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string()))])


def _texts(column: pa.Array, name: str) -> list[str]:
    to_text = _text_of(column.type)
    if to_text is None:
        refuse(name, f"holds a column of type {column.type}", "Use text or numbers.")
    texts = ["" if value is None else to_text(value) for value in column.to_pylist()]
    if any(len(text) > MAX_CELL or "\0" in text for text in texts):
        refuse(name, f"holds a NUL or a cell over {MAX_CELL:,} characters", "Mend the cell.")
    return texts


class _File:
    """Batches of a Parquet file or an Arrow file."""

    def __init__(self, source: Source) -> None:
        if source.kind == "parquet":
            self._parquet = pq.ParquetFile(source.path)
            self.names = list(self._parquet.schema_arrow.names)
            self.batches: Callable[[int], Iterator[pa.RecordBatch]] = self._from_parquet
        else:
            self._arrow = pa.ipc.open_file(pa.memory_map(str(source.path)))
            self.names = list(self._arrow.schema.names)
            self.batches = self._from_arrow

    def _from_parquet(self, rows: int) -> Iterator[pa.RecordBatch]:
        yield from self._parquet.iter_batches(batch_size=rows)

    def _from_arrow(self, rows: int) -> Iterator[pa.RecordBatch]:
        for number in range(self._arrow.num_record_batches):
            batch = self._arrow.get_batch(number)
            yield from (batch.slice(start, rows) for start in range(0, len(batch), rows))


def _text_of(kind: pa.DataType) -> Callable[[object], str] | None:
    types = pa.types
    if types.is_dictionary(kind):
        return _text_of(kind.value_type)
    if types.is_floating(kind):
        return lambda value: repr(value)[:-2] if repr(value).endswith(".0") else repr(value)
    if (
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_integer(kind)
    ):
        return str
    if types.is_decimal(kind):
        return lambda value: format(value, "f")
    return (lambda value: "") if types.is_null(kind) else None
