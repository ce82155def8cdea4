"""A finished run, read back: its seal, its tables in one schema whatever the format, one patient."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from cds.batch.csv_out import original
from cds.batch.layout import FORMAT_VERSION, OTHER_MASKS, RULE_MASKS, Layout, layout_from, octets
from cds.batch.output_folder import RUN, digest_of_file
from cds.batch.results import SEPARATOR, schema_of
from cds.errors import Fault, InputError

ROWS = 65_536


class Stored:
    """The folder of a finished run."""

    def __init__(self, out: Path) -> None:
        """Read `run.json`; InputError if the run is not finished or of another version."""
        self.out = out
        try:
            self.run: dict[str, Any] = json.loads((out / RUN).read_text(encoding="utf-8"))
            version, software = self.run["layout"]["version"], self.run["software"]
            if version == FORMAT_VERSION:
                self.layout: Layout = layout_from(self.run["layout"])
        except (OSError, ValueError, KeyError, TypeError):
            _refuse(out.name, "holds no finished run", "Name the folder given to `cds rank --out`.")
        if version != FORMAT_VERSION:
            _refuse(out.name, "was written by another version", f"Use {software}.")
        self.ranking = out / f"ranking.{self.run['format']}"
        self.risk = out / f"risk.{self.run['format']}"

    def check_files(self) -> None:
        """InputError if a file is not as it was written."""
        for name, digest in self.run["files"].items():
            if not (self.out / name).is_file() or digest_of_file(self.out / name) != digest:
                _refuse(f"{self.out.name}/{name}", "is not as the run wrote it", "Rank again.")

    def tables(self) -> Iterator[pa.Table]:
        """The ranking in pieces, in the schema of `results`."""
        schema = schema_of(self.layout)
        read = {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl}[self.run["format"]]
        for table in read(self.ranking, self.layout):
            yield table.select(schema.names).cast(schema)

    def risks(self) -> pl.LazyFrame:
        """The table of the run's risk model; see `batch.risks`."""
        if self.run["format"] == "parquet":
            return pl.scan_parquet(self.risk)
        if self.run["format"] == "jsonl":
            return pl.scan_ndjson(self.risk, infer_schema_length=None)
        numbers = pl.selectors.matches("(percent|low|high|points)$").cast(pl.Float64)
        ids = pl.col("id").map_elements(original, return_dtype=pl.String)
        return pl.scan_csv(self.risk, infer_schema=False).with_columns(ids, numbers)

    def patient(self, name: str) -> pa.Table:
        """The row of one patient; InputError if there is none."""
        for table in self.tables():
            found = table.filter(pc.equal(table["id"], name))
            if len(found):
                return found
        _refuse("--patient", "no such patient was ranked", "See the ids in the ranking, and refused.csv.")


def _refuse(place: str, problem: str, remedy: str) -> Any:
    raise InputError("The results can't be read", [Fault(place, problem, remedy)])


def _parquet(path: Path, layout: Layout) -> Iterator[pa.Table]:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=ROWS):
        yield pa.Table.from_batches([batch])


def _csv(path: Path, layout: Layout) -> Iterator[pa.Table]:
    with pa.csv.open_csv(
        path,
        read_options=pa.csv.ReadOptions(block_size=1 << 24),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(_names(path), pa.string()), strings_can_be_null=False
        ),
    ) as reader:
        for batch in reader:
            frame = cast(pl.DataFrame, pl.from_arrow(batch))
            ids = pl.Series("id", [original(name) for name in frame["id"].to_list()], dtype=pl.String)
            yield _typed(frame.with_columns(ids, flags=_none_if_empty(pl.col("flags"))), layout)


def _names(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip("\r\n").split(",")


def _jsonl(path: Path, layout: Layout) -> Iterator[pa.Table]:
    numbers = {"points": pl.Int16, "rank": pl.Int8, "status": pl.String}
    option = pl.Struct(numbers)
    schema: dict[str, Any] = {"id": pl.String, "answer": pl.String}
    for policy in layout.policies:
        schema[policy] = pl.Struct({"order": pl.String} | dict.fromkeys(layout.options[policy], option))
    schema |= {name: pl.List(pl.String) for name in (*RULE_MASKS, "flags")}
    schema |= dict.fromkeys(OTHER_MASKS, pl.String)
    for frame in pl.scan_ndjson(path, schema=schema).collect_batches(chunk_size=ROWS):
        flat = [
            pl.col(policy).struct.field(name).struct.field(what).alias(f"{policy}_{name}_{what}")
            for policy in layout.policies
            for name in layout.options[policy]
            for what in numbers
        ]
        lists = [pl.col(name).list.join(SEPARATOR) for name in RULE_MASKS]
        flags = _none_if_empty(pl.col("flags").list.join(SEPARATOR))
        yield _typed(frame.with_columns(*flat, *lists, flags=flags), layout)


def _none_if_empty(text: pl.Expr) -> pl.Expr:
    return pl.when(text == "").then(None).otherwise(text)


def _typed(frame: pl.DataFrame, layout: Layout) -> pa.Table:
    """Rule ids back to masks, digits back to bytes."""
    columns = {name: frame[name].to_arrow() for name in frame.columns}
    for name in RULE_MASKS:
        columns[name] = _masks(frame[name].to_list(), layout.rules)
    for name in OTHER_MASKS:
        columns[name] = pa.array(map(bytes.fromhex, frame[name].to_list()), pa.binary(layout.masks[name]))
    schema = schema_of(layout)
    return pa.table({name: _cast(columns[name], schema.field(name).type) for name in schema.names})


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if not pa.types.is_dictionary(kind):
        return column.cast(kind)
    return column.cast(kind.value_type).dictionary_encode().cast(kind)


def _masks(texts: list[str], rules: tuple[str, ...]) -> pa.Array:
    bit: Callable[[str], int] = {rule: 1 << at for at, rule in enumerate(rules)}.__getitem__
    size = octets(len(rules))
    masks = (sum(map(bit, text.split(SEPARATOR))) if text else 0 for text in texts)
    return pa.array([mask.to_bytes(size, "little") for mask in masks], pa.binary(size))
