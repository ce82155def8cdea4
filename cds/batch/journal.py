"""The journal of a run: what it is, how far it got, and that nobody else writes here."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cds.batch.files import put, write_json
from cds.batch.ids import Hashes
from cds.batch.stages import Outcome
from cds.batch.summary import add
from cds.errors import Fault, InputError
from cds.intake.cohort_file import Position, add_slips

WORK = ".work"


@dataclass
class State:
    """How far a run got: all that is needed to go on behind the last finished part."""

    position: tuple[int, int] | None = None
    so_far: tuple[int, str] | None = None
    parts: int = 0
    taken: int = 0
    refused_size: int = 0
    counts: dict[str, Any] = field(default_factory=dict)
    slips: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def end(self) -> Position | None:
        """Where the last finished part ends."""
        return Position(*self.position) if self.position else None


class Journal:
    """The files of a run under way, in the folder `.work` of its output folder."""

    def __init__(self, out: Path) -> None:
        """Nothing is read or written yet."""
        self.work = out / WORK

    @property
    def is_begun(self) -> bool:
        """Whether a run stands there that can be resumed."""
        return (self.work / "job.json").exists()

    def begin(self, job: dict[str, Any], resume: bool) -> State:
        """The state to start from; InputError if a run can't be resumed as the same one."""
        if not resume:
            self.clear()
            self.work.mkdir()
            write_json(self.work / "job.json", job)
            return State()
        known = _read(self.work / "job.json")
        if known is None:
            raise InputError(
                "Nothing to resume", [Fault("--resume", "no unfinished run stands there", "Leave it out.")]
            )
        changed = sorted(key for key in {*known, *job} if known.get(key) != job.get(key))
        if changed:
            faults = [Fault(key, "is not as in the interrupted run", "Restore it.") for key in changed]
            raise InputError("The run can't be resumed; without --resume it starts anew", faults)
        state = _read(self.work / "state.json") or {}
        return State(**{key: _tuples(key, value) for key, value in state.items()})

    def save(self, state: State, ids: Hashes) -> None:
        """Write down that a part is finished; from here a run is taken up again."""
        scratch = self.work / "ids.partial"
        with scratch.open("wb") as file:
            np.save(file, ids)
        put(scratch, self._ids(state.parts))
        state.parts += 1
        write_json(self.work / "state.json", asdict(state))

    def ids(self, parts: int) -> Iterator[Hashes]:
        """The hashed ids of the finished parts."""
        for part in range(parts):
            yield np.load(self._ids(part))

    def _ids(self, part: int) -> Path:
        return self.work / f"ids-{part:05d}.npy"

    def clear(self) -> None:
        """Remove everything of the run."""
        if self.work.exists():
            shutil.rmtree(self.work)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return data


def _tuples(key: str, value: Any) -> Any:
    if key in ("position", "so_far") and value is not None:
        return tuple(value)
    return {name: tuple(pair) for name, pair in value.items()} if key == "slips" else value


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder; InputError if another run holds it."""
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        fault = Fault(str(folder.name), "another run writes there", "Wait, or name another folder.")
        raise InputError("The output folder is in use", [fault]) from None
    try:
        yield
    finally:
        os.close(number)


class Part:
    """The part under way: what it adds to the state."""

    def __init__(self, journal: Journal, state: State, size: int) -> None:
        """A part ends where the content read passes a multiple of `size`."""
        self._journal, self._state, self._size = journal, state, size
        self._ids: list[Hashes] = []
        self._last: Outcome | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything was taken since the last part ended."""
        return self._last is not None

    def take(self, outcome: Outcome) -> bool:
        """Count an outcome; whether the part ends with it."""
        state = self._state
        self._last = outcome
        self._ids.append(outcome.ids)
        state.counts = add(state.counts, outcome.counts)
        add_slips(state.slips, outcome.slips)
        done = state.position[0] if state.position else 0
        return outcome.end.offset // self._size > done // self._size

    def end(self, taken: int, refused_size: int) -> None:
        """Write down that everything up to here is on the disk."""
        if self._last is None:
            return
        state, end = self._state, self._last.end
        state.position, state.so_far = (end.offset, end.line), self._last.so_far
        state.taken, state.refused_size = taken, refused_size
        self._journal.save(state, np.concatenate(self._ids))
        self._ids, self._last = [], None
