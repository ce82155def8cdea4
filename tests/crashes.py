"""Runs that are killed: a process that is ready to rank, forks for each run, and tells where it is.

The forked run sets a byte in a shared file while it writes, so that a kill during a write can be told
from one while it computes.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cds.batch.stored import Stored
from cds.intake.cohort_tables import Reading

ROOT = Path(__file__).resolve().parent.parent


def small_parts(form: str, helped: bool = False) -> dict[str, Any]:
    """Options that cut a small file into many parts; `helped`: by several processes."""
    alone_up_to = 0 if helped else 1 << 30
    return {"form": form, "reading": Reading(block=2_000, rows=1), "alone_up_to": alone_up_to}


class Ranker:
    """A process that ranks on request; every request is a fork of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", "from tests.crashes import serve; serve()"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def start(self, source: Path, out: Path, flag: Path, **how: Any) -> int:
        """Start a run; returns its process id."""
        self._say({"source": str(source), "out": str(out), "flag": str(flag)} | how)
        return int(self._hear())

    def wait(self) -> int:
        """How the run ended: its exit code, or minus the signal that ended it."""
        return int(self._hear())

    def stop(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait()

    def _say(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def ranker() -> Iterator[Ranker]:
    """A ranker that is stopped at the end."""
    made = Ranker()
    try:
        yield made
    finally:
        made.stop()


def serve() -> None:
    """The ranking process: nothing may start a thread before the fork."""
    from cds.batch import readable
    from cds.batch.run import rank_file
    from cds.rulebook.load import load

    assert load() and readable
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _rank(rank_file, request)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _rank(rank_file: Any, request: dict[str, Any]) -> None:
    from cds.errors import CdsError

    _flag_writes(Path(request["flag"]))
    code = 70
    try:
        options = small_parts(request["form"], request["helped"])
        code = rank_file(Path(request["source"]), Path(request["out"]), **options)
    except CdsError as error:
        code = error.exit_code
    finally:
        os._exit(code)


def _flag_writes(path: Path) -> None:
    from cds.batch import output_folder, ranking_writer, run

    shared = mmap.mmap(os.open(path, os.O_RDWR), 1)
    shared[0] = 0

    def flagged(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            before, shared[0] = shared[0], 1
            try:
                return real(*arguments, **named)
            finally:
                shared[0] = before

        setattr(owner, name, call)

    for owner, names in (
        (ranking_writer.ParquetRanking, ("write", "finish")),
        (ranking_writer.TextRanking, ("write", "finish")),
        (run, ("write_json", "digest_of_file")),
        (output_folder, ("_put",)),
    ):
        for name in names:
            flagged(owner, name)


def campaign(
    server: Ranker, source: Path, folder: Path, form: str, delays: list[float], helped: bool = False
) -> tuple[int, int]:
    """Kill a run after each delay, then let one finish; counts kills, and those while writing.

    After every kill a result is whole or absent, and after the last run nothing else is left.
    """
    out, flag = folder / "out", folder / "flag"
    flag.write_bytes(b"\0")
    kills = writing = 0
    for delay in [*delays, None]:
        process = server.start(source, out, flag, form=form, helped=helped)
        if delay is not None:
            time.sleep(delay)
            with suppress(ProcessLookupError):  # it may have finished
                os.kill(process, signal.SIGKILL)
        code = server.wait()
        assert code in (0, 1, -signal.SIGKILL), code
        if code == -signal.SIGKILL:
            kills += 1
            writing += flag.read_bytes()[0]
        if out.exists():
            Stored(out).check_files()
    assert sorted(path.name for path in folder.iterdir()) == ["flag", "out"]
    return kills, writing
