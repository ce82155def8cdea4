"""The parts of a document. Text only: every renderer escapes it for its own format.

A block that something looks for has an `id` in snake_case, which is in no output: programs find
blocks by id, never by their text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

Tone = Literal["plain", "stop", "caution", "monitor", "good", "quiet"]


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; its text says in words what the tone says in colour."""

    text: str
    tone: Tone = "plain"
    id: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Items:
    """A list of short sentences."""

    items: tuple[str, ...]
    tone: Tone = "plain"
    id: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Facts:
    """Label and value pairs."""

    pairs: tuple[tuple[str, str], ...]
    id: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Table:
    """A table with a caption.

    `numeric` columns are aligned right, `tagged` ones hold words of `cds.document.tags`, and
    `widths` are relative column widths where equal ones would not serve.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    tagged: tuple[int, ...] = ()
    widths: tuple[float, ...] = ()
    id: str = field(default="", kw_only=True)

    def relative_widths(self) -> tuple[float, ...]:
        """Relative widths of the columns: as given, or by how long their words and cells are."""
        return self.widths or tuple(map(self._need, range(len(self.columns))))

    def trimmed(self) -> Table:
        """The table without columns that hold nothing."""
        filled = [at for at in range(len(self.columns)) if any(row[at] for row in self.rows)]
        return replace(
            self,
            columns=tuple(self.columns[at] for at in filled),
            rows=tuple(tuple(row[at] for at in filled) for row in self.rows),
            numeric=tuple(filled.index(at) for at in self.numeric if at in filled),
            tagged=tuple(filled.index(at) for at in self.tagged if at in filled),
            widths=tuple(self.widths[at] for at in filled) if self.widths else (),
        )

    def _need(self, column: int) -> float:
        cells = [self.columns[column], *(row[column] for row in self.rows)]
        longest = max(map(len, cells))
        word = max((len(word) for cell in cells for word in cell.split()), default=1)
        return 2.5 + max(min(word, 24), min(longest, 14 + 0.4 * max(longest - 14, 0)))


@dataclass(frozen=True)
class Figure:
    """A picture, the sentence that says what it shows, and its numbers as a table."""

    id: str
    sentence: str
    svg: str
    table: Table


@dataclass(frozen=True)
class Entry:
    """A place to write in: a label, boxes to tick, and empty lines."""

    label: str
    choices: tuple[str, ...] = ()
    lines: int = 1


@dataclass(frozen=True)
class Form:
    """Places to write in, for what people decide."""

    entries: tuple[Entry, ...]


Block = Heading | Paragraph | Items | Facts | Table | Figure | Form


@dataclass(frozen=True)
class Section:
    """A section with a stable id; `front` sections make up the first page."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    front: bool = False

    def block(self, name: str) -> Block | None:
        """The block of this id, if the section has it."""
        return next((block for block in self.blocks if getattr(block, "id", "") == name), None)

    def up_to(self, name: str) -> int:
        """How many blocks there are up to the one of this id, and with it; all if there is none."""
        ids = [getattr(block, "id", "") for block in self.blocks]
        return ids.index(name) + 1 if name in ids else len(ids)

    def without(self, name: str) -> Section:
        """The section without the block of this id."""
        blocks = tuple(block for block in self.blocks if getattr(block, "id", "") != name)
        return replace(self, blocks=blocks)


@dataclass(frozen=True)
class Document:
    """A whole document: its sections, and what is on every page.

    `band` names the case in pairs of label and value, `foot` is below every page, `number` is the
    beginning of the digest of the content.
    """

    title: str
    research_only: str
    subject: str
    made_by: str
    sections: tuple[Section, ...]
    band: tuple[tuple[str, str], ...] = ()
    foot: str = ""
    number: str = ""

    def section(self, name: str) -> Section | None:
        """The section of this id, if the document has it."""
        return next((section for section in self.sections if section.id == name), None)


#: Letters and signs that show nothing although Unicode does not file them under format.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u200b\ufeff")
_HIDDEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))


def visible(text: str) -> str:
    """The text with what shows nothing, or turns the reading direction, as `⟨U+202E⟩`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(escape(char) if _is_hidden(char) else char for char in text)


def escape(char: str) -> str:
    """A character by its number, in signs that every font of ours holds."""
    return f"⟨U+{ord(char):04X}⟩"


def _is_hidden(char: str) -> bool:
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return unicodedata.category(char) in _HIDDEN or char in _BLANK or selector


T = TypeVar("T")


def cleaned(part: T) -> T:
    """The same document, or part of one, with every text `visible`; pictures stay as they are."""
    if isinstance(part, str):
        return visible(part)  # type: ignore[return-value]
    if isinstance(part, tuple):
        return tuple(cleaned(item) for item in part)  # type: ignore[return-value]
    if is_dataclass(part) and not isinstance(part, type):
        changes: dict[str, Any] = {
            field.name: cleaned(getattr(part, field.name)) for field in fields(part) if field.name != "svg"
        }
        return replace(part, **changes)
    return part


def lines(document: Document) -> Iterator[str]:
    """All visible text in reading order: what every format shows, and nothing else does."""
    yield from (document.research_only, document.subject, document.title, document.made_by)
    for pair in document.band:
        yield from pair
    for section in document.sections:
        yield section.title
        for block in section.blocks:
            yield from _of_block(block)


def _of_block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text) | Paragraph(text):
            yield text
        case Items(items):
            yield from items
        case Facts(pairs):
            yield from (text for pair in pairs for text in pair)
        case Table():
            yield from (block.caption, *block.columns)
            yield from (cell for row in block.rows for cell in row if cell)
        case Figure():
            yield block.sentence
            yield from _of_block(block.table)
        case Form(entries):
            for entry in entries:
                yield from (entry.label, *entry.choices)
