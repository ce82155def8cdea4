"""The case store: every version of every case, kept; nothing is edited in place.

Saving names the version that was opened; if a newer one was saved since, nothing is written.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, and_, delete, insert, select, text, update
from sqlalchemy.engine import URL

from cds.files import sha256
from cds.store import audit, tables
from cds.store.connect import connect, told, writing
from cds.store.labels import label_fault, looks_personal
from cds.store.places import local_user, shown, store_url
from cds.store.record import Content, stamp
from cds.store.refusals import NotSaved, refused


@dataclass(frozen=True)
class Version:
    """One saved version."""

    case_id: str
    number: int
    saved_at: str
    saved_by: str
    digest: str
    content: Content
    newest: int


@dataclass(frozen=True)
class Tombstone:
    """What is left of a deleted case."""

    case_id: str
    deleted_at: str
    deleted_by: str
    versions: int


class CaseStore:
    """Cases in an SQLite file or a PostgreSQL database."""

    def __init__(self, engine: Engine, actor: str) -> None:
        """`actor` is who signs what is written."""
        self.engine, self.actor = engine, actor

    @property
    def place(self) -> str:
        """The address of the store, without a password."""
        return shown(self.engine.url)

    def as_actor(self, actor: str) -> CaseStore:
        """The same store, signed by somebody else."""
        return CaseStore(self.engine, actor)

    # --- reading ------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with told(), writing(self.engine) as connection:
            yield connection

    def newest(self) -> tuple[Version, ...]:
        """The newest version of every case, last saved first."""
        joined = and_(
            tables.cases.c.id == tables.versions.c.case_id, tables.cases.c.head == tables.versions.c.number
        )
        query = (
            select(tables.versions, tables.cases.c.head)
            .join(tables.cases, joined)
            .order_by(tables.versions.c.saved_at.desc())
        )
        with self._reading() as connection:
            return tuple(_version(row) for row in connection.execute(query))

    def get(self, case_id: str, number: int | None = None) -> Version:
        """One version of a case; the newest if no number is given."""
        wanted = tables.cases.c.head if number is None else number
        query = (
            select(tables.versions, tables.cases.c.head)
            .join(tables.cases, tables.cases.c.id == tables.versions.c.case_id)
            .where(tables.versions.c.case_id == case_id, tables.versions.c.number == wanted)
        )
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise refused("No such case", case_id[:8], "no case or version of this number is kept here")
        return _version(row)

    def history(self, case_id: str) -> tuple[Version, ...]:
        """All versions of a case, first to newest."""
        return tuple(self.get(case_id, number) for number in range(1, self.get(case_id).newest + 1))

    def assessment(self, case_id: str, number: int) -> str | None:
        """The assessment a version was saved with, as canonical JSON."""
        query = select(tables.versions.c.assessment).where(
            tables.versions.c.case_id == case_id, tables.versions.c.number == number
        )
        with self._reading() as connection:
            packed = connection.execute(query).scalar()
        return unpacked(packed)

    def tombstones(self) -> tuple[Tombstone, ...]:
        """What is left of deleted cases."""
        query = (
            select(tables.cases)
            .where(tables.cases.c.deleted_at.is_not(None))
            .order_by(tables.cases.c.deleted_at)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Tombstone(row.id, str(row.deleted_at), str(row.deleted_by), row.head) for row in rows)

    def head(self) -> str:
        """The hash of the last line of the audit log."""
        with self._reading() as connection:
            return audit.head(connection)

    # --- writing ------------------------------------------------------------------------------

    def create(
        self, content: Content, assessment: str | None = None, now: dt.datetime | None = None
    ) -> Version:
        """Save version 1 of a new case. StoreError if the label is refused or taken."""
        check_label(content)
        case_id, at = str(uuid.uuid4()), stamp(now or dt.datetime.now(dt.UTC))
        with self._writing() as connection:
            self._refuse_taken(connection, content.label)
            connection.execute(
                insert(tables.cases).values(
                    id=case_id,
                    label=content.label,
                    label_key=label_key(content.label),
                    head=1,
                    created_at=at,
                    created_by=self.actor,
                )
            )
            self._add(connection, case_id, 1, at, content, assessment, "created")
        return self.get(case_id)

    def save(
        self,
        case_id: str,
        opened: int,
        content: Content,
        assessment: str | None = None,
        now: dt.datetime | None = None,
    ) -> Version:
        """Save the next version of a case; NotSaved if a newer one than `opened` is there."""
        check_label(content)
        at = stamp(now or dt.datetime.now(dt.UTC))
        with self._writing() as connection:
            newest = _locked_head(connection, case_id)
            if newest != opened:
                raise NotSaved(opened, newest)
            self._refuse_taken(connection, content.label, but=case_id)
            connection.execute(
                update(tables.cases)
                .where(tables.cases.c.id == case_id)
                .values(head=opened + 1, label=content.label, label_key=label_key(content.label))
            )
            self._add(connection, case_id, opened + 1, at, content, assessment, "saved")
        return self.get(case_id)

    def delete(self, case_id: str, typed: str, now: dt.datetime | None = None) -> None:
        """Erase all versions of a case; `typed` must be its label. A tombstone and the log stay."""
        at = stamp(now or dt.datetime.now(dt.UTC))
        last = self.get(case_id)
        if typed != last.content.label:
            raise refused("Not deleted", "confirmation", "what was typed is not the label of the case")
        with self._writing() as connection:
            if _locked_head(connection, case_id) != last.number:
                raise refused("Not deleted", "case", "it was changed in the meantime", "Look at it again.")
            connection.execute(delete(tables.versions).where(tables.versions.c.case_id == case_id))
            connection.execute(delete(tables.drafts).where(tables.drafts.c.case_id == case_id))
            gone = {"label": "", "label_key": None, "deleted_at": at, "deleted_by": self.actor}
            connection.execute(update(tables.cases).where(tables.cases.c.id == case_id).values(gone))
            audit.append(connection, at, self.actor, "deleted", case_id, last.number, last.digest)
        self._empty_journal()

    def _empty_journal(self) -> None:
        """Take what was erased out of SQLite's write-ahead file too."""
        if self.engine.dialect.name == "sqlite":
            with told(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def _refuse_taken(self, connection: Connection, label: str, but: str = "") -> None:
        query = select(tables.cases.c.id).where(tables.cases.c.label_key == label_key(label))
        if connection.execute(query).scalar() not in (None, but):
            remedy = "Open that case and save a new version, or choose another label."
            raise refused("Not saved: the label is taken", "label", "another case has this label", remedy)

    def _add(
        self,
        connection: Connection,
        case_id: str,
        number: int,
        at: str,
        content: Content,
        assessment: str | None,
        action: audit.Action,
    ) -> None:
        text_ = content.as_json()
        connection.execute(
            insert(tables.versions).values(
                case_id=case_id,
                number=number,
                saved_at=at,
                saved_by=self.actor,
                content=text_,
                digest=sha256(text_),
                assessment=None if assessment is None else zlib.compress(assessment.encode(), 9),
            )
        )
        audit.append(connection, at, self.actor, action, case_id, number, sha256(text_))


def open_store(url: URL | None = None, actor: str | None = None) -> CaseStore:
    """Open the store (default: where `cds.store.places` says); made if there is none yet."""
    return CaseStore(connect(url or store_url()), actor or local_user())


def check_label(content: Content) -> None:
    """Refuse a label that can't be stored, or that looks personal and was not declared a pseudonym."""
    fault = label_fault(content.label)
    if fault:
        raise refused("The label is refused", "label", fault, "Write a short pseudonym, e.g. OS-0042.")
    personal = looks_personal(content.label)
    if personal and not content.is_pseudonym:
        remedy = "Write a pseudonym, or say that it is one."
        raise refused("The label is refused", "label", personal, remedy)


def label_key(label: str) -> str:
    """What has to be unique among the cases kept: the label without case and outer spaces."""
    return label.strip().casefold()


def _locked_head(connection: Connection, case_id: str) -> int:
    """The number of the newest version, with the case locked until the transaction ends."""
    query = select(tables.cases.c.head).where(
        tables.cases.c.id == case_id, tables.cases.c.deleted_at.is_(None)
    )
    head = connection.execute(query.with_for_update()).scalar()
    if head is None:
        raise refused("No such case", case_id[:8], "it was deleted, or never kept here")
    return int(head)


def unpacked(packed: bytes | None) -> str | None:
    """A stored assessment as text; empty text if it was damaged."""
    try:
        return None if packed is None else zlib.decompress(bytes(packed)).decode()
    except (zlib.error, UnicodeDecodeError):
        return ""


def _version(row: Row[tuple[object, ...]]) -> Version:
    return Version(
        case_id=row.case_id,
        number=row.number,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
        digest=row.digest,
        content=Content.model_validate(json.loads(row.content)),
        newest=row.head,
    )


__all__ = ["CaseStore", "Tombstone", "Version", "check_label", "open_store", "unpacked"]
