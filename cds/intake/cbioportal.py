"""Import of a cBioPortal study folder: one row for each patient, and a report on the mapping.

What was profiled decides between negative and unknown. Values that are not plainly understood
are left unknown and listed. A patient's samples must agree, or one of them is chosen by the
caller. All mapping stands in `rules/imports/cbioportal.yaml`.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.errors import Fault, InputError, RulebookError
from cds.intake.gene_calls import Called, SampleCalls, Why
from cds.intake.mapping import ClinicalMap, MarkerTable, StudyMapping, load_mapping
from cds.intake.mapping_report import MappingReport, MarkerReport, Remark
from cds.intake.study import Study
from cds.intake.study_folder import read_study
from cds.intake.values import ValueRefused, looks_like_fraction, read_number
from cds.rulebook.markers import Marker

#: Reasons that another sample's value does not overrule: something was found, but not what.
OPEN = (Why.NOT_UNDERSTOOD, Why.UNDECIDED, Why.DISAGREE)
#: A finding, and the sample or attribute it stands in.
Found = tuple[str, Called]


@dataclass(frozen=True)
class Merged:
    """A marker's value for a patient, or why there is none; `raws` are (place, raw value) pairs."""

    value: str | None
    why: Why | None = None
    raws: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class StudyImport:
    """A study as an input table: `rows` map the `columns` (`id` first) to text; empty is unknown."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    report: MappingReport


def import_study(
    folder: Path,
    book: MarkerTable,
    *,
    mapping: StudyMapping | None = None,
    chosen: Mapping[str, str] | None = None,
) -> StudyImport:
    """Import a study folder; `chosen` names the sample that stands for a patient with several.

    InputError if the folder is no study or is doubtful; RulebookError if the mapping names what
    the rulebook lacks.
    """
    mapping = checked_mapping(book, mapping)
    study = read_study(folder, mapping.genes, mapping.expression.prefer, mapping.former)
    return import_read(study, book, mapping, chosen)


def checked_mapping(book: MarkerTable, mapping: StudyMapping | None = None) -> StudyMapping:
    """The mapping (default: the one that ships); RulebookError if it does not fit the rulebook."""
    mapping = mapping or load_mapping()
    faults = sorted(set(mapping.faults(book)))
    if faults:
        raise RulebookError("The mapping does not fit the rulebook", faults)
    return mapping


def import_read(
    study: Study, book: MarkerTable, mapping: StudyMapping, chosen: Mapping[str, str] | None = None
) -> StudyImport:
    """Import a study whose tables were read, wherever they come from."""
    return _Importer(study, mapping, book, _checked(study, chosen or {})).run()


def _checked(study: Study, chosen: Mapping[str, str]) -> Mapping[str, str]:
    """The chosen samples, each of them one of its patient's."""
    faults = [
        Fault(
            f"patient {patient}", f"{sample!r} is not a sample of this patient", "Choose one of its samples."
        )
        for patient, sample in chosen.items()
        if sample not in study.samples_of(patient)
    ]
    if faults:
        raise InputError("A chosen sample is not in the study", faults)
    return chosen


class _Importer:
    def __init__(
        self, study: Study, mapping: StudyMapping, book: MarkerTable, chosen: Mapping[str, str]
    ) -> None:
        self.study, self.mapping, self.book, self.chosen = study, mapping, book, chosen
        self.calls = {sample: SampleCalls(study, mapping, sample) for sample in study.samples}
        self.samples: dict[str, list[str]] = {patient: [] for patient in study.patients}
        for sample, row in study.samples.items():
            if chosen.get(row["PATIENT_ID"], sample) == sample:
                self.samples[row["PATIENT_ID"]].append(sample)

    def run(self) -> StudyImport:
        """Every marker for every patient, in the order of the rulebook and of the study."""
        filled = self.mapping.filled()
        markers = [marker for marker in self.book.marker.values() if marker.id in filled]
        results = {marker.id: self._column(marker) for marker in markers}
        rows = [
            {"id": patient} | {marker.column: results[marker.id][patient].value or "" for marker in markers}
            for patient in self.study.patients
        ]
        columns = ("id", *(marker.column for marker in markers))
        return StudyImport(self.study.name, columns, tuple(rows), self._report(markers, results))

    def _column(self, marker: Marker) -> dict[str, Merged]:
        """One marker for every patient."""
        clinical = next((entry for entry in self.mapping.clinical if entry.marker == marker.id), None)
        if clinical is not None:
            return {patient: self._clinical(clinical, marker, patient) for patient in self.study.patients}
        call = next(entry for entry in self.mapping.calls if entry.marker == marker.id)
        return {
            patient: _agreed((sample, self.calls[sample].call(call)) for sample in samples)
            for patient, samples in self.samples.items()
        }

    def _clinical(self, entry: ClinicalMap, marker: Marker, patient: str) -> Merged:
        rows = [(patient, self.study.patients[patient])]
        rows += [(sample, self.study.samples[sample]) for sample in self.samples[patient]]
        found = [
            (f"{place} {name}", self._read(entry, marker, row[name]))
            for place, row in rows
            for name in entry.attributes
            if name in row
        ]
        return _agreed(found) if found else Merged(None, Why.NO_ATTRIBUTE)

    def _read(self, entry: ClinicalMap, marker: Marker, raw: str) -> Called:
        """A clinical value: a declared word, or a plain number inside the marker's range."""
        cell = raw.strip()
        if self.mapping.is_blank(cell):
            return Called(why=Why.NO_VALUE)
        if marker.type != "number":
            value = entry.values.get(cell.lower())
            why = Why.TELLS_NOTHING if cell.lower() in entry.tells_nothing else Why.NOT_UNDERSTOOD
            return Called(value) if value is not None else Called(why=why, raw=(raw,))
        try:
            slip = looks_like_fraction(marker, read_number(marker, cell))
        except ValueRefused:
            slip = True
        return Called(why=Why.NOT_UNDERSTOOD, raw=(raw,)) if slip else Called(cell)

    def _report(
        self, markers: Iterable[Marker], results: Mapping[str, Mapping[str, Merged]]
    ) -> MappingReport:
        remarks = [
            (
                merged.value is None,
                Remark(marker, patient, place, raw, merged.why or f"value is {merged.value}"),
            )
            for marker, column in results.items()
            for patient, merged in column.items()
            for place, raw in merged.raws
        ]
        strange = [Remark("none", sample, place, sample, why) for place, sample, why in self.study.strange]
        return MappingReport(
            study=self.study.name,
            mapping=self.mapping.id,
            patients=len(self.study.patients),
            samples=len(self.study.samples),
            markers=tuple(_marker_report(marker, results[marker.id]) for marker in markers),
            not_taken=tuple(sorted([remark for lost, remark in remarks if lost] + strange)),
            noted=tuple(sorted(remark for lost, remark in remarks if not lost)),
            left_unknown={entry.marker: entry.because for entry in self.mapping.left_unknown},
            kept_out=tuple(self._kept_out()),
            files=tuple(vars(file) for file in self.study.files),
        )

    def _kept_out(self) -> Iterator[str]:
        """Clinical attributes that fill no marker, in file order."""
        used = {name for entry in self.mapping.clinical for name in entry.attributes}
        rows = (next(iter(table.values()), {}) for table in (self.study.patients, self.study.samples))
        names = dict.fromkeys(name for row in rows for name in row)
        yield from (name for name in names if name not in used | {"PATIENT_ID", "SAMPLE_ID"})


def _agreed(findings: Iterable[Found]) -> Merged:
    """One finding of several: known ones must agree, and none may be left open beside them.

    If none is known the first reason stands.
    """
    found = list(findings)
    known = [(place, called) for place, called in found if called.value is not None]
    raws = tuple((place, raw) for place, called in found for raw in called.raw)
    if len({_comparable(called.value) for _, called in known}) > 1:
        return Merged(None, Why.DISAGREE, tuple((place, str(called.value)) for place, called in known))
    unknown = [called for _, called in found if called.value is None]
    left_open = [called for called in unknown if called.why in OPEN]
    if known and not left_open:
        return Merged(known[0][1].value, known[0][1].why, raws)
    first = next(iter([*left_open, *unknown]), Called(why=Why.NO_SAMPLE))
    return Merged(None, first.why, raws)


def _comparable(value: str | None) -> str | float | None:
    """Numbers compare as numbers: 50 and 50.0 agree."""
    try:
        return float(value or "")
    except ValueError:
        return value


def _marker_report(marker: Marker, column: Mapping[str, Merged]) -> MarkerReport:
    known = [merged.value for merged in column.values() if merged.value is not None]
    unknown = Counter(str(merged.why) for merged in column.values() if merged.value is None)
    counts = Counter(known)
    values = {value: counts[value] for value in marker.values if counts[value]}
    return MarkerReport(marker.id, marker.column, len(known), values, dict(sorted(unknown.items())))


def to_csv(study: StudyImport) -> str:
    """The table by RFC 4180. Ids stay as they are: this is an input format, not a sheet to open."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(study.columns)
    writer.writerows([row[column] for column in study.columns] for row in study.rows)
    return text.getvalue()


def write(study: StudyImport, out: Path) -> tuple[Path, Path, Path]:
    """Write the table and, beside it, `<name>.mapping.json` and `<name>.mapping.txt`.

    `out` is the CSV file, or an existing folder in which it is called `cohort.csv`. InputError if it
    can't be written.
    """
    table = out / "cohort.csv" if out.is_dir() else out
    report = table.with_suffix(".mapping.json")
    text = table.with_suffix(".mapping.txt")
    document = json.dumps(study.report.as_data(), indent=2, ensure_ascii=False) + "\n"
    try:
        for path, content in ((table, to_csv(study)), (report, document), (text, study.report.as_text())):
            path.write_bytes(content.encode())
    except OSError as error:
        fault = Fault(
            str(out), (error.strerror or "can't be written").lower(), "Name a file in a folder that exists."
        )
        raise InputError("The cohort can't be written", [fault]) from None
    return table, report, text
