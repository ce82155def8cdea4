"""Show the blocks of a document. All text is escaped here, once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby

import streamlit as st

from cds.document.blocks import (
    Block,
    Entry,
    Facts,
    Figure,
    Form,
    Heading,
    Items,
    Paragraph,
    Section,
    Table,
    Tone,
    cleaned,
    visible,
)
from cds.document.tags import tone_of

_GLYPH: dict[Tone, str] = {"stop": "■", "caution": "▲", "monitor": "◆", "good": "●"}


def show_section(section: Section | None, heading: bool = True) -> None:
    """A section of a document under its own heading; nothing where the document has no such section."""
    if section is not None:
        if heading:
            st.header(section.title, anchor=section.id)
        show_all(section.blocks)


def fold_section(section: Section | None, label: str, before: int = 1) -> None:
    """A section with its first blocks in view and the rest to unfold."""
    if section is None:
        return
    st.header(section.title, anchor=section.id)
    show_all(section.blocks[:before])
    if section.blocks[before:]:
        with st.expander(label):
            show_all(section.blocks[before:])


def fold_long(blocks: Iterable[Block], longest: int = 12) -> None:
    """Blocks in their order; a table of more rows than that waits to be unfolded."""
    for is_long, part in groupby(blocks, lambda one: isinstance(one, Table) and len(one.rows) > longest):
        if not is_long:
            show_all(part)
            continue
        for table in part:
            with st.expander(plain(table.caption)):
                show(table)


def show_all(blocks: Iterable[Block]) -> None:
    """Blocks in their order; what stands between two pictures goes to the browser in one piece."""
    for is_figure, part in groupby(blocks, lambda block: isinstance(block, Figure)):
        if is_figure:
            for block in part:
                _figure(cleaned(block))
        else:
            st.html(f'<div class="cds">{"".join(as_html(cleaned(block)) for block in part)}</div>')


def show(block: Block) -> None:
    """One block, every text of it made visible and escaped."""
    show_all((block,))


def _figure(figure: Figure) -> None:
    """Sentence, picture, and its numbers to unfold."""
    note(figure.sentence)
    st.image(_sans(figure.svg), alt=figure.sentence, width="content")
    with st.expander("The same as numbers"):
        show(figure.table)


def _sans(svg: str) -> str:
    """A picture in a font that browsers have: an image can't use the page's own."""
    return re.sub(r'font-family="[^"]*"', 'font-family="DejaVu Sans, Arial, Helvetica, sans-serif"', svg)


def lead(block: Block) -> None:
    """The sentence a page is opened for, larger than the rest."""
    inner = as_html(cleaned(block)).replace('class="cds-text"', 'class="cds-text cds-lead"', 1)
    st.html(f'<div class="cds">{inner}</div>')


def plain(text: str) -> str:
    """A text for a label: what Streamlit would read there as Markdown stands for itself."""
    return re.sub(r"([^\w\s])", r"\\\1", visible(text), flags=re.ASCII)


def counted(label: str, count: int, of: int) -> str:
    """How many of a group are entered, to stand at the end of its heading."""
    said = f'<span class="cds-hidden">{escape(label)}: </span>{count} of {of}'
    return (
        f'<p class="cds-count{" cds-some" if count else ""}">{said}<span class="cds-wide"> entered</span></p>'
    )


def note(text: str, tone: Tone = "plain") -> None:
    """A sentence with a tone."""
    show(Paragraph(text, tone))


def as_html(block: Block) -> str:
    """A block without pictures as HTML."""
    match block:
        case Heading(text):
            return f"<h3>{escape(text)}</h3>"
        case Paragraph(text, tone):
            return _toned(f'<p class="cds-text">{escape(text)}</p>', tone)
        case Items(items, tone):
            listed = "".join(f"<li>{escape(item)}</li>" for item in items)
            return _toned(f'<ul class="cds-text">{listed}</ul>', tone)
        case Facts(pairs):
            rows = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in pairs)
            return f'<dl class="cds-facts">{rows}</dl>'
        case Table():
            return _table(block)
        case Form(entries):
            return "".join(map(_entry, entries))
    raise TypeError(type(block).__name__)


def _toned(inner: str, tone: Tone) -> str:
    """Colour never stands alone: a sign stands before the text."""
    if tone == "plain":
        return inner
    if tone == "quiet":
        return f'<div class="cds-quiet">{inner}</div>'
    sign = f'<span class="cds-glyph" aria-hidden="true">{_GLYPH[tone]}</span>'
    return f'<div class="cds-note cds-{tone}">{sign}<div class="cds-in">{inner}</div></div>'


def _entry(entry: Entry) -> str:
    return f"<p>{escape(entry.label)} {escape(' '.join(entry.choices))}</p>"


def _table(table: Table) -> str:
    total = sum(table.widths)
    columns = "".join(f'<col style="width:{100 * width / total:.1f}%">' for width in table.widths)
    head = "".join(
        f'<th scope="col"{_class(table, at)}>{escape(name)}</th>' for at, name in enumerate(table.columns)
    )
    body = "".join(f"<tr>{_row(table, row)}</tr>" for row in table.rows)
    return (
        f'<div class="cds-scroll"><table><caption>{escape(table.caption)}</caption>'
        f"<colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(table: Table, row: tuple[str, ...]) -> str:
    cells = []
    for at, cell in enumerate(row):
        name, text = escape(table.columns[at], quote=True), escape(cell)
        if at in table.tagged:
            text = f'<span class="cds-tag cds-{tone_of(cell)}">{text}</span>' if cell else ""
        cells.append(f'<td data-label="{name}"{_class(table, at)}>{text}</td>')
    return "".join(cells)


def _class(table: Table, at: int) -> str:
    return ' class="cds-number"' if at in table.numeric else ""
