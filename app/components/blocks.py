"""Show the blocks of a document. All text is escaped here, once."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from cds import (
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
    tone_of,
)

_GLYPH: dict[Tone, str] = {"stop": "■", "caution": "▲", "monitor": "◆", "good": "●"}


def show_section(section: Section | None) -> None:
    """A section of a document under its own heading; nothing where the document has no such section."""
    if section is not None:
        st.header(section.title, anchor=section.id)
        show_all(section.blocks)


def show_all(blocks: Iterable[Block]) -> None:
    """Blocks in their order."""
    for block in blocks:
        show(block)


def show(block: Block) -> None:
    """One block, every text of it made visible and escaped."""
    block = cleaned(block)
    if isinstance(block, Figure):
        _sentence(block.sentence)
        st.image(block.svg, alt=block.sentence, width="stretch")
        with st.expander("The same as numbers"):
            show(block.table)
    elif isinstance(block, Heading):
        st.subheader(_plain(block.text))
    else:
        st.html(f'<div class="cds">{as_html(block)}</div>')


def note(text: str, tone: Tone = "plain") -> None:
    """A sentence with a tone."""
    show(Paragraph(text, tone))


def _sentence(text: str) -> None:
    st.html(f'<div class="cds"><p>{escape(text)}</p></div>')


def _plain(text: str) -> str:
    """Text for a place that reads Markdown: every sign that Markdown gives a meaning is escaped."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()#+-.!|~>$:<&" else sign for sign in text)


def as_html(block: Block) -> str:
    """A block without pictures as HTML."""
    match block:
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
