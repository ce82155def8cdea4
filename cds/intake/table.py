"""Strict tables: RFC 4180 with UTF-8 and commas, and nothing else. Nothing is guessed.

What makes the table doubtful refuses the file: another delimiter or encoding, a ragged row, a
stray or open quote, NUL, a lone carriage return, an oversized cell. All faults up to a limit are
collected, each with its line; no fault shows what stands in a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from cds.errors import Fault, InputError

MAX_CELL, MAX_RECORD, MAX_COLUMNS, MAX_FAULTS = 65_536, 4_000_000, 5_000, 20
CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\Z)')
BOM = b"\xef\xbb\xbf"
#: Bytes that are looked at before anything else; the first piece holds them, if there are so many.
HEAD = 64


class Row(NamedTuple):
    """One record and the line it starts on."""

    line: int
    cells: list[str]


class TooManyFaults(Exception):
    """The limit of faults is reached; reading on would tell nothing new."""


@dataclass
class Faults:
    """The faults of one file, up to a limit."""

    name: str
    found: list[Fault] = field(default_factory=list)

    def add(self, line: int, problem: str, remedy: str) -> None:
        """Keep a fault; TooManyFaults once the limit is reached."""
        self.found.append(Fault(f"{self.name}:{line}", problem, remedy))
        if len(self.found) >= MAX_FAULTS:
            raise TooManyFaults

    def raise_if_any(self) -> None:
        """Refuse the file if there is any fault."""
        if self.found:
            count, more = len(self.found), len(self.found) >= MAX_FAULTS
            title = f"The cohort file is refused: {count} fault{'s' if count > 1 else ''}"
            raise InputError(title + (" (only the first are shown)" if more else ""), self.found)


class StrictReader:
    """Turns bytes into records; feed it pieces of whole lines, in order.

    A record that a quoted line break leaves open at the end of a piece is kept for the next one.
    """

    def __init__(self, faults: Faults, line: int = 1) -> None:
        """`line` is the number of the first line that will be fed."""
        self.faults, self.line = faults, line
        self.width: int | None = None
        self._open: list[str] = []
        self._open_line, self._open_size = line, 0

    @property
    def is_open(self) -> bool:
        """Whether a record waits for its closing quote."""
        return bool(self._open)

    def first_row(self, piece: bytes, is_last: bool = False) -> tuple[Row | None, int]:
        """The first record that ends in this piece, and the bytes up to its end."""
        end = 0
        while end < len(piece) and not self.faults.found:
            start, end = end, piece.find(b"\n", end) + 1 or len(piece)
            for row in self.rows(piece[start:end], is_last and end == len(piece)):
                return row, end
        return None, end

    def rows(self, piece: bytes, is_last: bool = False) -> Iterator[Row]:
        """The records that end in this piece."""
        lines = piece.split(b"\n")
        ended = lines[-1] == b""
        if ended:
            lines.pop()
        for at, raw in enumerate(lines, start=1):
            text = self._text(raw)
            self.line += 1
            if text is not None:
                cut_off = is_last and not ended and at == len(lines)
                yield from self._record(text, self.line - 1, cut_off)
        if is_last and self._open:
            self.faults.add(
                self._open_line, "a quote is opened and never closed", "Close or double the quote."
            )
            raise TooManyFaults

    def _text(self, raw: bytes) -> str | None:
        if b"\0" in raw:
            self.faults.add(self.line, "holds a NUL byte", "Export the table again as UTF-8 text.")
            return None
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.faults.add(
                self.line, "is not UTF-8", "Save the file as UTF-8 (not Latin-1 or Windows-1252)."
            )
            return None

    def _record(self, text: str, line: int, cut_off: bool) -> Iterator[Row]:
        if not self._open and '"' not in text:
            cells = self._plain_cells(text.removesuffix("\r"), line)
        else:
            joined = self._joined(text, line)
            if joined is None:
                return
            line = self._open_line
            cells = self._quoted_cells(joined.removesuffix("\r"), line)
        if cells is not None and self._fits(cells, line, cut_off):
            yield Row(line, cells)

    def _plain_cells(self, text: str, line: int) -> list[str] | None:
        if "\r" in text:
            self.faults.add(line, "holds a carriage return inside a line", "Use line feeds at line ends.")
            return None
        return text.split(",")

    def _quoted_cells(self, text: str, line: int) -> list[str] | None:
        cells = quoted_cells(text)
        if cells is None:
            remedy = "Quote the whole cell, double quotes in it."
            self.faults.add(line, "holds a quote or carriage return where none may stand", remedy)
        return cells

    def _joined(self, text: str, line: int) -> str | None:
        """The whole record once its quotes are even; None while it is open."""
        if not self._open:
            self._open_line, self._open_size, self._quotes = line, 0, 0
        self._open.append(text)
        self._open_size += len(text) + 1
        self._quotes += text.count('"')
        if self._quotes % 2 == 0:
            joined, self._open = "\n".join(self._open), []
            return joined
        if self._open_size > MAX_RECORD:
            self.faults.add(
                self._open_line, "a quote is opened and never closed", "Close or double the quote."
            )
            raise TooManyFaults
        return None

    def _fits(self, cells: list[str], line: int, cut_off: bool) -> bool:
        if self.width is None:
            self.width = len(cells)
        if len(cells) != self.width:
            self.faults.add(line, *ragged(cells, self.width, cut_off))
            return False
        if sum(map(len, cells)) > MAX_CELL and max(map(len, cells)) > MAX_CELL:
            self.faults.add(line, f"a cell is longer than {MAX_CELL:,} characters", "Shorten or remove it.")
            return False
        return True


def ragged(cells: list[str], width: int, cut_off: bool) -> tuple[str, str]:
    """Problem and remedy of a row that is not as wide as the header."""
    if cells == [""]:
        return "is an empty line", "Remove the line."
    problem = f"has {len(cells)} cells where the header has {width}"
    if cut_off and len(cells) < width:
        return problem, "The file looks cut off; export it again."
    return problem, "Quote cells that hold commas; fill missing ones with nothing between commas."


def quoted_cells(text: str) -> list[str] | None:
    """The cells of one record by RFC 4180; None if a quote stands where none may."""
    cells: list[str] = []
    at = 0
    while True:
        match = CELL.match(text, at)
        if match is None:
            return None
        quoted, plain, end = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        if end == "":
            return cells
        at = match.end()


def whole_lines(pieces: Iterable[bytes], name: str) -> Iterator[tuple[bytes, bool]]:
    """Pieces cut again at line ends, each with whether it is the last."""
    rest, waiting, is_first = b"", b"", True
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if cut == 0 or (is_first and len(rest) + cut < HEAD):
            rest += piece
            if len(rest) > 4 * MAX_RECORD:
                fault = Fault(name, f"holds a line of more than {len(rest):,} bytes", "Shorten or remove it.")
                raise InputError("The cohort file is refused", [fault])
            continue
        if waiting:
            yield waiting, False
        waiting, rest, is_first = rest + piece[:cut], piece[cut:], False
    if is_first:
        cut = rest.rfind(b"\n") + 1
        waiting, rest = rest[:cut], rest[cut:]
    if waiting:
        yield waiting, not rest
    if rest:
        yield rest, True


def check_start(head: bytes, name: str) -> int:
    """Refuse other encodings and empty files by the first bytes; returns how many bytes a BOM takes."""

    def refuse(problem: str, remedy: str) -> None:
        raise InputError("The cohort file is refused", [Fault(f"{name}:1", problem, remedy)])

    if (
        head.startswith((b"\xff\xfe", b"\xfe\xff"))
        or head[1::2][:20].count(0) > 8
        or head[::2][:20].count(0) > 8
    ):
        refuse("is UTF-16 or UTF-32, not UTF-8", "Save the file as UTF-8.")
    skipped = len(BOM) if head.startswith(BOM) else 0
    if head[skipped:].startswith(BOM):
        refuse("starts with two byte order marks", "Remove one.")
    if not head[skipped:].strip(b"\r\n\t ,"):
        refuse("holds no rows", "Write a header and one row for each patient.")
    return skipped
