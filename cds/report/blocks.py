"""The parts of a document. Text only: every renderer escapes it for its own format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "stop", "caution", "monitor", "good", "quiet"]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; the tone always stands beside a word that says the same."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Items:
    """A list of short sentences."""

    items: tuple[str, ...]
    tone: Tone = "plain"


@dataclass(frozen=True)
class Facts:
    """Label and value pairs."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table with a caption; `numeric` columns are aligned right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A picture, the sentence that says what it shows, and its numbers as a table."""

    id: str
    sentence: str
    svg: str
    table: Table


Block = Paragraph | Items | Facts | Table | Figure


@dataclass(frozen=True)
class Section:
    """A section with a stable id."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole document: what stands on every page, and its sections."""

    title: str
    research_only: str
    subject: str
    made_by: str
    sections: tuple[Section, ...]
