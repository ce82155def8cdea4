"""The mapping report: what became of each marker, each file and each value that was not taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = "cds-study-mapping/1"
HEAD = "Research use only. This report names patients of the study; keep it where the table is kept."


@dataclass(frozen=True)
class MarkerReport:
    """One marker: how many patients got which value, and why the others got none."""

    marker: str
    column: str
    known: int
    values: Mapping[str, int]
    unknown: Mapping[str, int]


@dataclass(frozen=True, order=True)
class Remark:
    """A raw value that was not taken, or a finding that did not change the value."""

    marker: str
    patient: str
    place: str
    raw: str
    why: str


@dataclass(frozen=True)
class MappingReport:
    """The whole report; `as_data` is the JSON document, `as_text` the same for reading."""

    study: str
    mapping: str
    patients: int
    samples: int
    markers: tuple[MarkerReport, ...]
    not_taken: tuple[Remark, ...]
    noted: tuple[Remark, ...]
    left_unknown: Mapping[str, str]
    kept_out: tuple[str, ...]
    files: tuple[Mapping[str, str | None], ...]

    def as_data(self) -> dict[str, Any]:
        """Plain data in a fixed order."""
        return {
            "schema": SCHEMA,
            "notice": HEAD,
            "study": self.study,
            "mapping": self.mapping,
            "patients": self.patients,
            "samples": self.samples,
            "markers": [vars(marker) for marker in self.markers],
            "not_taken": [vars(remark) for remark in self.not_taken],
            "noted": [vars(remark) for remark in self.noted],
            "left_unknown": dict(self.left_unknown),
            "kept_out": list(self.kept_out),
            "files": [dict(file) for file in self.files],
        }

    def as_text(self) -> str:
        """The report as lines of text."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield HEAD
        yield f"Study {self.study}: {self.patients} patients, {self.samples} samples, mapping {self.mapping}"
        yield from ("", "MARKERS")
        for marker in self.markers:
            yield f"{marker.column}: known in {marker.known} of {self.patients}"
            yield from (f"    {value}: {n}" for value, n in marker.values.items())
            yield from (f"    unknown, {why}: {n}" for why, n in marker.unknown.items())
        yield from ("", "LEFT UNKNOWN ON PURPOSE")
        yield from (f"{marker}: {because}" for marker, because in self.left_unknown.items())
        yield from self._remarks("VALUES NOT TAKEN", self.not_taken)
        yield from self._remarks("NOTED, VALUE UNCHANGED", self.noted)
        yield from ("", "COLUMNS KEPT OUT", ", ".join(self.kept_out) or "none")
        yield from ("", "FILES")
        yield from (f"{file['name']} ({file['holds']}): {file['note']}" for file in self.files)

    @staticmethod
    def _remarks(title: str, remarks: tuple[Remark, ...]) -> Iterator[str]:
        yield from ("", title)
        for one in remarks:
            yield f"{one.marker}, patient {one.patient}, {one.place}: {one.raw!r}, {one.why}"
        if not remarks:
            yield "none"
