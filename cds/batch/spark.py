"""Ranking on Spark, for what outgrows one machine: the same rows, the same digest.

    from cds.batch.spark import rank
    ranking = rank(spark.read.parquet("cohort.parquet"))

Columns are those of the cohort template, as text or numbers. Every Python worker needs this
package and the same rulebook.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cds.batch.layout import Layout, layout_of
from cds.batch.ranked_part import PartRanker
from cds.batch.refused import COLUMNS
from cds.batch.results import schema_of
from cds.errors import Fault, InputError, RulebookError
from cds.intake.assumptions import Assumptions, read_assumptions
from cds.intake.cohort_file import CohortPart, CohortReader, add_slips, check_slips
from cds.intake.column_tables import table_of_batch
from cds.intake.header import read_header
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

NAME = "data frame"
MAX_SHOWN = 20
Batches = Iterator[pa.RecordBatch]


def rank(
    df: DataFrame,
    rules: Path | None = None,
    assume: Path | None = None,
    policies: tuple[str, ...] | None = None,
    ignored: tuple[str, ...] = (),
    check: bool = True,
) -> DataFrame:
    """The ranking of every sound row, in the columns of `ranking.parquet`; refused rows are left out.

    `check` looks at the whole frame first (ids that stand twice, a column in another unit) and
    raises InputError; without it the caller answers for both.
    """
    book = load(rules)
    read_header(df.columns, book, NAME, ignored)
    if check:
        check_whole(df, rules, ignored)
    assumptions = read_assumptions(assume, book) if assume else None
    asked = policies or book.policy_ids
    work = _Work(book.digest, rules, assumptions, asked, ignored)
    return df.mapInArrow(work.ranking, _spark_schema(spark_types(layout_of(book, asked))))


def refused(df: DataFrame, rules: Path | None = None, ignored: tuple[str, ...] = ()) -> DataFrame:
    """Every reason why a row is refused: id, column, code, problem and remedy."""
    book = load(rules)
    read_header(df.columns, book, NAME, ignored)
    fields = [(name, pa.string()) for name in COLUMNS if name != "line"]
    return df.mapInArrow(
        _Work(book.digest, rules, None, book.policy_ids, ignored).refused, _spark_schema(pa.schema(fields))
    )


def check_whole(df: DataFrame, rules: Path | None = None, ignored: tuple[str, ...] = ()) -> None:
    """What can't be seen row by row; InputError if the frame is doubtful."""
    from pyspark.sql import functions as f

    twice = (
        df.groupBy("id").count().where((f.col("count") > 1) & (f.trim(f.col("id")) != "")).limit(MAX_SHOWN)
    )
    count = len(twice.collect())
    if count:
        fault = Fault(
            NAME, f"{count}{' or more' if count == MAX_SHOWN else ''} ids stand twice", "Give each one row."
        )
        raise InputError("The cohort is refused", [fault])
    book = load(rules)
    work = _Work(book.digest, rules, None, book.policy_ids, ignored)
    schema = pa.schema([("column", pa.string()), ("fractions", pa.int64()), ("others", pa.int64())])
    slips: dict[str, tuple[int, int]] = {}
    for column, fractions, others in df.mapInArrow(work.slips, _spark_schema(schema)).collect():
        add_slips(slips, {column: (fractions, others)})
    check_slips(slips, NAME)


class _Work:
    """What a Python worker does with the batches of its partitions."""

    def __init__(
        self,
        digest: str,
        rules: Path | None,
        assumptions: Assumptions | None,
        policies: tuple[str, ...],
        ignored: tuple[str, ...],
    ) -> None:
        self.digest, self.rules, self.assumptions = digest, rules, assumptions
        self.policies, self.ignored = policies, ignored

    def ranking(self, batches: Batches) -> Batches:
        book = self._book()
        layout = layout_of(book, self.policies)
        ranker = PartRanker(book, layout, self.assumptions)
        for part in map(ranker.rank, self._parts(book, batches)):
            yield from part.table.combine_chunks().cast(spark_types(layout)).to_batches()

    def refused(self, batches: Batches) -> Batches:
        names = [name for name in COLUMNS if name != "line"]
        for part in self._parts(self._book(), batches):
            columns = [pa.array([getattr(row, name) for row in part.refused], pa.string()) for name in names]
            yield pa.RecordBatch.from_arrays(columns, names)

    def slips(self, batches: Batches) -> Batches:
        for part in self._parts(self._book(), batches):
            rows = [{"column": c, "fractions": a, "others": b} for c, (a, b) in part.slips.items()]
            if rows:
                yield pa.RecordBatch.from_pylist(rows)

    def _book(self) -> Rulebook:
        book = load(self.rules)
        if book.digest != self.digest:
            fault = Fault("rules", "are not the same on this worker", "Install the same version everywhere.")
            raise RulebookError("The rulebook differs", [fault])
        return book

    def _parts(self, book: Rulebook, batches: Batches) -> Iterator[CohortPart]:
        """The batches of one partition as patients; the header is that of the first."""
        reader: CohortReader | None = None
        before = 0
        for batch in batches:
            if reader is None:
                header = read_header(list(batch.schema.names), book, NAME, self.ignored)
                reader = CohortReader(book, header)
            yield reader.part(table_of_batch(batch, header, NAME, before))
            before += len(batch)


def spark_types(layout: Layout) -> pa.Schema:
    """The ranking's columns in types that Spark knows: text for words, plain binary for masks."""

    def plain(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_dictionary(kind):
            return pa.string()
        return pa.binary() if pa.types.is_fixed_size_binary(kind) else kind

    return pa.schema([(field.name, plain(field.type)) for field in schema_of(layout)])


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def as_stored(table: pa.Table, layout: Layout) -> pa.Table:
    """A ranking that came back from Spark in the types of `ranking.parquet`, for its digest."""
    schema = schema_of(layout)
    columns = []
    for field in schema:
        column = table[field.name].combine_chunks()
        if pa.types.is_dictionary(field.type):
            column = column.cast(pa.string()).dictionary_encode()
        columns.append(column.cast(field.type))
    return pa.table(columns, schema=schema)
