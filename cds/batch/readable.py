"""The ranking table in words: option order, rule ids, notice and versions in every row."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from cds.batch.csv_out import TRIGGERS
from cds.batch.layout import OTHER_MASKS, RULE_MASKS, Layout
from cds.batch.results import SEPARATOR, octets_of
from cds.batch.stamp import Stamp


def write_csv(file: BinaryIO, table: pa.Table, layout: Layout, stamp: Stamp, header: bool) -> None:
    """Append a table as CSV."""
    frame = readable(table, layout, stamp)
    frame = frame.with_columns(neutral_ids(frame["id"]))
    frame.write_csv(file, include_header=header, line_terminator="\r\n")


def write_jsonl(file: BinaryIO, table: pa.Table, layout: Layout, stamp: Stamp) -> None:
    """Append a table as one JSON object a line."""
    lists = [pl.col(name).str.split(SEPARATOR).list.drop_nulls() for name in (*RULE_MASKS, "flags")]
    lists = [
        pl.when(pl.col(c.meta.output_name()) == "").then([]).otherwise(c).alias(c.meta.output_name())
        for c in lists
    ]
    policies = [_policy(layout, policy) for policy in layout.policies]
    frame = readable(table, layout, stamp).with_columns(pl.col("flags").fill_null(""))
    frame.select("id", "answer", *policies, *lists, *OTHER_MASKS, "notice", "rulebook").write_ndjson(file)


def _policy(layout: Layout, policy: str) -> pl.Expr:
    """One policy as a record: its order, and status, points and rank of each option."""
    options = [
        pl.struct(status=status, points=points, rank=rank).alias(option)
        for option, status, points, rank in layout.fields(policy)
    ]
    return pl.struct(pl.col(f"{policy}_order").alias("order"), *options).alias(policy)


def readable(table: pa.Table, layout: Layout, stamp: Stamp) -> pl.DataFrame:
    """The table with orders and rule ids in words, and what only explanations need in digits."""
    columns = [_series(table, "id"), _series(table, "answer")]
    columns += [order(table, layout, policy) for policy in layout.policies]
    for policy in layout.policies:
        for _, *names in layout.fields(policy):
            columns += [_series(table, name) for name in names]
    columns += [rule_ids(table, name, layout) for name in RULE_MASKS]
    columns.append(_series(table, "flags"))
    columns += [_series(table, name).bin.encode("hex") for name in OTHER_MASKS]
    said = [pl.lit(stamp.research_only).alias("notice"), pl.lit(stamp.line).alias("rulebook")]
    return pl.DataFrame(columns).with_columns(said)


def _series(table: pa.Table, name: str) -> pl.Series:
    return cast(pl.Series, pl.from_arrow(table[name])).alias(name)


def neutral_ids(ids: pl.Series) -> pl.Series:
    """Ids that a spreadsheet can't take for formulas; see `csv_out`."""
    formula = ids.str.slice(0, 1).is_in(list(TRIGGERS))
    return ids.zip_with(~formula, "'" + ids).alias("id") if formula.any() else ids


def order(table: pa.Table, layout: Layout, policy: str) -> pl.Series:
    """Ranked options, first rank first: `O01 > O02 = O03`; equal ranks are ties."""
    fields = layout.fields(policy)
    ranks = np.array([table[rank].to_numpy() for *_, rank in fields])
    return order_of([option for option, *_ in fields], ranks).alias(f"{policy}_order")


def order_of(options: list[str], ranks: NDArray[Any]) -> pl.Series:
    """The order of each patient (ranks: options x patients), as `order` tells it."""
    weights = (len(options) + 1) ** np.arange(len(options), dtype=np.int64)
    _, first, which = np.unique(weights @ ranks.astype(np.int64), return_index=True, return_inverse=True)
    texts = [order_text(options, ranks[:, row]) for row in first.tolist()]
    return pl.Series(texts, dtype=pl.String).gather(which.astype(np.uint32))


def order_text(options: list[str], ranks: NDArray[Any]) -> str:
    """The order of the options of one patient."""
    places: dict[int, list[str]] = {}
    for option, rank in zip(options, ranks.tolist(), strict=True):
        if rank:
            places.setdefault(rank, []).append(option)
    return " > ".join(" = ".join(places[rank]) for rank in sorted(places))


def rule_ids(table: pa.Table, name: str, layout: Layout) -> pl.Series:
    """The rules of a mask column by id, joined by semicolons."""
    octets = octets_of(table[name].combine_chunks())
    parts = [
        pl.Series(str(at), _octet_words(layout.rules[8 * at : 8 * at + 8])).gather(
            octets[:, at].astype(np.uint32)
        )
        for at in range(octets.shape[1])
    ]
    joined = pl.DataFrame(parts).select(pl.concat_str(pl.all()).str.strip_suffix(SEPARATOR)).to_series()
    return joined.alias(name)


def _octet_words(rules: tuple[str, ...]) -> list[str]:
    """For each of the 256 values of a byte the rules whose bit is set."""
    return [
        "".join(rule + SEPARATOR for bit, rule in enumerate(rules) if octet >> bit & 1)
        for octet in range(256)
    ]
