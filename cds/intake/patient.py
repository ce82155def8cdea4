"""One patient from a YAML or JSON file, read strictly: all faults at once, nothing guessed.

    id: OS-0042
    markers:
      age: 34
      platelets: {value: 210, unit: 10^9/L, date: 2026-11-01}
      prior_drugs: [{drug: sorafenib, outcome: progressed}]

A marker that is not listed is not known. A percent that reads as a fraction counts as not known
and is flagged, unless it carries `flag: confirmed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds.cohort import Cohort, Drugs, Value, cohort_from_profiles
from cds.errors import Fault, InputError, unknown_name
from cds.intake.values import (
    ValueRefused,
    drug_use,
    is_implausible,
    looks_like_fraction,
    read_value,
)
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.rulebook.strict_yaml import Tree, parse

DETAILS = ("unit", "assay", "specimen", "date", "timing", "flag", "stated_by")
MAX_BYTES, MAX_ID = 1_000_000, 80


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
    tree = parse_json(raw, path.name) if path.suffix == ".json" else parse(raw, path.name)
    return patient_from_tree(tree, book)


def parse_json(raw: bytes, name: str) -> Tree:
    """Strict JSON: no duplicate keys, no NaN; numbers and words stay text as they were written."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in items}) < len(items):
            raise ValueError("a key stands twice")
        return dict(items)

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not a JSON value")

    try:
        if len(raw) > MAX_BYTES:
            raise ValueError(f"over {MAX_BYTES:,} bytes")
        data = json.loads(
            raw.decode("utf-8-sig"),
            object_pairs_hook=pairs,
            parse_constant=refuse,
            parse_int=str,
            parse_float=str,
        )
        json.dumps(data, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        problem = getattr(error, "msg", None) or str(error).splitlines()[0]
        raise InputError(
            "The JSON is refused", [Fault(f"{name}:{line}", problem, "Mend the file.")]
        ) from None
    return Tree(name, data, {})


def patient_from_tree(tree: Tree, book: Rulebook) -> Patient:
    """Check and convert a parsed patient file."""
    reader = _Reader(tree, book)
    patient = reader.patient()
    if reader.faults:
        count = len(reader.faults)
        raise InputError(f"{count} fault{'s' if count > 1 else ''} in {tree.name}", reader.faults)
    return patient


class _Reader:
    def __init__(self, tree: Tree, book: Rulebook) -> None:
        self.tree, self.book = tree, book
        self.faults: list[Fault] = []
        self.flags: list[str] = []
        self.details: dict[str, dict[str, str]] = {}

    def patient(self) -> Patient:
        data = self.tree.data
        if not isinstance(data, dict) or set(data) - {"id", "markers", "label"} or "id" not in data:
            self._fault((), "expected `id` and `markers`, nothing else", "See examples/patients.")
            return Patient("", {})
        name = data["id"]
        if not isinstance(name, str) or not name.strip() or len(name) > MAX_ID or not name.isprintable():
            self._fault(("id",), "the id is empty, too long or not printable", "Use a short pseudonym.")
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
            self.faults += unknown_name(self.tree.place(place), "marker", key, self.book.marker)
            return None
        if not marker.enterable:
            self._fault(place, f"{key} is derived and can't be entered", "Enter what it is made of.")
            return None
        try:
            return self._value(marker, body)
        except ValueRefused as refused:
            self._fault(place, refused.problem, refused.remedy)
            return None

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
                    "drug", f"{marker.id}: expected drug and outcome", "See examples/patients."
                )
            uses.append(drug_use(self.book, marker, str(parts["drug"]), parts.get("outcome")))
        return tuple(sorted(uses, key=str))

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
        confirmed = self.details.get(marker.id, {}).get("flag") == "confirmed"
        if not isinstance(value, float) or confirmed:
            return value
        if looks_like_fraction(marker, value):
            self.flags.append(
                f"{marker.id}: {value:g} looks like a fraction; counted as not known until confirmed"
            )
            return None
        if is_implausible(marker, value):
            self.flags.append(f"{marker.id}: {value:g} {marker.unit} is unusual; counted as it is")
        return value
