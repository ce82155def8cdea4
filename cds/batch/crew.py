"""A crew of helpers: processes that rank blocks of a large CSV file at the same time, in its order.

A file is handed out for as long as its rows are clean. From the first block that is not, or that
got no answer, the run reads on by itself: what is doubtful is decided in one place only.
"""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple

from cds.batch.messages import receive, send, unpacked
from cds.batch.ranked_part import RankedPart
from cds.intake.cohort_tables import Block, CsvTables

#: Blocks that a helper has at a time: one at work, one waiting.
EACH = 2


class _Asked(NamedTuple):
    block: Block
    helper: subprocess.Popen[bytes]


class Crew:
    """Helpers for one run; they end with the block."""

    def __init__(self, job: dict[str, Any], size: int) -> None:
        """`job` as `helper.Helper` takes it."""
        self._job, self._size = job, size
        self._helpers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Crew:
        """Start the helpers, all or none."""
        try:
            for _ in range(self._size):
                self._helpers.append(_started())
                _say(self._helpers[-1], self._job)
        except BaseException:
            self._send_home()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        """Send the helpers home, also those at work."""
        self._send_home()

    def _send_home(self) -> None:
        for helper in self._helpers:
            helper.kill()
            helper.communicate()

    def ranked(self, tables: CsvTables) -> Iterator[RankedPart]:
        """The ranked parts of blocks in file order; what is left stays with `tables`."""
        blocks = tables.blocks()
        asked = deque(
            _ask(helper, block) for helper, block in zip(self._helpers * EACH, blocks, strict=False)
        )
        while asked:
            block, helper = asked[0]
            answer = receive(helper.stdout) if helper.stdout else None
            if answer is None or not answer.bodies:
                tables.give_back(one.block for one in asked)
                return
            asked.popleft()
            part = unpacked(answer)
            tables.skip(block, len(part.hashes))
            asked.extend(_ask(helper, following) for following in islice(blocks, 1))
            yield part


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "cds.batch.helper"]  # -P: not from the folder we stand in
    return subprocess.Popen(  # noqa: S603 - this program itself
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def _ask(helper: subprocess.Popen[bytes], block: Block) -> _Asked:
    _say(helper, {"line": block.line}, [block.text])
    return _Asked(block, helper)


def _say(helper: subprocess.Popen[bytes], head: dict[str, Any], bodies: list[bytes] | None = None) -> None:
    """Send; a helper that has gone is noticed when its answer is missing."""
    if helper.stdin is not None:
        try:
            send(helper.stdin, head, bodies or [])
        except BrokenPipeError:
            return
