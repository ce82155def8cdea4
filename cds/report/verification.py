"""Verify a report: read the data in it, rank again, and compare the data and the file itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cds.assessment import Context, assess
from cds.cohort import Cohort, Profile, cohort_from_profiles
from cds.intake.values import ValueRefused, read_value
from cds.report import envelope, files
from cds.report.case import document as case
from cds.report.phrases import day
from cds.result import Assessment
from cds.rulebook.book import Rulebook

MAX_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """What verifying found: `reproduced` only if the data and the file come out the same."""

    reproduced: bool
    lines: tuple[str, ...]


def verify(path: Path, book: Rulebook) -> Verdict:
    """Verify an HTML, PDF or JSON report; InputError if it can't be read as one."""
    form, raw = envelope.read(path)
    recorded = envelope.unpack(form, raw, path.name)
    origin = _origin(recorded, book)
    try:
        now = again(recorded, book)
    except (ValueRefused, KeyError) as problem:
        said = getattr(problem, "problem", f"marker {problem} is not in this rulebook")
        return Verdict(False, (*origin, f"The recorded values can't be ranked with this rulebook: {said}."))
    differences = list(compare(recorded.model_dump(mode="json"), now.model_dump(mode="json")))
    if differences:
        shown = differences[:MAX_SHOWN]
        more = len(differences) - len(shown)
        rest = [f"and {more} more"] if more else []
        return Verdict(False, (*origin, f"Not reproduced: {len(differences)} values differ.", *shown, *rest))
    altered = _altered(form, raw, recorded, book)
    if altered:
        return Verdict(False, (*origin, "The data are reproduced, the file is not.", altered))
    return Verdict(
        True, (*origin, f"reproduced: report {case.number(recorded)}, the same data and the same file")
    )


def _origin(recorded: Assessment, book: Rulebook) -> tuple[str, ...]:
    made = recorded.provenance
    said = [f"made by {made.software} on {day(made.made_on)}, rulebook {made.rulebook_version}"]
    if made.rulebook_digest != book.digest:
        said.append(f"another rulebook: recorded {made.rulebook_digest[:12]}, here {book.digest[:12]}")
    return tuple(said)


def again(recorded: Assessment, book: Rulebook) -> Assessment:
    """The assessment made again from the recorded values, with the sections the recorded one has."""
    cohort = cohort_of(recorded, book)
    made = recorded.provenance
    details = {value.marker: value.details for value in recorded.entered}
    on = dt.date.fromisoformat(made.made_on) if made.made_on else None
    now = assess(cohort, book, context=Context(details, recorded.flags, made.assumptions, on))
    if recorded.robustness is not None:
        from cds.robustness.summary import with_robustness

        kept = recorded.robustness
        now = with_robustness(now, cohort, book, kept.seed, kept.draws)
    if recorded.contrasts is not None:
        from cds.robustness.contrast import with_contrasts

        now = with_contrasts(now, book)
    if recorded.model is not None:
        from cds.comparison.with_model import with_model
        from cds.risk.shelf import named

        model, _ = named(f"{recorded.model.id}@{recorded.model.digest}", book)
        now = with_model(now, cohort, book, model, recorded.model.pinned)
    return now


def cohort_of(recorded: Assessment, book: Rulebook) -> Cohort:
    """The recorded patient as a cohort of one; ValueRefused for a value that this rulebook refuses."""
    profile: dict[str, Any] = {}
    for value in recorded.entered:
        marker = book.marker[value.marker]
        profile[value.marker] = read_value(book, marker, value.value)
    known: Profile = {name: value for name, value in profile.items() if value is not None}
    return cohort_from_profiles(book, [known], [recorded.patient])


def compare(recorded: Any, now: Any, place: str = "") -> Iterator[str]:
    """Every place at which two JSON values differ, with both values."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in sorted(recorded.keys() | now.keys()):
            yield from compare(recorded.get(key), now.get(key), f"{place}.{key}" if place else key)
    elif isinstance(recorded, list) and isinstance(now, list) and len(recorded) == len(now):
        for index, (left, right) in enumerate(zip(recorded, now, strict=True)):
            yield from compare(left, right, f"{place}[{_name(left, index)}]")
    elif recorded != now:
        yield f"{place}: recorded {_short(recorded)}, now {_short(now)}"


def _name(item: Any, index: int) -> str:
    """An entry by its own name where it has one."""
    names = ("policy", "option", "rule", "id", "code", "marker")
    named = (str(item[name]) for name in names if name in item) if isinstance(item, dict) else iter(())
    return next(named, str(index))


def _short(value: Any) -> str:
    text = f"{len(value)} entries" if isinstance(value, (list, dict)) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _altered(form: envelope.Form, raw: bytes, recorded: Assessment, book: Rulebook) -> str | None:
    """What is wrong with the file itself; None if it is byte for byte what its data give."""
    made = files.render(recorded, book, case.case_document(recorded, book), form)
    if made == raw:
        return None
    if form == "json" and made.strip() == raw.strip():
        return None
    if form == "pdf":
        return (
            "The bytes of the PDF differ from what its data give: it was altered, or made with another "
            f"version of typst (here {version('typst')})."
        )
    return "The text of the file differs from what its data give: it was altered after it was made."


__all__ = ["Verdict", "again", "cohort_of", "compare", "verify"]
