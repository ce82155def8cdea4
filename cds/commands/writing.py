"""Writing where the user says: what can't be written is told as a fault of the place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cds.errors import Fault, InputError


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """InputError if the file or folder can't be written in the block."""
    try:
        yield
    except OSError as error:
        problem = (error.strerror or "can't be written").lower()
        fault = Fault(place.name, problem, "Name a place in a folder that exists and can be written.")
        raise InputError("Nothing can be written there", [fault]) from None
