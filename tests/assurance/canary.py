"""Watch what a command leaves behind: every file it opens to write, its names, its logs, and stderr."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds.cli import run

WRITING = frozenset("wax+")
MAKING = ("os.mkdir", "tempfile.mkstemp", "tempfile.mkdtemp", "sqlite3.connect")


@dataclass
class Trace:
    """What one command wrote, where, and what it said of a failure."""

    code: int = 0
    stdout: str = ""
    stderr: str = ""
    logs: list[str] = field(default_factory=list)
    written: set[Path] = field(default_factory=set)

    def leaks(self, token: str, *allowed: Path) -> Iterator[str]:
        """Where the token stands outside of stdout and of the files under `allowed` folders."""
        if token in self.stderr:
            yield f"stderr: {self.stderr.strip()[:200]}"
        yield from (f"log: {line[:200]}" for line in self.logs if token in line)
        for path in sorted(self.written):
            home = next((one for one in allowed if path.resolve().is_relative_to(one.resolve())), None)
            name = str(path.resolve().relative_to(home.resolve())) if home else str(path)
            if token in name:
                yield f"file name: {name}"
            if home is None and path.is_file() and token.encode() in path.read_bytes():
                yield f"file outside of the output folder: {path}"


_watching: list[Trace] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Notes every path that is opened to be written, renamed to, or made."""
    if not _watching:
        return
    paths: list[Any] = []
    writes = event == "open" and isinstance(arguments[1], str) and WRITING & set(arguments[1])
    if writes or event in MAKING:
        paths = [arguments[0]]
    elif event in ("os.rename", "os.link", "os.symlink"):
        paths = [arguments[1]]
    for path in paths:
        if isinstance(path, (str, bytes, Path)) and str(path) not in ("", ":memory:"):
            _watching[-1].written.add(Path(path.decode() if isinstance(path, bytes) else path))


sys.addaudithook(_hook)


class _Keeper(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Trace]:
    """Keep what is written while the block runs; temporary files go to `folder`."""
    trace, out, err = Trace(), io.StringIO(), io.StringIO()
    keeper, root, before = _Keeper(trace.logs), logging.getLogger(), tempfile.tempdir
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    tempfile.tempdir = str(folder)
    _watching.append(trace)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield trace
    finally:
        _watching.pop()
        tempfile.tempdir = before
        root.removeHandler(keeper)
        root.setLevel(level)
        trace.stdout, trace.stderr = out.getvalue(), err.getvalue()
        trace.written |= {path for path in folder.rglob("*") if path.is_file()}


def command(arguments: list[str], folder: Path) -> Trace:
    """Run one command of `cds` in this process and keep what it left behind."""
    folder.mkdir(exist_ok=True, parents=True)
    with watched(folder) as trace:
        trace.code = run(arguments)
    return trace
