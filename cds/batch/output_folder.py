"""The output folder of a run: filled beside its place, and moved there in one step when it is whole.

A run that is killed leaves no result, and a hidden folder `.NAME.partial` beside the place, which the
next run to the same place removes. A run is not resumed: ten million patients take about a minute,
and a resumed run would have to prove that file, rules, options and software are still the same.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cds.errors import Fault, InputError, Interrupted

FORMS = ("parquet", "csv", "jsonl")
#: Written last, so that the folder of a run is known by it.
RUN = "run.json"
#: Everything that a run may write.
FILES = {RUN, "refused.csv", "contributions.json", "summary.json"} | {
    f"{table}.{form}" for table in ("ranking", "risk") for form in FORMS
}


@contextmanager
def output_folder(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` for the block to fill; at its end it takes the place of `out`.

    Results of an earlier run are replaced as a whole. If the block fails, nothing of it stays and
    earlier results are left as they were.

    InputError: the place can't be written or replaced, or another run writes there. Interrupted: the
    disk refused, the memory is used up, or somebody stopped the run.
    """
    place = out.resolve()
    with _interruptible():
        partial, lock = _begun(place)
        try:
            yield partial
            with disk():
                _put(partial, place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            os.close(lock)


@contextmanager
def disk() -> Iterator[None]:
    """Report an operation that the disk refuses (full, read-only, gone) as Interrupted.

    Only what the system itself reports has an error number; a library's OSError that has none is a
    fault of the program and passes.
    """
    try:
        yield
    except OSError as error:
        in_text = re.search(r"\(os error (\d+)\)", str(error))  # as polars reports it
        number = int(in_text[1]) if in_text else error.errno
        if number is None:
            raise
        fault = Fault("--out", os.strerror(number).lower(), "Mend it, then run again.")
        raise Interrupted("The run stopped; nothing was written", [fault]) from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Report Ctrl-C, a polite kill and used-up memory as Interrupted."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if main else None
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("Interrupted; nothing was written. Run again.") from None
    except MemoryError:
        fault = Fault("memory", "is used up", "Free some, then run again.")
        raise Interrupted("The run stopped; nothing was written", [fault]) from None
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def _begun(place: Path) -> tuple[Path, int]:
    """The empty folder beside the place, and the lock on it."""
    partial = place.with_name(f".{place.name}.partial")
    try:
        _check_replaceable(place)
        lock = _held(partial)
        _restore(place)
        for left in partial.iterdir():
            _remove(left)
        if place.exists():
            partial.chmod(place.stat().st_mode)
    except OSError as error:
        problem = (error.strerror or "can't be written").lower()
        _refuse(place, problem, "Name another folder.")
    return partial, lock


def _refuse(place: Path, problem: str, remedy: str) -> None:
    raise InputError("The results can't be written", [Fault(place.name, problem, remedy)])


def _check_replaceable(place: Path) -> None:
    """InputError if the place holds more than results, or can't be replaced as a whole."""
    if not place.exists():
        return
    if not place.is_dir():
        _refuse(place, "is a file", "Name a folder.")
    if place.is_mount() or place == Path.cwd():
        _refuse(place, "can't be replaced as a whole", "Name a folder inside it.")
    others = sorted(path.name for path in place.iterdir() if path.name not in FILES)
    if others:
        _refuse(place, f"holds {others[0]!r}, which is no result of a run", "Name a folder of its own.")


def _held(partial: Path) -> int:
    """Make the folder and lock it; InputError if a living run has it."""
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        lock = os.open(partial, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            fault = Fault(partial.name, "another run writes there", "Wait, or name another folder.")
            raise InputError("The output folder is in use", [fault]) from None
        with suppress(FileNotFoundError):
            if os.fstat(lock).st_ino == partial.stat().st_ino:
                return lock
        os.close(lock)  # the run that had it has just put it in its place


def _old(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _put(partial: Path, place: Path) -> None:
    """Have everything reach the disk, then exchange the folders."""
    for path in partial.iterdir():
        _sync(path)
    _sync(partial)
    try:
        if place.exists():
            place.rename(_old(place))
        partial.rename(place)
    finally:
        _restore(place)
    _sync(place.parent)


def _restore(place: Path) -> None:
    """Bring back the earlier results if nothing took their place, else remove them."""
    old = _old(place)
    if old.exists() and not place.exists():
        old.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, data: Any) -> None:
    """Write indented JSON."""
    with disk():
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
