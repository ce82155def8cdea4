"""The results of a cohort run, read back from their folder and checked against their digests."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cds.errors import Fault, InputError
from cds.rulebook.book import Rulebook

Mask = NDArray[np.bool_]
POLICIES = ("checked", "as_published")
MAX_REFUSED = 100_000


@dataclass(frozen=True, eq=False)
class CohortRun:
    """One run: what `run.json` and `summary.json` say, and the table as arrays.

    `ranks[policy]` is options x patients (0: no rank); `fired`, `unknown` are rules x patients,
    `untested` is markers x patients.
    """

    run: Mapping[str, Any]
    summary: Mapping[str, Any]
    ids: tuple[str, ...]
    answers: NDArray[Any]
    options: Mapping[str, tuple[str, ...]]
    ranks: Mapping[str, NDArray[np.int64]]
    rules: tuple[str, ...]
    fired: Mask
    unknown: Mask
    markers: tuple[str, ...]
    untested: Mask
    flags: tuple[str, ...]
    refused: tuple[Mapping[str, str], ...]

    def __len__(self) -> int:
        """Number of ranked patients."""
        return len(self.ids)

    def rule(self, name: str) -> tuple[Mask, Mask]:
        """Where a rule is true, and where it can't be decided."""
        row = self.rules.index(name)
        return self.fired[row], self.unknown[row]

    def digest(self) -> str:
        """SHA-256 over the recorded digests of the run: equal runs have equal reports."""
        text = json.dumps([self.run["rulebook_digest"], self.run["files"]], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read_run(folder: Path, book: Rulebook) -> CohortRun:
    """Read a finished run; InputError if it is not whole, was altered, or used another rulebook."""
    run = _json(folder / "run.json")
    _check(folder, run, book)
    layout = run["layout"]
    table = pq.read_table(folder / "ranking.parquet").combine_chunks()
    options = {name: tuple(layout["options"][name]) for name in layout["policies"]}
    return CohortRun(
        run=run,
        summary=_json(folder / "summary.json"),
        ids=tuple(table["id"].to_pylist()),
        answers=np.array(table["answer"].to_pylist(), dtype=object),
        options=options,
        ranks={name: _ranks(table, name, options[name]) for name in layout["policies"]},
        rules=tuple(layout["rules"]),
        fired=_planes(table["fired"], len(layout["rules"])),
        unknown=_planes(table["unknown"], len(layout["rules"])),
        markers=tuple(layout["markers"]),
        untested=_planes(table["untested"], len(layout["markers"])),
        flags=tuple(text or "" for text in table["flags"].to_pylist()),
        refused=_refused(folder / "refused.csv"),
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        remedy = "Name the folder that `cds rank COHORT --out` wrote."
        raise InputError("The results can't be read", [Fault(path.name, "not found", remedy)]) from None
    except ValueError:
        raise InputError("The results can't be read", [Fault(path.name, "not valid JSON")]) from None


def _check(folder: Path, run: Any, book: Rulebook) -> None:
    if run.get("format") != "parquet":
        remedy = "Rank again with --format parquet."
        raise InputError("The results can't be reported", [Fault("run.json", "not in Parquet", remedy)])
    if run["rulebook_digest"] != book.digest:
        problem = f"ranked with rulebook {run['rulebook_digest'][:12]}, this is {book.digest[:12]}"
        raise InputError("The results can't be reported", [Fault("run.json", problem, "Name it by --rules.")])
    for name, recorded in run["files"].items():
        path = folder / name
        found = (
            {part.name: _digest(part) for part in sorted(path.iterdir())} if path.is_dir() else _digest(path)
        )
        if found != recorded:
            problem = "its bytes are not those of the run"
            raise InputError("The results can't be reported", [Fault(name, problem, "Rank again.")])


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "not found"


def _ranks(table: pa.Table, policy: str, options: tuple[str, ...]) -> NDArray[np.int64]:
    columns = [table[f"{policy}_{option}_rank"].to_numpy() for option in options]
    return np.array(columns, dtype=np.int64).reshape(len(options), table.num_rows)


def _planes(column: pa.ChunkedArray, bits: int) -> Mask:
    """The planes (bits x patients) of a mask column."""
    rows = column.to_pylist()
    octets = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), -1)
    return np.unpackbits(octets, axis=1, bitorder="little", count=bits).T.astype(bool)


def _refused(path: Path) -> tuple[Mapping[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return tuple(row for row, _ in zip(rows, range(MAX_REFUSED), strict=False))
