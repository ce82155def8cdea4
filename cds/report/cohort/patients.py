"""The patients behind a run, read again from the file that was ranked, and a fair part of many."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from cds.cohort import Cohort
from cds.comparison.cohort_source import open_cohort
from cds.errors import Fault, InputError
from cds.intake.assumptions import read_assumptions
from cds.report.cohort.run import CohortRun
from cds.rulebook.book import Rulebook


@dataclass(frozen=True, eq=False)
class RunPatients:
    """Patients of a run in its order, in pieces; `rows[i]` are the rows of piece i in the run."""

    pieces: tuple[Cohort, ...]
    rows: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        """Number of patients."""
        return sum(map(len, self.pieces))

    def sample(self, most: int, seed: int = 0) -> RunPatients:
        """All of them, or `most` drawn without return; the same seed draws the same patients."""
        if len(self) <= most:
            return self
        drawn = np.random.Generator(np.random.PCG64(seed)).choice(len(self), most, replace=False)
        chosen = np.zeros(len(self), dtype=bool)
        chosen[drawn] = True
        pieces, rows, start = [], [], 0
        for piece, places in zip(self.pieces, self.rows, strict=True):
            picked = np.flatnonzero(chosen[start : start + len(piece)]).tolist()
            start += len(piece)
            columns = {name: column[picked] for name, column in piece.columns.items()}
            pieces.append(Cohort([piece.ids[row] for row in picked], columns, piece.drug_lists))
            rows.append(tuple(places[row] for row in picked))
        return RunPatients(tuple(pieces), tuple(rows))


def read_patients(
    run: CohortRun, path: Path, assume: Path | None, ignored: Collection[str], book: Rulebook
) -> RunPatients:
    """Read the ranked file again; InputError unless it and the assumptions are those of the run."""
    _check(run, path, assume, book)
    pieces = tuple(open_cohort(path, book, book, assume, ignored))
    if tuple(name for piece in pieces for name in piece.ids) != run.ids:
        _refuse(path.name, "its patients are not those of the run", "Name the columns to --ignore as then.")
    ends = np.cumsum([0, *map(len, pieces)]).tolist()
    return RunPatients(pieces, tuple(tuple(range(*pair)) for pair in itertools.pairwise(ends)))


def _check(run: CohortRun, path: Path, assume: Path | None, book: Rulebook) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        _refuse(path.name, (error.strerror or "can't be read").lower(), "Name the file that was ranked.")
    if found != run.run["input"]["sha256"]:
        _refuse(path.name, "its bytes are not those that were ranked", "Name the file that was ranked.")
    said = dict(read_assumptions(assume, book).said) if assume else {}
    if said != (run.run.get("assumptions") or {}):
        problem = "not the assumptions of the run" if assume else "the run had assumptions, none are given"
        _refuse("--assume", problem, "Name the file that the run was made with.")


def _refuse(place: str, problem: str, remedy: str) -> NoReturn:
    raise InputError("The patients of the run can't be read", [Fault(place, problem, remedy)])
