"""Is the store what was once written? The chain of the log, and every version against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from cds.files import sha256
from cds.store import audit, tables
from cds.store.cases import CaseStore, unpacked
from cds.store.connect import told
from cds.store.record import Content, agrees

#: What the log says when a version comes to be.
WRITTEN = ("created", "saved", "imported")


@dataclass(frozen=True)
class Verdict:
    """What a check of the store found; `faults` is empty if all is as it was written."""

    lines: int
    versions: int
    head: str
    faults: tuple[str, ...]


def verify_store(store: CaseStore, noted: str | None = None) -> Verdict:
    """Check the log's chain and hold every version against it.

    `noted` is a head that was written down earlier (a report prints it), whole or its beginning.
    """
    with told(), store.engine.connect() as connection:
        log = tuple(audit.entries(connection))
        faults = [*audit.broken(log, noted), *_versions(connection, log)]
        count = len(connection.execute(select(tables.versions.c.number)).all())
        return Verdict(len(log), count, audit.head(connection), tuple(faults))


def _versions(connection: Connection, log: tuple[audit.Entry, ...]) -> Iterator[str]:
    written = {(e.case_id, e.version): e.digest for e in log if e.action in WRITTEN}
    erased = {entry.case_id for entry in log if entry.action == "deleted"}
    heads: dict[str, int] = {}
    found: set[tuple[str, int]] = set()
    for row in connection.execute(select(tables.versions)):
        place = f"case {row.case_id[:8]}, version {row.number}"
        found.add((row.case_id, row.number))
        heads[row.case_id] = max(heads.get(row.case_id, 0), row.number)
        if sha256(row.content) != row.digest:
            yield f"{place}: the content is not the one its digest was made of"
        elif not agrees(Content.model_validate_json(row.content), unpacked(row.assessment)):
            yield f"{place}: the ranking kept with it is not the one it was saved with"
        if written.get((row.case_id, row.number)) != row.digest:
            yield f"{place}: the log does not know this content"
    for case_id, number in sorted(set(written) - found):
        if case_id not in erased:
            yield f"case {case_id[:8]}, version {number}: it is in the log, but was removed from the store"
    for row in connection.execute(select(tables.cases).where(tables.cases.c.deleted_at.is_(None))):
        if heads.get(row.id) != row.head:
            yield f"case {row.id[:8]}: its newest version is not the one the store names"
