"""Cohort files that hold typed columns (Parquet, Arrow): every cell becomes text and is read as strictly.

A number becomes its shortest text, so it goes through the same grammar, ranges and slip checks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cds.intake.cohort_file import Table
from cds.intake.header import Header, read_header
from cds.intake.ids import ids_of
from cds.intake.lexicon import Codes, Lexicon
from cds.intake.source import Source, refuse
from cds.intake.table import MAX_CELL
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
        self.lexicons = [Lexicon() for _ in self.header.columns]

    def __iter__(self) -> Iterator[Table]:
        """The pieces; InputError if the file is doubtful."""
        at = 0
        try:
            for batch in self._file.batches(self._rows):
                if len(batch):
                    yield table_of_batch(batch, self.header, self.lexicons, self._source.name, at)
                at += len(batch)
        except (pa.ArrowException, OSError):
            refuse(self._source.name, "is damaged", "Write it again.")
        if not at:
            refuse(self._source.name, "holds no rows", "Write one row for each patient.")


def table_of_batch(
    batch: pa.RecordBatch, header: Header, lexicons: list[Lexicon], name: str, before: int
) -> Table:
    """A batch of typed columns as texts; `before` rows were read before it."""
    if any(lexicon.is_full for lexicon in lexicons):
        for lexicon in lexicons:
            lexicon.forget()
    codes = np.zeros((len(lexicons), len(batch)), dtype=np.int32)
    for row, (column, lexicon) in enumerate(zip(header.columns, lexicons, strict=True)):
        codes[row] = _codes(batch.column(column.at), lexicon, name)
    lines = np.arange(before + 1, before + 1 + len(batch))
    return Table(ids_of(_texts(batch.column(header.id_at), name)), codes, lines)


def _codes(column: pa.Array, lexicon: Lexicon, name: str) -> Codes:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    known = np.append(lexicon.codes(_texts(encoded.dictionary, name)), np.int32(0))
    places = encoded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)
    codes: Codes = known[places]
    return codes


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
