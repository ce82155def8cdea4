"""The floor of a cohort run: what reading, writing and hashing alone cost, with nothing decided.

A process of its own: it imports, reads the CSV with the fastest streaming reader known, writes the
very bytes that the run wrote, and hashes the input once, one after the other. Loading what is to be
written is not part of it; how long that took is printed, to be taken off.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from cds.batch.ranking_writer import ROW_GROUP, writer_options


def read(source: Path) -> int:
    """Stream the CSV as untyped text."""
    batches = pl.scan_csv(source, infer_schema=False).collect_batches(chunk_size=65_536)
    return sum(batch.height for batch in batches)


def written(ranking: Path, scratch: Path) -> float:
    """Write a copy of the ranking; returns how long loading it took."""
    start = time.perf_counter()
    if ranking.suffix == ".parquet":
        table = pq.read_table(ranking)
        loaded = time.perf_counter() - start
        schema = pq.read_schema(ranking)
        with pq.ParquetWriter(scratch, schema, **writer_options(schema)) as writer:
            for at in range(0, len(table), ROW_GROUP):
                writer.write_table(
                    table.slice(at, ROW_GROUP).combine_chunks().cast(schema), row_group_size=ROW_GROUP
                )
        return loaded
    frame = pl.read_csv(ranking, infer_schema_length=None, schema_overrides=_text(ranking))
    loaded = time.perf_counter() - start
    frame.write_csv(scratch, line_terminator="\r\n")
    return loaded


def _text(ranking: Path) -> dict[str, type[pl.String]]:
    """Columns of digits that are no numbers."""
    with ranking.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    return {name: pl.String for name in names if not name.endswith(("_points", "_rank"))}


def main() -> None:
    """Do all three and print the seconds to take off."""
    source, ranking, scratch = map(Path, sys.argv[1:4])
    read(source)
    loaded = written(ranking, scratch)
    with source.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    print(loaded)


if __name__ == "__main__":
    main()
