"""One patient from a YAML or JSON file, read strictly: all faults at once, nothing guessed.

    id: OS-0042
    markers:
      age: 34
      platelets: {value: 210, unit: 10^9/L, date: 2026-11-01}
      prior_drugs: [{drug: sorafenib, outcome: progressed}]

A marker that is not listed is not known. A percent that reads as a fraction, or a number without
its unit that reads as one in another unit, counts as not known and is flagged, unless it carries
`flag: confirmed`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds.cohort import Cohort, Drugs, Value, cohort_from_profiles
from cds.errors import Fault, InputError, unknown_name
from cds.files import read_json
from cds.intake.patient_id import id_fault
from cds.intake.values import (
    ValueRefused,
    drug_use,
    is_implausible,
    looks_like_fraction,
    looks_like_other_unit,
    other_units,
    read_value,
    unlisted_drugs,
)
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.rulebook.strict_yaml import Tree, parse
from cds.vocabulary import TIMINGS

DETAILS = ("unit", "assay", "specimen", "date", "timing", "flag", "stated_by")
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Patient:
    """One patient as read: the profile, what was said beside the values, and what looks odd."""

    id: str
    profile: Mapping[str, Value]
    details: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def cohort(self, book: Rulebook) -> Cohort:
        """The patient as a cohort of one."""
        return cohort_from_profiles(book, [self.profile], [self.id])


def read_patient(path: Path, book: Rulebook) -> Patient:
    """Read one patient from a `.yaml`, `.yml` or `.json` file; InputError lists every fault."""
    try:
        if not path.is_file():
            raise InputError(
                "The patient can't be read", [Fault(path.name, "not a regular file", "Name a file.")]
            )
        raw = path.read_bytes()
    except OSError as error:
        raise InputError("The patient can't be read", [Fault(path.name, str(error.strerror))]) from None
    tree = parse_json(raw, path.name) if path.suffix.lower() == ".json" else parse(raw, path.name)
    return patient_from_tree(tree, book)


def parse_json(raw: bytes, name: str) -> Tree:
    """Strict JSON: no duplicate keys, no NaN; numbers and words stay text as they were written."""
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError(f"over {MAX_BYTES:,} bytes")
        data = read_json(raw, numbers_as_text=True)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        problem = getattr(error, "msg", None) or str(error).splitlines()[0]
        raise InputError(
            "The JSON is refused", [Fault(f"{name}:{line}", problem, "Mend the file.")]
        ) from None
    return Tree(name, data, _lines_of_keys(raw.decode("utf-8-sig"), data))


def _lines_of_keys(text: str, data: Any) -> dict[tuple[str | int, ...], int]:
    """The line of each marker's key, where it first stands as a key."""
    markers = data.get("markers") if isinstance(data, dict) else None
    first: dict[str, int] = {}
    for found in re.finditer(r'"((?:[^"\\]|\\.)*)"\s*:', text):
        first.setdefault(found[1], text.count("\n", 0, found.start()) + 1)
    return (
        {("markers", key): first[key] for key in markers if key in first} if isinstance(markers, dict) else {}
    )


def patient_from_tree(tree: Tree, book: Rulebook, sure: bool = False) -> Patient:
    """Check and convert a parsed patient file; `sure` refuses what else is only flagged."""
    reader = _Reader(tree, book)
    patient = reader.patient()
    faults = [*reader.faults, *(_unsure(tree, flag) for flag in reader.flags if sure)]
    if faults:
        raise InputError(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {tree.name}", faults)
    return patient


def _unsure(tree: Tree, flag: str) -> Fault:
    marker = flag.partition(":")[0]
    return Fault(tree.place(("markers", marker)), flag, "Mend it, or confirm a number by `flag: confirmed`.")


class _Reader:
    def __init__(self, tree: Tree, book: Rulebook) -> None:
        self.tree, self.book = tree, book
        self.faults: list[Fault] = []
        self.flags: list[str] = []
        self.details: dict[str, dict[str, str]] = {}

    def patient(self) -> Patient:
        data = self.tree.data
        if not isinstance(data, dict):
            self._fault((), "is not a list of `id` and `markers`", "See examples/patients.")
            return Patient("", {})
        for key in sorted(set(data) - {"id", "markers", "label"}):
            moved = "Write it below `markers`, indented." if key in self.book.marker else "Remove it."
            self._fault((key,), f"{key!r} stands beside `id` and `markers`", moved)
        if "id" not in data:
            self._fault((), "has no `id`", "Give the patient a pseudonym: `id: OS-0042`.")
            return Patient("", {})
        name = data["id"]
        if not isinstance(name, str):
            self._fault(("id",), "the id is not one word", "Use a short pseudonym.")
        elif fault := id_fault(name):
            self._fault(("id",), *fault[1:])
        markers = data.get("markers", {})
        if not isinstance(markers, dict):
            self._fault(("markers",), "expected marker: value", "See examples/patients.")
            markers = {}
        profile = {key: value for key in markers if (value := self._marker(key, markers[key])) is not None}
        return Patient(str(name), profile, self.details, tuple(self.flags))

    def _fault(self, path: tuple[str | int, ...], problem: str, remedy: str) -> None:
        self.faults.append(Fault(self.tree.place(path), problem, remedy))

    def _marker(self, key: str, body: Any) -> Value | None:
        place = ("markers", key)
        marker = self.book.marker.get(key)
        if marker is None:
            self.faults += self._unknown(self.tree.place(place), key)
            return None
        if not marker.enterable:
            self._fault(place, f"{key} is derived and can't be entered", "Enter what it is made of.")
            return None
        try:
            return self._value(marker, body)
        except ValueRefused as refused:
            self._fault(place, refused.problem, refused.remedy)
            return None

    def _unknown(self, place: str, key: str) -> Iterator[Fault]:
        """A fault that suggests the markers a name may stand for: by start, label or spelling."""
        plain = key.strip().lower()
        meant = [
            one.id
            for one in self.book.markers
            if one.enterable and (one.id.startswith(f"{plain}_") or plain in (one.id, one.label.lower()))
        ]
        if meant:
            yield Fault(place, f"unknown marker {key!r}", f"Did you mean {' or '.join(meant[:4])}?")
        else:
            yield from unknown_name(place, "marker", key, self.book.marker)

    def _value(self, marker: Marker, body: Any) -> Value | None:
        if isinstance(body, list):
            return self._listed(marker, body)
        if isinstance(body, dict):
            return self._detailed(marker, body)
        if not isinstance(body, str):
            raise ValueRefused("value", f"{marker.id}: the entry is not a value", "Write a word or a number.")
        return self._checked(marker, body, 1.0)

    def _listed(self, marker: Marker, body: list[Any]) -> Drugs:
        if marker.type != "drugs":
            raise ValueRefused("two_results", f"{marker.id} has several results", "Choose one of them.")
        uses = []
        for item in body:
            parts = {"drug": item} if isinstance(item, str) else item
            if not isinstance(parts, dict) or not {"drug"} <= set(parts) <= {"drug", "outcome"}:
                raise ValueRefused(
                    "drug", f"{marker.id}: expected drug and outcome, nothing else", "See examples/patients."
                )
            uses.append(drug_use(self.book, marker, str(parts["drug"]), parts.get("outcome")))
        return self._listed_or_flagged(marker, tuple(sorted(uses, key=str)))

    def _listed_or_flagged(self, marker: Marker, uses: Drugs) -> Drugs:
        """The drugs as they are; names that the rulebook lacks are flagged."""
        if said := unlisted_drugs(self.book, uses):
            self.flags.append(f"{marker.id}: {said}")
        return uses

    def _detailed(self, marker: Marker, body: dict[str, Any]) -> Value | None:
        details = {key: value for key, value in body.items() if key != "value"}
        for key, value in details.items():
            if key not in DETAILS or not isinstance(value, str):
                allowed = ", ".join(DETAILS)
                raise ValueRefused(
                    "detail", f"{marker.id}: {key!r} is not a detail", f"Use value, {allowed}."
                )
        if not isinstance(body.get("value"), str):
            raise ValueRefused("value", f"{marker.id}: the value is not one word or number", "Mend it.")
        _check_details(marker, details)
        self.details[marker.id] = details
        return self._checked(marker, body["value"], self._factor(marker, details.get("unit")))

    def _factor(self, marker: Marker, unit: str | None) -> float:
        factors = {marker.unit: 1.0} | {other.name: other.factor for other in marker.other_units}
        if unit is None:
            return 1.0
        if unit not in factors:
            known = ", ".join(str(name) for name in factors)
            raise ValueRefused("unit", f"{marker.id}: unit {unit!r} is not known", f"Use one of: {known}.")
        return factors[unit]

    def _checked(self, marker: Marker, text: str, factor: float) -> Value | None:
        value = read_value(self.book, marker, text, factor)
        if isinstance(value, tuple):
            return self._listed_or_flagged(marker, value)
        said = self.details.get(marker.id, {})
        if not isinstance(value, float) or said.get("flag") == "confirmed":
            return value
        if looks_like_fraction(marker, value):
            self.flags.append(
                f"{marker.id}: {value:g} looks like a fraction; counted as not known until confirmed"
            )
            return None
        if "unit" not in said and looks_like_other_unit(marker, value):
            units = " or ".join(other_units(marker, value, factor))
            self.flags.append(
                f"{marker.id}: {value:g} {marker.unit} looks like {units}; not known until its unit is given"
            )
            return None
        if is_implausible(marker, value):
            self.flags.append(f"{marker.id}: {value:g} {marker.unit} is unusual; counted as it is")
        return value


def _check_details(marker: Marker, details: Mapping[str, str]) -> None:
    """ValueRefused if what is said beside a value is not of its kind."""
    if problem := date_problem(details.get("date", "")):
        raise ValueRefused("date", f"{marker.id}: {problem}", "Write year-month-day, or leave the date out.")
    if details.get("timing", "") not in ("", *TIMINGS):
        raise ValueRefused(
            "timing", f"{marker.id}: the timing is not known", "Write before therapy or after therapy."
        )
    if details.get("flag", "") not in ("", "confirmed"):
        raise ValueRefused(
            "flag", f"{marker.id}: the flag is not known", "Write confirmed where an odd value is meant so."
        )


def date_problem(text: str) -> str | None:
    """What is wrong with a date; None if it is empty, or a day (ISO 8601) that has begun somewhere."""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        return "the date is not of the form 2026-11-23"
    begun = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=14)).date()
    return "the date lies in the future" if day > begun else None
