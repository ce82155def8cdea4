"""Show the blocks of a document. All text is escaped here, once."""

from __future__ import annotations

from html import escape

import streamlit as st

from cds import Block, Facts, Figure, Items, Paragraph, Section, Table

_GLYPH = {"stop": "■", "caution": "▲", "monitor": "◆", "good": "●"}


def show_section(section: Section, heading: bool = True) -> None:
    """A section of a document under its own heading."""
    if heading:
        st.header(section.title, anchor=section.id)
    for block in section.blocks:
        show(block)


def show(block: Block) -> None:
    """One block."""
    if isinstance(block, Figure):
        st.html(f'<div class="cds"><p>{escape(block.sentence)}</p></div>')
        st.image(block.svg, alt=block.sentence, width="stretch")
        with st.expander("The same as numbers"):
            show(block.table)
    else:
        st.html(f'<div class="cds">{as_html(block)}</div>')


def as_html(block: Block) -> str:
    """A block as HTML with every text escaped."""
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
    raise TypeError(type(block).__name__)


def _toned(inner: str, tone: str) -> str:
    """Colour never stands alone: a sign stands before it."""
    if tone == "plain":
        return inner
    if tone == "quiet":
        return f'<div class="cds-quiet">{inner}</div>'
    sign = f'<span class="cds-glyph" aria-hidden="true">{_GLYPH[tone]}</span>'
    return f'<div class="cds-note cds-{tone}">{inner.replace(">", ">" + sign, 1) if "<p" in inner else inner}</div>'


def _table(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_number(table, column)}>{escape(name)}</th>' for column, name in enumerate(table.columns)
    )
    body = "".join(f"<tr>{_row(table, row)}</tr>" for row in table.rows)
    return (
        f'<div class="cds-scroll"><table><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(table: Table, row: tuple[str, ...]) -> str:
    cells = []
    for column, cell in enumerate(row):
        label = escape(table.columns[column], quote=True)
        cells.append(f'<td data-label="{label}"{_number(table, column)}>{escape(cell)}</td>')
    return "".join(cells)


def _number(table: Table, column: int) -> str:
    return ' class="cds-number"' if column in table.numeric else ""


def note(text: str, tone: str = "plain") -> None:
    """A sentence with a tone."""
    show(Paragraph(text, tone))  # type: ignore[arg-type]
