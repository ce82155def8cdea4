"""Clean rows of a cohort file: blocks of whole lines in which commas and line feeds alone separate cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from cds.intake.cohort_file import Lines, Table
from cds.intake.header import Header
from cds.intake.ids import Ids, together
from cds.intake.lexicon import Codes, Lexicon
from cds.intake.split import Splitter


class Part(NamedTuple):
    """The rows of one block."""

    ids: Ids
    codes: Codes
    lines: Lines


class CleanRows:
    """Reads clean blocks of one file, and numbers the texts of its columns."""

    def __init__(self, header: Header) -> None:
        """One lexicon for each column of the header."""
        self.lexicons = [Lexicon() for _ in header.columns]
        wanted = [column.at for column in header.columns]
        self._splitter = Splitter(header.width, header.id_at, wanted, self.lexicons)

    def part(self, block: bytes, line: int) -> Part | None:
        """The rows of a block whose first line is `line`; None if the block is not clean."""
        split = self._splitter.split(block)
        return split and Part(split.ids, split.codes, np.arange(line, line + len(split.ids)))

    def parts(self, blocks: Iterable[bytes], line: int) -> list[Part] | None:
        """The rows of blocks that follow one another; None if one of them is not clean."""
        found: list[Part] = []
        for block in blocks:
            part = self.part(block, line)
            if part is None:
                return None
            found.append(part)
            line += len(part.ids)
        return found

    @property
    def must_forget(self) -> bool:
        """Whether the lexicons start anew before the next block; what was read must be handed out first."""
        return any(lexicon.is_full for lexicon in self.lexicons)

    def forget(self) -> None:
        """Start the lexicons anew if they are full."""
        if self.must_forget:
            self._splitter.forget()


def table_of(parts: Sequence[Part]) -> Table:
    """Parts as one table."""
    ids = together([part.ids for part in parts])
    codes = np.concatenate([part.codes for part in parts], axis=1)
    return Table(ids, codes, np.concatenate([part.lines for part in parts]))
