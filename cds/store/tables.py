"""The tables of the case store. Times are UTC as text, contents are canonical JSON."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()

#: One row for each case. `head` is the number of the newest version: saving compares it. A deleted
#: case stays as a tombstone: no label, no versions, but who deleted it and when.
cases = Table(
    "cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("label", Text, nullable=False),
    Column("label_key", Text, nullable=True, unique=True),
    Column("head", Integer, nullable=False),
    Column("created_at", String(30), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("deleted_at", String(30), nullable=True),
    Column("deleted_by", Text, nullable=True),
)

#: Every version that was ever saved. A trigger refuses updates.
versions = Table(
    "versions",
    metadata,
    Column("case_id", String(36), ForeignKey("cases.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("saved_at", String(30), nullable=False),
    Column("saved_by", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("assessment", LargeBinary, nullable=True),
    PrimaryKeyConstraint("case_id", "number"),
)

#: The log: each line holds the hash of the line before it. Triggers refuse updates and deletions.
audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(30), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(20), nullable=False),
    Column("case_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

#: What is being typed; not a version, not in the log, thrown away when the case is saved.
drafts = Table(
    "drafts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("case_id", String(36), nullable=True),
    Column("opened", Integer, nullable=True),
    Column("updated_at", String(30), nullable=False),
    Column("content", Text, nullable=False),
    Index("drafts_by_owner", "owner", "updated_at"),
)
