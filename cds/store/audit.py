"""The audit log: who did what to which case when, as digests only, each line sealing the one before.

A changed, deleted, inserted or moved line breaks the chain. A cut tail does not: that is seen only
against a head that was noted elsewhere, which is why every report prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection, func, insert, select, text

from cds.files import canonical, sha256
from cds.store import tables

Action = Literal["created", "saved", "deleted", "imported", "exported", "restored"]
START = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One line of the log; `hash` seals it together with `previous`."""

    seq: int
    at: str
    actor: str
    action: str
    case_id: str
    version: int
    digest: str
    previous: str
    hash: str

    def seal(self) -> str:
        """What `hash` has to be."""
        said = {key: value for key, value in asdict(self).items() if key not in ("previous", "hash")}
        return sha256(self.previous + canonical(said))


def lock(connection: Connection) -> None:
    """Let one writer at a time append; SQLite's transactions are exclusive from their start."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))


def append(
    connection: Connection, at: str, actor: str, action: Action, case_id: str, version: int, digest: str
) -> Entry:
    """Append one line inside the caller's transaction."""
    lock(connection)
    last = connection.execute(select(func.max(tables.audit.c.seq))).scalar()
    previous = START
    if last is not None:
        query = select(tables.audit.c.hash).where(tables.audit.c.seq == last)
        previous = str(connection.execute(query).scalar_one())
    bare = Entry((last or 0) + 1, at, actor, action, case_id, version, digest, previous, "")
    entry = Entry(**{**asdict(bare), "hash": bare.seal()})
    connection.execute(insert(tables.audit).values(**asdict(entry)))
    return entry


def entries(connection: Connection) -> Iterator[Entry]:
    """The whole log, first line first."""
    for row in connection.execute(select(tables.audit).order_by(tables.audit.c.seq)):
        yield Entry(**row._mapping)


def head(connection: Connection) -> str:
    """The hash of the last line; what has to be noted elsewhere to see a cut tail."""
    query = select(tables.audit.c.hash).order_by(tables.audit.c.seq.desc()).limit(1)
    return str(connection.execute(query).scalar() or START)


def broken(log: Iterable[Entry], noted: str | None = None) -> Iterator[str]:
    """What is wrong with a log; nothing if it is whole. `noted` is a head that was written down."""
    previous, seen, count = START, {START}, 0
    for count, entry in enumerate(log, start=1):
        if entry.seq != count:
            yield f"line {count} has the number {entry.seq}: a line is missing, doubled or moved"
        if entry.previous != previous:
            yield f"line {entry.seq} does not follow the line before it"
        if entry.seal() != entry.hash:
            yield f"line {entry.seq} was changed after it was written"
        previous = entry.hash
        seen.add(entry.hash)
    if noted and not any(known.startswith(noted) for known in seen):
        yield f"the noted head {noted[:12]} is in none of the {count} lines: it was cut, or is another log"
