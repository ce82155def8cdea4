"""A draft: a patient as typed into a form, read strictly, with every fault beside its field.

The body of a marker has the shape of a patient file, so that a draft, a saved version and a file
on disk are read by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cds.cohort import Value, show
from cds.errors import InputError
from cds.files import canonical, sha256
from cds.intake.patient import Patient, patient_from_tree
from cds.intake.template import entered
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.rulebook.strict_yaml import Tree
from cds.wording import printed

#: What may be said beside a value; the rest of `cds.intake.patient.DETAILS` is set by the form itself.
SAID_BESIDE = ("assay", "specimen", "date", "timing", "stated_by")


@dataclass
class Draft:
    """What was typed so far: a label, and one body for each marker that was touched."""

    label: str = ""
    markers: dict[str, Any] = field(default_factory=dict)

    def put(self, marker: str, value: str, unit: str | None = None) -> None:
        """Set a value as typed; an empty one makes the marker not known again."""
        value = value.strip()
        if not value:
            self.markers.pop(marker, None)
            return
        said = self.details(marker)
        said.pop("flag", None)
        if unit is not None:
            said["unit"] = unit
        self.markers[marker] = {"value": value, **said} if said else value

    def say(self, marker: str, detail: str, text: str) -> None:
        """Set what is said beside a value (assay, specimen, date ...); empty takes it back."""
        if marker not in self.markers or isinstance(self.markers[marker], list):
            return
        said = self.details(marker)
        said[detail] = text.strip()
        said = {key: word for key, word in said.items() if word}
        value = self.value(marker)
        self.markers[marker] = {"value": value, **said} if said else value

    def put_drugs(self, marker: str, drugs: Mapping[str, str | None] | None) -> None:
        """Set a drug list: name -> outcome. An empty mapping says `none`, None says not known."""
        if drugs is None:
            self.markers.pop(marker, None)
        elif not drugs:
            self.markers[marker] = "none"
        else:
            listed = [{"drug": name, "outcome": outcome} for name, outcome in drugs.items()]
            self.markers[marker] = [{k: word for k, word in item.items() if word} for item in listed]

    def value(self, marker: str) -> str:
        """The value as typed; empty if there is none."""
        body = self.markers.get(marker, "")
        if isinstance(body, dict):
            return str(body.get("value", ""))
        return body if isinstance(body, str) else ""

    def details(self, marker: str) -> dict[str, str]:
        """What is said beside the value."""
        body = self.markers.get(marker)
        return {k: str(v) for k, v in body.items() if k != "value"} if isinstance(body, dict) else {}

    def drugs(self, marker: str) -> dict[str, str | None] | None:
        """The drug list as name -> outcome; None if not known, empty for the word `none`."""
        body = self.markers.get(marker)
        if isinstance(body, list):
            parts = [{"drug": item} if isinstance(item, str) else item for item in body]
            return {str(part["drug"]): part.get("outcome") for part in parts}
        return {} if body is not None else None

    def tree(self) -> dict[str, Any]:
        """The draft in the shape of a patient file."""
        return {"id": self.label, "markers": dict(self.markers)}

    @property
    def digest(self) -> str:
        """SHA-256 of label and markers; equal drafts have equal digests."""
        return sha256(canonical(self.tree()))


@dataclass(frozen=True)
class FieldFault:
    """Why one field can't be used, and how it is put right."""

    marker: str
    label: str
    group: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class ReadBack:
    """One value as it was understood."""

    marker: str
    label: str
    group: str
    typed: str
    understood: str
    remark: str


@dataclass(frozen=True)
class Reading:
    """A draft as read: the patient, the faults by marker, and the list to read back."""

    patient: Patient
    faults: tuple[FieldFault, ...]
    back: tuple[ReadBack, ...]


def draft_from_tree(data: Mapping[str, Any]) -> Draft:
    """The draft of a patient file or of a saved version."""
    return Draft(str(data.get("id", "")), dict(data.get("markers", {})))


def read_draft(draft: Draft, book: Rulebook) -> Reading:
    """Read every field; what can't be read is left out of the patient and listed as a fault."""
    profile: dict[str, Value] = {}
    details: dict[str, Mapping[str, str]] = {}
    flags: list[str] = []
    faults: list[FieldFault] = []
    back: list[ReadBack] = []
    for marker in entered(book):
        if marker.id not in draft.markers:
            continue
        try:
            one = read_field(draft, marker, book)
        except InputError as refused:
            faults += _faults(marker, refused)
            continue
        profile |= one.profile
        details |= one.details
        flags += one.flags
        back.append(_read_back(draft, marker, one, book))
    patient = Patient(draft.label.strip() or "unnamed case", profile, details, tuple(flags))
    return Reading(patient, tuple(faults), tuple(back))


def read_field(draft: Draft, marker: Marker, book: Rulebook) -> Patient:
    """One field as a patient of one value; InputError says what is wrong with it."""
    tree = Tree("form", {"id": "form", "markers": {marker.id: draft.markers[marker.id]}}, {})
    return patient_from_tree(tree, book)


def _faults(marker: Marker, refused: InputError) -> list[FieldFault]:
    prefix = f"{marker.id}: "
    return [
        FieldFault(marker.id, marker.label, marker.group, fault.problem.removeprefix(prefix), fault.remedy)
        for fault in refused.faults
    ]


def _read_back(draft: Draft, marker: Marker, one: Patient, book: Rulebook) -> ReadBack:
    value = one.profile.get(marker.id)
    prefix = f"{marker.id}: "
    remarks = [flag.removeprefix(prefix) for flag in one.flags]
    body, unit = draft.markers[marker.id], draft.details(marker.id).get("unit", marker.unit)
    typed = "" if marker.type == "category" else draft.value(marker.id)
    if isinstance(body, list):
        typed = "; ".join(map(_drug_text, body))
    elif unit and marker.unit:
        typed = f"{typed}\u00a0{printed(unit)}"
        value = float(f"{value:.3g}") if unit != marker.unit and isinstance(value, float) else value
    understood = "not used" if value is None else show(marker, value)
    return ReadBack(marker.id, marker.label, marker.group, typed, understood, "; ".join(remarks))


def _drug_text(item: Any) -> str:
    if isinstance(item, str):
        return item
    return f"{item['drug']}: {item['outcome']}" if item.get("outcome") else str(item["drug"])
