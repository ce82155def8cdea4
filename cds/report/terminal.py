"""Render a document in the terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from cds.report.blocks import (
    Block,
    Document,
    Facts,
    Figure,
    Form,
    Heading,
    Items,
    Paragraph,
    Section,
    Table,
    Tone,
)

_STYLE: dict[Tone, str] = {
    "plain": "",
    "stop": "bold red",
    "caution": "yellow",
    "monitor": "cyan",
    "good": "green",
    "quiet": "dim",
}


def render(document: Document, console: Console, sections: tuple[str, ...] = ()) -> None:
    """Print a document without the sections that are for paper, or only the named ones."""
    console.print(Text(document.research_only, style="bold reverse"))
    console.print(Text(document.subject, style="dim"))
    console.print(Text(document.title, style="bold"))
    console.print(Text(document.made_by, style="dim"))
    if document.band and not sections:
        console.print(_block(Facts(document.band)))
    for section in document.sections:
        if section.id in sections or not (sections or section.paper):
            console.print(_section(section))
    console.print(Text(document.research_only, style="bold reverse"))


def _section(section: Section) -> RenderableType:
    blocks = [Padding(_block(block), (0, 0, 0, 2)) for block in section.blocks]
    return Group(Text(f"\n{section.title}", style="bold underline"), *blocks)


def _block(block: Block) -> RenderableType:
    match block:
        case Heading(text):
            return Text(f"\n{text}", style="bold")
        case Paragraph(text, tone):
            return Text(text, style=_STYLE[tone])
        case Items(items, tone):
            return Text("\n".join(f"• {item}" for item in items), style=_STYLE[tone])
        case Facts(pairs):
            return Text("\n".join(f"{label}: {value}" for label, value in pairs))
        case Table():
            return draw(block)
        case Figure(_, sentence, _, table):
            return Group(Text(sentence), draw(table))
        case Form(entries):
            said = (": ".join([entry.label, "  ".join(entry.choices)]) for entry in entries)
            return Text("\n".join(said))


def draw(table: Table) -> RichTable:
    """A table that wraps and never cuts."""
    grid = RichTable(title=Text(table.caption), title_justify="left", title_style="italic")
    for index, column in enumerate(table.columns):
        grid.add_column(Text(column), justify="right" if index in table.numeric else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid
