"""Read and write single files: regular ones only, new ones only, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from cds.store.refusals import refused


def read_regular(path: Path) -> bytes:
    """The bytes of a regular file."""
    try:
        if not path.is_file():
            raise refused("The file can't be read", path.name, "not a regular file", "Name a file.")
        return path.read_bytes()
    except OSError as error:
        raise refused("The file can't be read", path.name, (error.strerror or "?").lower()) from None


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, readable by its owner only, and never half of it."""
    part = path.with_name(path.name + ".part")
    try:
        if path.exists():
            raise refused("Nothing was written", path.name, "the file is there already", "Name a new file.")
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        part.rename(path)
    except OSError as error:
        raise refused("Nothing was written", path.name, (error.strerror or "?").lower()) from None
    finally:
        part.unlink(missing_ok=True)
