"""Export and import: cases as one JSON file, from any store into any other.

Such a file holds patient data. What was exported is not erased when a case is deleted.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from sqlalchemy import insert

from cds.cases import audit, tables
from cds.cases.connect import told, writing
from cds.cases.record import Content, agrees, digest_of, stamp
from cds.cases.refusals import StoreError, refused
from cds.cases.store import CaseStore, check_label, label_key
from cds.errors import Fault
from cds.notice import RESEARCH_ONLY

FORMAT, FORM = "evr-cds-cases", 1
MAX_BYTES = 200_000_000


def export_cases(store: CaseStore, ids: Iterable[str] | None = None, now: dt.datetime | None = None) -> str:
    """Cases with all versions and their ranking as it was, as JSON text; the log notes the export."""
    wanted = [version.case_id for version in store.newest()] if ids is None else list(ids)
    at = stamp(now or dt.datetime.now(dt.UTC))
    cases = [_exported(store, case_id) for case_id in wanted]
    with told(), writing(store.engine) as connection:
        for case_id in wanted:
            newest = next(case for case in cases if case["id"] == case_id)["versions"][-1]
            audit.append(connection, at, store.actor, "exported", case_id, newest["number"], newest["digest"])
    data = {
        "format": FORMAT,
        "form": FORM,
        "notice": f"{RESEARCH_ONLY}. This file holds patient data.",
        "exported_at": at,
        "head": store.head(),
        "cases": cases,
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _exported(store: CaseStore, case_id: str) -> dict[str, Any]:
    versions = [
        {
            "number": version.number,
            "saved_at": version.saved_at,
            "saved_by": version.saved_by,
            "digest": version.digest,
            "content": version.content.model_dump(mode="json"),
            "assessment": store.assessment(case_id, version.number),
        }
        for version in store.history(case_id)
    ]
    return {"id": case_id, "versions": versions}


def import_cases(store: CaseStore, raw: bytes, now: dt.datetime | None = None) -> tuple[int, int]:
    """Take exported cases in: how many came, how many were here already, unchanged.

    All or nothing: a file that is damaged, or a case that stands here with another content or
    label, refuses the whole import.
    """
    data = _parsed(raw)
    at = stamp(now or dt.datetime.now(dt.UTC))
    here = {version.case_id: version for version in store.newest()}
    gone = {tombstone.case_id for tombstone in store.tombstones()}
    labels = {label_key(version.content.label) for version in here.values()}
    fresh, faults = [], []
    for case in data["cases"]:
        fault = _clash(store, case, here, gone, labels)
        if fault:
            faults.append(Fault(f"case {case['id'][:8]}", *fault))
        elif case["id"] not in here:
            fresh.append(case)
    if faults:
        raise StoreError("Nothing was imported", faults)
    with told(), writing(store.engine) as connection:
        for case in fresh:
            _take_in(connection, store.actor, at, case)
    return len(fresh), len(data["cases"]) - len(fresh)


def _parsed(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise refused("The import is refused", "file", f"over {MAX_BYTES:,} bytes", "Export fewer cases.")
    try:
        data = json.loads(raw.decode("utf-8-sig"))
        if data["format"] != FORMAT or data["form"] != FORM:
            raise ValueError("another format")
        for case in data["cases"]:
            for number, version in enumerate(case["versions"], start=1):
                content = Content.model_validate(version["content"])
                check_label(content)
                if version["number"] != number or digest_of(content.as_json()) != version["digest"]:
                    raise ValueError("a version does not agree with its digest")
                if not agrees(content, version.get("assessment")):
                    raise ValueError("an assessment does not agree with its digest")
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
        problem = "it is not a whole export of cases, or was changed since"
        raise refused("The import is refused", "file", problem, "Export it again.") from None
    return dict(data)


def _clash(
    store: CaseStore, case: dict[str, Any], here: dict[str, Any], gone: set[str], labels: set[str]
) -> tuple[str, str] | None:
    case_id, last = case["id"], case["versions"][-1]
    if case_id in gone:
        return "it was deleted here", "Deleted cases stay deleted."
    if case_id in here:
        same = [version.digest for version in store.history(case_id)] == [
            v["digest"] for v in case["versions"]
        ]
        return None if same else ("it stands here with other versions", "Import it into an empty store.")
    if label_key(last["content"]["label"]) in labels:
        return "another case here has its label", "Give that case another label first."
    return None


def _take_in(connection: Any, actor: str, at: str, case: dict[str, Any]) -> None:
    versions = case["versions"]
    label = versions[-1]["content"]["label"]
    connection.execute(
        insert(tables.cases).values(
            id=case["id"],
            label=label,
            label_key=label_key(label),
            head=len(versions),
            created_at=versions[0]["saved_at"],
            created_by=versions[0]["saved_by"],
        )
    )
    for version in versions:
        content = Content.model_validate(version["content"]).as_json()
        assessment = version.get("assessment")
        connection.execute(
            insert(tables.versions).values(
                case_id=case["id"],
                number=version["number"],
                saved_at=version["saved_at"],
                saved_by=version["saved_by"],
                content=content,
                digest=digest_of(content),
                assessment=None if assessment is None else zlib.compress(assessment.encode(), 9),
            )
        )
        audit.append(connection, at, actor, "imported", case["id"], version["number"], digest_of(content))
