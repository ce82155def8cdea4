"""The digest of a ranking: equal for equal rankings, however they were made, cut, ordered or written.

It is the SHA-256 of one line for each patient in the order of ids (by their bytes): the id, a tab,
and the SHA-256 of the patient's canonical text. That text is all columns of the ranking joined by
tabs: words for statuses, decimal numbers, hexadecimal masks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from cds.batch.layout import Layout
from cds.batch.results import schema_of


def digest_of(tables: Iterable[pa.Table], layout: Layout) -> str:
    """The digest of ranking tables."""
    names = schema_of(layout).names
    pairs = [_hashed(table.select(names)) for table in tables if len(table)]
    head = "\t".join(names) + "\n"
    whole = hashlib.sha256(head.encode())
    if pairs:
        every = pa.concat_tables(pairs)
        order = pc.sort_indices(every["id"].cast(pa.binary()))
        for batch in every.take(order).to_batches(max_chunksize=65_536):
            lines = zip(batch["id"].to_pylist(), batch["hash"].to_pylist(), strict=True)
            whole.update("".join(f"{name}\t{digest.hex()}\n" for name, digest in lines).encode())
    return whole.hexdigest()


def _hashed(table: pa.Table) -> pa.Table:
    hashes = [hashlib.sha256(text.encode()).digest() for text in canonical(table)]
    return pa.table({"id": table["id"], "hash": pa.array(hashes, pa.binary(32))})


def canonical(table: pa.Table) -> Iterator[str]:
    """The canonical text of each row."""
    columns = [_texts(column) for column in table.columns]
    for cells in zip(*columns, strict=True):
        yield "\t".join(cells)


def _texts(column: pa.ChunkedArray) -> list[str]:
    if pa.types.is_fixed_size_binary(column.type):
        return [cell.hex() for cell in column.to_pylist()]
    return pc.fill_null(column.cast(pa.string()), "").to_pylist()  # type: ignore[no-any-return]
