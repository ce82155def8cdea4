"""Open a store: make it or bring it to the present form, and refuse one that is damaged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cds.store.places import make_private, shown
from cds.store.refusals import StoreError, refused

MIGRATIONS = Path(__file__).with_name("migrations")
#: The forms of the store, oldest first; each is a step in `migrations/versions`.
FORMS = ("0001",)
#: A writer waits this long for another one.
WAIT_SECONDS = 30


def connect(url: URL, private: bool = True) -> Engine:
    """An engine whose store is whole and in the present form; its folder is made private."""
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and private:
        make_private(Path(str(url.database)).parent)
    try:
        engine = _sqlite(url) if sqlite else create_engine(url, pool_pre_ping=True, pool_size=5)
        with writing(engine) as connection:
            if sqlite:
                _check_whole(connection)
            _migrate(connection)
        if sqlite:
            Path(str(url.database)).chmod(0o600)
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise refused(
            "The case store can't be opened", shown(url), _reason(error), "See docs/backup.md."
        ) from None
    return engine


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, exclusive ones from their start
        for pragma in (
            f"busy_timeout={WAIT_SECONDS * 1000}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        kind = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: all of it or nothing."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def told() -> Iterator[None]:
    """Faults of the database as one line that holds no value of a statement."""
    try:
        yield
    except StoreError:
        raise
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise refused(
            "The case store failed; nothing was written", "store", kind, "Try again; see cds doctor."
        ) from None


def _check_whole(connection: Connection) -> None:
    """SQLite's own check of every page; a damaged file is refused, never read around."""
    said = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(3)"))]
    if said != ["ok"]:
        raise refused(
            "The case store is damaged", "integrity check", said[0], "Restore a backup: docs/backup.md."
        )


def _migrate(connection: Connection) -> None:
    """Bring the store to the newest form; Alembic is loaded only if there is a step to do."""
    present = None
    if inspect(connection).has_table("alembic_version"):
        present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if present == FORMS[-1]:
        return
    if present is not None and present not in FORMS:
        problem = f"it was written by a newer version (form {present})"
        raise refused("The case store is refused", "form of the store", problem, "Use the newer software.")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command.upgrade(config, "head")


def _reason(error: Exception) -> str:
    """Why, in a few words; the text of a driver may hold values of a statement."""
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed; install evr-cds[postgres]"
    original = error.orig if isinstance(error, DBAPIError) else error
    lines = str(original).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
