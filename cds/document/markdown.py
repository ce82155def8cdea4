"""Render a document as Markdown: every text escaped, so that none of it becomes markup or a link."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cds.document.blocks import Block, Document, Facts, Figure, Form, Heading, Items, Paragraph, Table

#: Signs that mean something anywhere, colons and dots of addresses and of emoji codes, and what
#: starts a heading, a list or a rule at the beginning of a line.
_SPECIAL = re.compile(
    r"[\\`*_{}\[\]|<>&~$^#@]|:(?=[\w/+-])|(?<=www)\.|^[+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]", re.IGNORECASE
)
#: `a@b.c` becomes a link in some dialects whatever is escaped; an empty comment keeps it apart.
_MAIL = re.compile(r"(?<=[\w.+-])@(?=\w)")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def render(document: Document) -> str:
    """The document as Markdown with pipe tables."""
    return "\n\n".join(_parts(document)) + "\n"


def _parts(document: Document) -> Iterator[str]:
    yield f"**{say(document.research_only)}**"
    yield say(document.subject)
    yield f"# {say(document.title)}"
    yield say(document.made_by)
    if document.band:
        yield _pairs(document.band)
    for section in document.sections:
        yield f"## {say(section.title)}"
        for block in section.blocks:
            yield from _block(block)
    yield "---"
    yield say(document.foot)
    yield f"**{say(document.research_only)}**"


def say(text: str) -> str:
    """A text on one line with every sign that could mean something escaped."""
    parts = _MAIL.split(re.sub(r"[^\S\u00a0]+", " ", text).strip())
    return "<!-- -->@".join(_SPECIAL.sub(_escape, part) for part in parts)


def _escape(match: re.Match[str]) -> str:
    return _ENTITIES.get(match[0], f"\\{match[0]}")


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"### {say(text)}"
        case Paragraph(text):
            yield say(text)
        case Items(items):
            yield "\n".join(f"- {say(item)}" for item in items)
        case Facts(pairs):
            yield _pairs(pairs)
        case Table():
            yield from _table(block)
        case Figure():
            yield say(block.sentence)
            yield from _table(block.table)
        case Form(entries):
            for entry in entries:
                yield say(entry.label)
                if entry.choices:
                    yield "\n".join(f"- {say(choice)}" for choice in entry.choices)


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"- {say(label)}: **{say(value)}**" for label, value in pairs)


def _table(table: Table) -> Iterator[str]:
    yield f"**{say(table.caption)}**"
    marks = ("---:" if index in table.numeric else ":---" for index in range(len(table.columns)))
    rows = [_row(table.columns), f"| {' | '.join(marks)} |", *map(_row, table.rows)]
    yield "\n".join(rows)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(say(cell) for cell in cells)} |"
