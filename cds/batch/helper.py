"""A process that ranks blocks of clean rows for a run: `python -m cds.batch.helper`.

It reads messages from its input and answers on its output. It ends when the run does: then its
input ends too. It opens no cohort file, and whatever goes wrong in it, the run reads the rows
itself; so it says nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from cds.batch.layout import layout_of
from cds.batch.memory import keep_freed_memory
from cds.batch.messages import Message, packed, receive, send
from cds.batch.pipeline import ahead
from cds.batch.ranked_part import PartRanker
from cds.intake.assumptions import read_assumptions
from cds.intake.cohort_file import CohortReader
from cds.intake.header import read_header
from cds.intake.text_rows import text_rows
from cds.rulebook.load import load


class Helper:
    """Ranks clean rows as the run itself would."""

    def __init__(self, job: dict[str, Any]) -> None:
        """`job` tells rulebook, header, assumptions and policies; ValueError if they are not the run's."""
        book = load(Path(job["rules"]) if job["rules"] else None)
        assumptions = read_assumptions(Path(job["assume"]), book) if job["assume"] else None
        if [book.digest, assumptions and dict(assumptions.said)] != job["known"]:
            raise ValueError("rules or assumptions have changed")
        self._header = read_header(job["header"], book, job["name"], job["ignored"])
        self._reader = CohortReader(book, self._header)
        layout = layout_of(book, tuple(job["policies"]))
        self._ranker = PartRanker(book, layout, assumptions, job["chunk"])

    def answer(self, message: Message) -> tuple[dict[str, Any], list[Any]]:
        """A block, ranked; an empty answer if it is not clean."""
        [block] = message.bodies
        rows = text_rows(block, self._header, message.head["line"])
        return ({}, []) if rows is None else packed(self._ranker.rank(self._reader.part(rows)))


def main() -> None:
    """Answer until nothing more is asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what an interruption means
    keep_freed_memory()
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    messages = _messages(sys.stdin.buffer)
    helper = Helper(next(messages).head)
    for message in ahead(messages, depth=1):
        send(output, *helper.answer(message))


def _messages(stream: IO[bytes]) -> Iterator[Message]:
    while message := receive(stream):
        yield message


if __name__ == "__main__":
    main()
