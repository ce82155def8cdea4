"""Backup and restore of a store in an SQLite file: a copy made while it is in use, checked at once."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL

from cds.store import audit
from cds.store.cases import CaseStore, open_store
from cds.store.connect import connect, told, writing
from cds.store.places import file_of
from cds.store.record import stamp
from cds.store.refusals import StoreError, refused
from cds.store.verify import Verdict, verify_store


def back_up(store: CaseStore, out: Path) -> Verdict:
    """Copy the store into a new file and check the copy; StoreError if that can't be done."""
    source = _file_of(store.engine.url)
    if out.exists():
        raise refused("No backup was made", out.name, "the file is there already", "Name a new file.")
    part = out.with_name(out.name + ".part")
    try:
        _make(part)
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(part)) as copy:
            live.backup(copy)
        verdict = check(part)
        if verdict.faults:
            raise refused("No backup was made", out.name, verdict.faults[0], "See `cds cases verify`.")
        part.rename(out)
    except (sqlite3.Error, OSError) as error:
        raise refused("No backup was made", out.name, type(error).__name__, "Is there room?") from None
    finally:
        _clear(part)
    return verdict


def check(path: Path) -> Verdict:
    """Check a copy without leaving anything beside it."""
    engine = connect(URL.create("sqlite", database=str(path)), private=False)
    try:
        return verify_store(CaseStore(engine, "check"))
    finally:
        engine.dispose()
        with closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it


def restore(backup: Path, url: URL, actor: str, now: dt.datetime) -> Path | None:
    """Put a backup in the place of the store; the store that was there is kept beside it.

    Refused if the backup is damaged. Returns where the former store is kept, if there was one.
    """
    target = _file_of(url)
    if not backup.is_file():
        raise refused("Nothing was restored", backup.name, "no such file", "Name a backup.")
    part = target.with_name(target.name + ".restoring")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        _make(part)
        source = sqlite3.connect(f"file:{quote(str(backup))}?mode=ro", uri=True)
        with closing(source) as copy, closing(sqlite3.connect(part)) as fresh:
            copy.backup(fresh)
        verdict = check(part)
        if verdict.faults:
            raise refused("Nothing was restored", backup.name, verdict.faults[0], "Use an older backup.")
        kept = _set_aside(target, now)
        part.rename(target)
    except (sqlite3.Error, OSError, StoreError) as error:
        if isinstance(error, StoreError):
            raise
        problem = "it is not a store" if isinstance(error, sqlite3.Error) else type(error).__name__
        raise refused("Nothing was restored", backup.name, problem, "Name a backup of a store.") from None
    finally:
        _clear(part)
    _note(open_store(url, actor), verdict.head, now)
    return kept


def _note(store: CaseStore, head: str, now: dt.datetime) -> None:
    """Say in the log that a backup that ended with `head` was put in place."""
    with told(), writing(store.engine) as connection:
        audit.append(connection, stamp(now), store.actor, "restored", "", 0, head)
    store.engine.dispose()


def _make(part: Path) -> None:
    """An empty file for its owner only, before anything of a patient is in it."""
    _clear(part)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _clear(part: Path) -> None:
    """Take away a copy that was not finished, and what SQLite puts beside it."""
    for end in ("", "-wal", "-shm"):
        part.with_name(part.name + end).unlink(missing_ok=True)


def _set_aside(target: Path, now: dt.datetime) -> Path | None:
    """Move the present store away together with its journal."""
    if not target.exists():
        return None
    with closing(sqlite3.connect(target)) as present:
        present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = target.with_name(f"{target.stem}-before-{now:%Y%m%dT%H%M%SZ}{target.suffix}")
    target.rename(kept)
    for end in ("-wal", "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    return kept


def _file_of(url: URL) -> Path:
    file = file_of(url)
    if file is None:
        remedy = "Use the tools of the server (pg_dump, pg_restore), or `cds cases export`."
        raise refused("Backup is for SQLite stores", "store", "it is a PostgreSQL database", remedy)
    return file
