"""Files that users of the store name: read if they are regular, written if they are new."""

from __future__ import annotations

from pathlib import Path

from cds.files import write_whole
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
    """Write a file that is not there yet, readable by its owner only, completely or not at all."""
    if path.exists():
        raise refused("Nothing was written", path.name, "the file is there already", "Name a new file.")
    try:
        write_whole(path, text.encode(), private=True)
    except OSError as error:
        raise refused("Nothing was written", path.name, (error.strerror or "?").lower()) from None
