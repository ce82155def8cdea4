"""Render a document in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from cds.document.blocks import (
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


#: Columns of a page that goes to a file or another program.
PIPED = 110
#: Signs of a cell's edges, and of a section's indent.
EDGES, INDENT = 3, 2
#: A longer word may be broken, a shorter cell is not.
LONGEST, SHORT = 30, 14


def console() -> Console:
    """A console as wide as the terminal."""
    made = Console()
    return made if made.is_terminal else Console(width=PIPED)


def render(document: Document, console: Console) -> None:
    """Print a document, its sections in order."""
    console.print(Text(document.research_only, style="bold reverse"))
    console.print(Text(document.subject, style="dim"))
    console.print(Text(document.title, style="bold"))
    console.print(Text(document.made_by, style="dim"))
    if document.band:
        console.print(_block(Facts(document.band), console.width))
    for section in document.sections:
        console.print(_section(section, console.width - INDENT))
    console.print(Text(document.research_only, style="bold reverse"))


def show(blocks: Iterable[Block], console: Console) -> None:
    """Print blocks by themselves, without a document around them."""
    for block in blocks:
        console.print(_block(block, console.width))


def _section(section: Section, room: int) -> RenderableType:
    blocks = [Padding(_block(block, room), (0, 0, 0, INDENT), expand=False) for block in section.blocks]
    return Group(Text(f"\n{section.title}", style="bold underline"), *blocks)


def _block(block: Block, room: int) -> RenderableType:
    match block:
        case Heading(text):
            return Text(f"\n{text}", style="bold")
        case Paragraph(text, tone):
            return Text(text, style=_STYLE[tone])
        case Items(items, tone):
            return _bullets(items, _STYLE[tone])
        case Facts(pairs):
            return Text("\n".join(f"{label}: {value}" for label, value in pairs))
        case Table():
            return draw(block, room)
        case Figure(_, sentence, _, table):
            return Group(Text(sentence), draw(table, room))
        case Form(entries):
            said = (": ".join([entry.label, "  ".join(entry.choices)]) for entry in entries)
            return Text("\n".join(said))


def _bullets(items: Iterable[str], style: str) -> RenderableType:
    """Items whose further lines stand under the first word, not under the bullet."""
    grid = RichTable.grid(padding=(0, 1, 0, 0))
    for item in items:
        grid.add_row(Text("•", style=style), Text(item, style=style))
    return grid


def draw(table: Table, room: int) -> RenderableType:
    """A table that wraps between words and never cuts; where it is too wide, row under row."""
    widths = _widths(table, room - 1)
    if widths is None:
        return _listed(table)
    grid = RichTable(title=Text(table.caption), title_justify="left", title_style="italic")
    for index, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
        justify: JustifyMethod = "right" if index in table.numeric else "left"
        grid.add_column(Text(column), justify=justify, overflow="fold", width=width)
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid


def _widths(table: Table, room: int) -> list[int] | None:
    """Signs for each column; None where not even the longest words fit beside one another.

    Every column gets its longest word, then what is left goes to those that need most.
    """
    columns = list(zip(table.columns, *table.rows, strict=True))
    wanted = [max(map(cell_len, cells)) for cells in columns]
    widths = [max(map(_word, cells)) for cells in columns]
    left = room - EDGES * len(columns) - sum(widths)
    if left < 0:
        return None
    missing = [want - width for want, width in zip(wanted, widths, strict=True)]
    if sum(missing) > left:
        missing = [left * part // sum(missing) for part in missing]
    return [width + more for width, more in zip(widths, missing, strict=True)]


def _word(cell: str) -> int:
    """The size of the longest part of a cell that is not to be broken."""
    whole = cell_len(cell)
    return whole if whole <= SHORT else min(LONGEST, max(map(cell_len, cell.split(" "))))


def _listed(table: Table) -> RenderableType:
    """A table as a list, for a narrow terminal."""
    rows = (
        "\n".join(f"{column}: {cell}" for column, cell in zip(table.columns, row, strict=True) if cell)
        for row in table.rows
    )
    return Group(
        Text(table.caption, style="italic"),
        *(Padding(Text(row), (1, 0, 0, INDENT), expand=False) for row in rows),
    )
