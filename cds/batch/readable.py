"""The ranking table in words: option order, rule ids, notice and versions in every row."""

from __future__ import annotations

from typing import BinaryIO, cast

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from cds.batch.csv_out import TRIGGERS
from cds.batch.layout import MASKS, Layout
from cds.batch.stamp import Stamp

SEPARATOR = ";"


def write_csv(file: BinaryIO, table: pa.Table, layout: Layout, stamp: Stamp, header: bool) -> None:
    """Append a table as CSV."""
    readable(table, layout, stamp).write_csv(file, include_header=header, line_terminator="\r\n")


def write_jsonl(file: BinaryIO, table: pa.Table, layout: Layout, stamp: Stamp) -> None:
    """Append a table as one JSON object a line."""
    frame = readable(table, layout, stamp, neutralise=False)
    lists = [pl.col(name).str.split(SEPARATOR) for name in (*MASKS, "flags")]
    policies = [
        pl.struct(
            pl.col(f"{policy}_order").alias("order"),
            *(
                pl.struct(*(pl.col(n).alias(n.rpartition("_")[2]) for n in names)).alias(option)
                for option, *names in layout.fields(policy)
            ),
        ).alias(policy)
        for policy in layout.policies
    ]
    frame.select("id", "answer", *policies, *lists, "notice", "rulebook").write_ndjson(file)


def readable(table: pa.Table, layout: Layout, stamp: Stamp, neutralise: bool = True) -> pl.DataFrame:
    """The table with orders and rule ids in words; text cells are neutralised for spreadsheets."""
    ids = _series(table, "id")
    columns = [_neutral(ids) if neutralise else ids, _series(table, "answer")]
    columns += [order(table, layout, policy) for policy in layout.policies]
    for policy in layout.policies:
        for _, *names in layout.fields(policy):
            columns += [_series(table, name) for name in names]
    columns += [rule_ids(table, name, layout) for name in MASKS]
    columns.append(_series(table, "flags"))
    frame = pl.DataFrame(columns)
    return frame.with_columns(
        pl.lit(stamp.research_only).alias("notice"), pl.lit(stamp.line).alias("rulebook")
    )


def _series(table: pa.Table, name: str) -> pl.Series:
    return cast(pl.Series, pl.from_arrow(table[name])).alias(name)


def _neutral(ids: pl.Series) -> pl.Series:
    formula = ids.str.slice(0, 1).is_in(list(TRIGGERS))
    return ids.zip_with(~formula, "'" + ids) if formula.any() else ids


def order(table: pa.Table, layout: Layout, policy: str) -> pl.Series:
    """Ranked options, first rank first: `O01 > O02 = O03`; equal ranks are ties."""
    fields = layout.fields(policy)
    ranks = np.array([table[rank].to_numpy() for *_, rank in fields], dtype=np.int64)
    weights = (len(fields) + 1) ** np.arange(len(fields), dtype=np.int64)
    _, first, which = np.unique(weights @ ranks, return_index=True, return_inverse=True)
    options = [option for option, *_ in fields]
    texts = [order_text(options, ranks[:, row]) for row in first.tolist()]
    return pl.Series(f"{policy}_order", texts, dtype=pl.String).gather(which.astype(np.uint32))


def order_text(options: list[str], ranks: NDArray[np.int64]) -> str:
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
        pl.Series(f"{name}{at}", _octet_words(layout.rules[8 * at : 8 * at + 8])).gather(
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


def octets_of(mask: pa.Array) -> NDArray[np.uint8]:
    """A mask column as patients x bytes."""
    width = mask.type.byte_width
    octets = np.frombuffer(mask.buffers()[1], dtype=np.uint8)
    return octets[mask.offset * width : (mask.offset + len(mask)) * width].reshape(len(mask), width)
