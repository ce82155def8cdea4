"""Show the blocks of a document, by the renderer that makes HTML reports; `style.css` gives their look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

import streamlit as st

from cds.document.blocks import (
    Block,
    Figure,
    Paragraph,
    Section,
    Table,
    Tone,
    cleaned,
    visible,
)
from cds.document.html import render_block


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
    short: list[Block] = []
    for block in blocks:
        if not isinstance(block, Table) or len(block.rows) <= longest:
            short.append(block)
            continue
        show_all(short)
        short = []
        with st.expander(plain(block.caption)):
            show(block)
    show_all(short)


def show_all(blocks: Iterable[Block]) -> None:
    """Blocks in their order; what stands between two pictures goes to the browser in one piece."""
    together: list[str] = []
    for block in map(cleaned, blocks):
        if not isinstance(block, Figure):
            together.append(render_block(block))
            continue
        _html(together)
        together = []
        _figure(block)
    _html(together)


def _html(rendered: list[str]) -> None:
    if rendered:
        st.html(f'<div class="cds">{"".join(rendered)}</div>')


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
    st.html(f'<div class="cds cds-lead">{render_block(cleaned(block))}</div>')


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
