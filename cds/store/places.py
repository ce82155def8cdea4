"""Where cases are kept: a folder of the user with an SQLite file, or a PostgreSQL server by URL."""

from __future__ import annotations

import fcntl
import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from cds.store.refusals import refused

FOLDER, STORE = "CDS_DATA_DIR", "CDS_STORE_URL"
FILE, WORKING = "cases.sqlite", "working-"
#: File systems on which SQLite's locks can't be trusted.
REMOTE = frozenset(
    ("nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "9p", "afs", "ncpfs", "fuse.sshfs", "fuse.glusterfs")
)


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the store: `CDS_DATA_DIR`, or the user's data folder of this system."""
    named = environment.get(FOLDER)
    return Path(named) if named else user_data_path("evr-cds", appauthor=False)


def make_private(folder: Path) -> Path:
    """Make the folder, for its owner only; refused if it belongs to another user."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = folder.stat().st_uid
        if hasattr(os, "getuid") and owner != os.getuid():
            raise refused(
                "The data folder is refused",
                folder.name,
                "it belongs to another user",
                f"Name your own by {FOLDER}.",
            )
        folder.chmod(0o700)
    except OSError as error:
        problem = (error.strerror or "can't be used").lower()
        raise refused(
            "The data folder is refused", folder.name, problem, f"Name another by {FOLDER}."
        ) from None
    return folder


def store_url(environment: Mapping[str, str] = os.environ) -> URL:
    """The address of the store: `CDS_STORE_URL`, or the SQLite file in the data folder."""
    named = environment.get(STORE)
    if not named:
        return URL.create("sqlite", database=str(data_folder(environment) / FILE))
    try:
        url = make_url(named)
    except ArgumentError:
        raise refused(
            "The store is refused", STORE, "it is not a database URL", "See docs/backup.md."
        ) from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database:
        return url
    remedy = "Use postgresql://user@host/name or sqlite:///path."
    raise refused("The store is refused", STORE, f"{url.get_backend_name()} is not supported", remedy)


def file_of(url: URL) -> Path | None:
    """The file of an SQLite store; None for a server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder below the data folder, for its owner only; it is gone when the block ends.

    A killed process leaves it behind: see `clear_left`.
    """
    above = make_private(data_folder())
    with ExitStack() as stack:
        with _held(above):  # nobody clears between its making and its holding
            folder = Path(tempfile.mkdtemp(prefix=WORKING, dir=above))
            stack.enter_context(_held(folder))
        stack.callback(shutil.rmtree, folder)
        yield folder


def clear_left() -> None:
    """Remove the working folders that killed processes left behind."""
    above = data_folder()
    if not above.is_dir():
        return
    with _held(make_private(above)):
        for folder in above.glob(f"{WORKING}*"):
            with suppress(BlockingIOError), _held(folder, wait=False):
                shutil.rmtree(folder)


@contextmanager
def _held(folder: Path, wait: bool = True) -> Iterator[None]:
    """Hold a folder, until the process ends at the latest; BlockingIOError if another holds it."""
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(number)


def shown(url: URL) -> str:
    """The address without a password."""
    return url.render_as_string(hide_password=True)


def on_remote_disk(folder: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """Whether the folder lies on a network file system (known on Linux only)."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return False
    places = [(Path(parts[1].replace("\\040", " ")), parts[2]) for parts in lines if len(parts) >= 3]
    here = folder.resolve()
    around = [(len(place.parts), kind) for place, kind in places if here.is_relative_to(place)]
    return max(around, default=(0, ""))[1] in REMOTE


def local_user() -> str:
    """Who works here without a sign-in: the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local user"
