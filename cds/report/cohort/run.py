"""The results of a cohort run, read back from their folder and checked against their digests."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cds.batch.results import unpacked
from cds.batch.stored import Stored
from cds.conditions import Mask
from cds.errors import Fault, InputError
from cds.files import sha256
from cds.rulebook.book import Rulebook

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
        return sha256(text)


def read_run(folder: Path, book: Rulebook) -> CohortRun:
    """Read a finished run; InputError if it is not whole, was altered, or used another rulebook."""
    stored = Stored(folder)
    if stored.run["rulebook_digest"] != book.digest:
        problem = f"ranked with rulebook {stored.run['rulebook_digest'][:12]}, this is {book.digest[:12]}"
        raise InputError("The results can't be reported", [Fault("run.json", problem, "Name it by --rules.")])
    stored.check_files()
    layout, table = stored.layout, pa.concat_tables(stored.tables()).combine_chunks()
    return CohortRun(
        run=stored.run,
        summary=json.loads((folder / "summary.json").read_text(encoding="utf-8")),
        ids=tuple(table["id"].to_pylist()),
        answers=np.array(table["answer"].to_pylist(), dtype=object),
        options=layout.options,
        ranks={name: _ranks(table, name, layout.options[name]) for name in layout.policies},
        rules=layout.rules,
        fired=_planes(table, "fired", len(layout.rules)),
        unknown=_planes(table, "unknown", len(layout.rules)),
        markers=layout.markers,
        untested=_planes(table, "untested", len(layout.markers)),
        flags=tuple(text or "" for text in table["flags"].to_pylist()),
        refused=_refused(folder / "refused.csv"),
    )


def _ranks(table: pa.Table, policy: str, options: tuple[str, ...]) -> NDArray[np.int64]:
    columns = [table[f"{policy}_{option}_rank"].to_numpy() for option in options]
    return np.array(columns, dtype=np.int64).reshape(len(options), table.num_rows)


def _planes(table: pa.Table, name: str, bits: int) -> Mask:
    """The planes (bits x patients) of a mask column."""
    return unpacked(table[name].combine_chunks(), bits)


def _refused(path: Path) -> tuple[Mapping[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return tuple(row for row, _ in zip(rows, range(MAX_REFUSED), strict=False))
