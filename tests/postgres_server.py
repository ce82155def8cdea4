"""A PostgreSQL server for tests: the one named by CDS_TEST_POSTGRES, or a throw-away one of our own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMED = "CDS_TEST_POSTGRES"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps it off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server, without a database name; skips with the reason where there is none."""
    if os.environ.get(NAMED):
        yield os.environ[NAMED].rstrip("/")
        return
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL: initdb is not installed, and CDS_TEST_POSTGRES is not set")
    with tempfile.TemporaryDirectory(prefix="cds-postgres-") as folder:
        yield from _started(found, Path(folder))


def _started(programs_: Path, folder: Path) -> Iterator[str]:
    as_user: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    folder.chmod(0o700)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = folder / "data", folder / "log"
    _run([*as_user, programs_ / "initdb", "-D", data, "-U", "cds", "-A", "trust", "-E", "UTF8", "--no-sync"])
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=50"
    _run([*as_user, programs_ / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start"])
    try:
        yield f"postgresql://cds@127.0.0.1:{port}"
    finally:
        _run([*as_user, programs_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
        time.sleep(0.1)


def _run(command: list[object]) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd="/")
    if done.returncode:
        pytest.fail(f"{command}: {done.stderr[-800:]}")
