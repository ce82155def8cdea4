"""Export and import: cases as one JSON file, from any store into any other.

Such a file holds patient data. What was exported is not erased when a case is deleted.
"""

from __future__ import annotations

import codecs
import datetime as dt
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationError
from sqlalchemy import Connection, insert

from cds.errors import Fault
from cds.files import sha256
from cds.notice import RESEARCH_ONLY
from cds.rulebook.base import Record
from cds.store import audit, tables
from cds.store.cases import CaseStore, check_label, label_key
from cds.store.connect import told, writing
from cds.store.record import Content, agrees, stamp
from cds.store.refusals import StoreError, refused

FORMAT: Literal["evr-cds-cases"] = "evr-cds-cases"
FORM: Literal[1] = 1
MAX_BYTES = 200_000_000


def _moment(text: str) -> str:
    if stamp(dt.datetime.fromisoformat(text)) != text:
        raise ValueError("not a moment as the store writes it")
    return text


class ExportedVersion(Record):
    """One version of a case as it stands in an export."""

    number: int
    saved_at: Annotated[str, AfterValidator(_moment)]
    saved_by: str = Field(min_length=1)
    digest: str
    content: Content
    assessment: str | None = None


class Exported(Record):
    """One case as it stands in an export, with all its versions in their order."""

    id: Annotated[str, AfterValidator(lambda text: str(UUID(text)))]
    versions: tuple[ExportedVersion, ...] = Field(min_length=1)

    @property
    def label(self) -> str:
        """The label of the newest version."""
        return self.versions[-1].content.label


class ExportFile(Record):
    """The whole file."""

    format: Literal["evr-cds-cases"]
    form: Literal[1]
    notice: str
    exported_at: str
    head: str
    cases: tuple[Exported, ...]


def export_cases(store: CaseStore, ids: Iterable[str] | None = None, now: dt.datetime | None = None) -> str:
    """Cases with all versions and their ranking as it was, as JSON text; the log notes the export."""
    wanted = [version.case_id for version in store.newest()] if ids is None else list(ids)
    at = stamp(now or dt.datetime.now(dt.UTC))
    cases = tuple(_exported(store, case_id) for case_id in wanted)
    with told(), writing(store.engine) as connection:
        for case in cases:
            newest = case.versions[-1]
            audit.append(connection, at, store.actor, "exported", case.id, newest.number, newest.digest)
    file = ExportFile(
        format=FORMAT,
        form=FORM,
        notice=f"{RESEARCH_ONLY}. This file holds patient data.",
        exported_at=at,
        head=store.head(),
        cases=cases,
    )
    return json.dumps(file.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def _exported(store: CaseStore, case_id: str) -> Exported:
    versions = tuple(
        ExportedVersion(
            number=version.number,
            saved_at=version.saved_at,
            saved_by=version.saved_by,
            digest=version.digest,
            content=version.content,
            assessment=store.assessment(case_id, version.number),
        )
        for version in store.history(case_id)
    )
    return Exported(id=case_id, versions=versions)


def import_cases(store: CaseStore, raw: bytes, now: dt.datetime | None = None) -> tuple[int, int]:
    """Take exported cases in: how many came, how many were here already, unchanged.

    All or nothing: a file that is damaged, or a case that stands here with another content or
    label, refuses the whole import.
    """
    cases = _read(raw)
    at = stamp(now or dt.datetime.now(dt.UTC))
    here = {version.case_id for version in store.newest()}
    gone = {tombstone.case_id for tombstone in store.tombstones()}
    labels = {label_key(version.content.label) for version in store.newest()}
    fresh, faults = [], []
    for case in cases:
        fault = _clash(store, case, here, gone, labels)
        if fault:
            faults.append(Fault(f"case {case.id[:8]}", *fault))
        elif case.id not in here:
            fresh.append(case)
            labels.add(label_key(case.label))
    if faults:
        raise StoreError("Nothing was imported", faults)
    with told(), writing(store.engine) as connection:
        for case in fresh:
            _take_in(connection, store.actor, at, case)
    return len(fresh), len(cases) - len(fresh)


def _read(raw: bytes) -> tuple[Exported, ...]:
    """The cases of an export, each as whole as it was written; StoreError names what is not."""
    if len(raw) > MAX_BYTES:
        raise refused("The import is refused", "file", f"over {MAX_BYTES:,} bytes", "Export fewer cases.")
    try:
        cases = ExportFile.model_validate_json(raw.removeprefix(codecs.BOM_UTF8)).cases
    except ValidationError as error:
        raise StoreError("The import is refused", _misshapen(error)) from None
    faults = [*_twice(cases), *(fault for case in cases for fault in _bent(case))]
    if faults:
        raise StoreError("The import is refused", faults)
    return cases


def _misshapen(error: ValidationError) -> list[Fault]:
    """A fault for each innermost place; what stands there is not shown."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    places = dict.fromkeys(tuple(map(str, detail["loc"])) for detail in details)
    around = {place[:size] for place in places for size in range(len(place))}
    problem, remedy = "not as an export of cases has it", "Export it again."
    return [Fault(".".join(place) or "file", problem, remedy) for place in places if place not in around]


def _twice(cases: tuple[Exported, ...]) -> Iterator[Fault]:
    for case_id, count in Counter(case.id for case in cases).items():
        if count > 1:
            yield Fault(f"case {case_id[:8]}", f"stands {count} times in the file", "Export it again.")


def _bent(case: Exported) -> Iterator[Fault]:
    """What of a case is not as it was exported."""
    for number, version in enumerate(case.versions, start=1):
        place = f"case {case.id[:8]}, version {number}"
        try:
            check_label(version.content)
        except StoreError as fault:
            yield from fault.faults
        if version.number != number:
            yield Fault(place, "stands out of order, or one before it is missing", "Export it again.")
        if sha256(version.content.as_json()) != version.digest:
            yield Fault(place, "does not agree with its digest", "Export it again.")
        if not agrees(version.content, version.assessment):
            yield Fault(place, "its assessment does not agree with its digest", "Export it again.")


def _clash(
    store: CaseStore, case: Exported, here: set[str], gone: set[str], labels: set[str]
) -> tuple[str, str] | None:
    if case.id in gone:
        return "it was deleted here", "Deleted cases stay deleted."
    if case.id in here:
        kept = [version.digest for version in store.history(case.id)]
        same = kept == [version.digest for version in case.versions]
        return None if same else ("it stands here with other versions", "Import it into an empty store.")
    if label_key(case.label) in labels:
        return "another case has its label, here or in the file", "Give that case another label first."
    return None


def _take_in(connection: Connection, actor: str, at: str, case: Exported) -> None:
    connection.execute(
        insert(tables.cases).values(
            id=case.id,
            label=case.label,
            label_key=label_key(case.label),
            head=len(case.versions),
            created_at=case.versions[0].saved_at,
            created_by=case.versions[0].saved_by,
        )
    )
    for version in case.versions:
        packed = None if version.assessment is None else zlib.compress(version.assessment.encode(), 9)
        connection.execute(
            insert(tables.versions).values(
                case_id=case.id,
                number=version.number,
                saved_at=version.saved_at,
                saved_by=version.saved_by,
                content=version.content.as_json(),
                digest=version.digest,
                assessment=packed,
            )
        )
        audit.append(connection, at, actor, "imported", case.id, version.number, version.digest)
