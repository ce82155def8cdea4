"""Cohorts with outcomes: from a cohort CSV with outcome columns, or from a study folder.

Markers are read by the same strict intake as a cohort to be ranked; one refused row refuses the
whole training cohort, so that no patient is lost silently.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cds.cohort import Cohort, Column, Value, cohort_from_profiles
from cds.errors import Fault, InputError
from cds.files import sha256
from cds.intake.cbioportal import import_study
from cds.intake.header import ColumnOf, read_header
from cds.intake.patient_id import id_fault
from cds.intake.study import keyed, lines_of
from cds.intake.table import Faults, Row, StrictReader, TooManyFaults, check_start
from cds.intake.values import ValueRefused, looks_like_fraction, read_value
from cds.risk.declaration import Declaration
from cds.risk.metrics import Observed
from cds.risk.outcome import read_outcomes
from cds.risk.patients import REGIMEN, Patients, patients_of, words
from cds.rulebook.book import Rulebook

MAX_BYTES = 200_000_000
#: Adds the derived markers to a cohort's columns; passed in because rules come later in the flow.
Derive = Callable[[Cohort], Mapping[str, Column]]


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Patients with their outcomes; `files` are the SHA-256 of what was read, by file name."""

    name: str
    patients: Patients
    seen: Observed
    files: Mapping[str, str]
    slips: int = 0

    @property
    def digest(self) -> str:
        """One SHA-256 for all files."""
        listed = "".join(f"{sha}  {name}\n" for name, sha in sorted(self.files.items()))
        return sha256(listed)


@dataclass(frozen=True, eq=False)
class _Read:
    """A table as text: marker columns for the intake, and the others by name."""

    name: str
    header: Sequence[str]
    rows: Sequence[Row]
    files: Mapping[str, str]


def read_training_set(path: Path, declaration: Declaration, book: Rulebook, derive: Derive) -> TrainingSet:
    """Read a cohort and its outcomes; InputError if anything in it is doubtful."""
    faults = list(declaration.faults(book))
    if faults:
        raise InputError("The declaration does not fit the rulebook", faults)
    wanted = [*declaration.outcome.columns, *([REGIMEN] if declaration.needs_regimen else [])]
    read = _study(path, book, wanted) if path.is_dir() else _csv(path)
    missing = [name for name in wanted if name not in read.header]
    if missing:
        faults = [
            Fault(read.name, f"has no column `{name}`", "Add it, or change the declaration.")
            for name in missing
        ]
        raise InputError("The cohort has no outcome", faults)
    cohort, slips = _markers(read, book, [name for name in read.header if name in wanted])
    texts = {name: [row.cells[read.header.index(name)] for row in read.rows] for name in wanted}
    markers = declaration.all_markers
    patients = patients_of(derive(cohort), book, markers, cohort.ids, declaration.tells_nothing)
    if declaration.needs_regimen:
        patients = Patients(
            patients.ids, {**patients.columns, REGIMEN: _regimens(texts[REGIMEN], declaration, read)}
        )
    seen = read_outcomes(declaration.outcome, texts, read.name)
    return TrainingSet(read.name, patients, seen, read.files, slips)


def read_patients(
    path: Path, declaration: Declaration, book: Rulebook, derive: Derive, ignored: Collection[str] = ()
) -> Patients:
    """A cohort without outcomes, as a model sees it."""
    read = _csv(path)
    cohort, _ = _markers(read, book, ignored)
    markers = dict.fromkeys((*declaration.markers, *declaration.applies_to))
    return patients_of(derive(cohort), book, markers, cohort.ids, declaration.tells_nothing)


def _markers(read: _Read, book: Rulebook, extra: Collection[str]) -> tuple[Cohort, int]:
    """The patients, and how many percents read as fractions and so count as not known."""
    header = read_header(read.header, book, read.name, extra)
    faults, slips, ids = [], 0, [row.cells[header.id_at] for row in read.rows]
    profiles: list[dict[str, Value]] = []
    for row, name in zip(read.rows, ids, strict=True):
        found = id_fault(name)
        faults += [Fault(f"{read.name}:{row.line}", *found[1:])] if found else []
        profile: dict[str, Value] = {}
        for column in header.columns:
            try:
                value = _value(book, column, row.cells[column.at])
            except ValueRefused as refused:
                place = f"{read.name}:{row.line}, {column.name}"
                faults.append(Fault(place, refused.problem, refused.remedy))
                continue
            if isinstance(value, float) and looks_like_fraction(column.marker, value):
                slips += 1
            elif value is not None:
                profile[column.marker.id] = value
        profiles.append(profile)
    faults += [Fault(read.name, "two rows have the same id", "Keep one.")] if len(set(ids)) < len(ids) else []
    if faults:
        raise InputError("The training cohort is refused", faults[:20])
    return cohort_from_profiles(book, profiles, ids), slips


def _value(book: Rulebook, column: ColumnOf, text: str) -> Value | None:
    return read_value(book, column.marker, text, column.factor)


def _csv(path: Path) -> _Read:
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise InputError(
            "The training cohort is refused", [Fault(path.name, "is no file, or over 200 MB", "Name a CSV.")]
        )
    raw, faults = path.read_bytes(), Faults(path.name)
    rows: list[Row] = []
    with suppress(TooManyFaults):
        rows = list(StrictReader(faults).rows(raw[check_start(raw[:64], path.name) :], is_last=True))
    faults.raise_if_any()
    if len(rows) < 2:
        raise InputError(
            "The training cohort is refused", [Fault(path.name, "holds no patients", "Add rows.")]
        )
    return _Read(path.name, rows[0].cells, rows[1:], {path.name: sha256(raw)})


def _study(folder: Path, book: Rulebook, wanted: Iterable[str]) -> _Read:
    """A study folder: markers by the importer, outcomes from the clinical attributes of patients."""
    imported = import_study(folder, book)
    files = {str(file["name"]): str(file["sha256"]) for file in imported.report.files if file.get("sha256")}
    clinical = keyed(
        lines_of(folder / "data_clinical_patient.txt")[0], "data_clinical_patient.txt", "PATIENT_ID"
    )
    present = [name for name in wanted if any(name in row for row in clinical.values())]
    rows = [
        Row(
            at,
            [
                *(row[column] for column in imported.columns),
                *(clinical[row["id"]].get(n, "") for n in present),
            ],
        )
        for at, row in enumerate(imported.rows, start=1)
    ]
    return _Read(imported.name, [*imported.columns, *present], rows, files)


def _regimens(texts: Iterable[str], declaration: Declaration, read: _Read) -> Column:
    """The option each patient was given; one that the model does not know refuses the cohort."""
    known = set(declaration.points.options) if declaration.points else set()
    listed = list(texts)
    faults = [
        Fault(
            f"{read.name}:{row.line}",
            "the regimen is not an option of the model",
            f"Use {', '.join(sorted(known))}.",
        )
        for row, text in zip(read.rows, listed, strict=True)
        if text not in known
    ]
    if faults:
        raise InputError("The regimen column is refused", faults[:20])
    return words(listed)
