"""Render a document as DOCX that a board can edit: real styles, header rows, alternative texts.

Bytes are reproducible: dates are those of the document, and the zip is written with a fixed time.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import docx
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph as Line

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
from cds.document.docx_parts import (
    bookmark,
    borders,
    describe,
    element,
    field,
    ink,
    put,
    rule,
    same_bytes,
    shade,
)
from cds.document.figures.palette import SECOND, TEXT, TONES
from cds.document.pictures import png
from cds.document.tags import tone_of

_WIDTH = Mm(180)
_EPOCH = dt.datetime(2000, 1, 1)
_FONT = "Arial"


def render(document: Document, made_on: dt.date | None = None) -> bytes:
    """The document as DOCX; `made_on` becomes its date."""
    file = docx.Document()
    _set_up(file, document, made_on)
    file.add_heading(document.title, 1)
    _said(file.add_paragraph(), document.made_by, "quiet")
    if document.band:
        _band(file, document.band)
    for number, section in enumerate(document.sections):
        after_front = number and not section.front and document.sections[number - 1].front
        _section(file, section, number, page_break=bool(after_front))
    raw = io.BytesIO()
    file.save(raw)
    return same_bytes(raw.getvalue())


# --- set-up -------------------------------------------------------------------------------------


def _set_up(file: Docx, document: Document, made_on: dt.date | None) -> None:
    styles: Any = file.styles
    for name, size in (
        ("Normal", 9.5),
        ("Heading 1", 16),
        ("Heading 2", 13),
        ("Heading 3", 11),
        ("Caption", 9.5),
    ):
        _style(styles[name], size)
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(element("lang", val="en-GB"))
    page = file.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.PORTRAIT, Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(15)
    page.top_margin, page.bottom_margin = Mm(20), Mm(18)
    _every_page(page, document, styles["Normal"])
    _properties(file, document, made_on)


def _style(style: Any, size: float) -> None:
    style.font.name, style.font.size = _FONT, Pt(size)
    style.font.color.rgb = ink(TEXT)
    style.font.italic = False
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), _FONT)
    style.paragraph_format.space_after = Pt(3)
    if style.name.startswith("Heading"):
        style.paragraph_format.space_before = Pt(9)


def _every_page(page: Any, document: Document, normal: Any) -> None:
    head, foot = page.header.paragraphs[0], page.footer.paragraphs[0]
    head.style = foot.style = normal
    head.paragraph_format.tab_stops.add_tab_stop(_WIDTH, 2)
    head.add_run(document.research_only).bold = True
    head.add_run("\t")
    head.add_run(document.subject)
    foot.paragraph_format.tab_stops.add_tab_stop(_WIDTH, 2)
    _small(foot, f"{document.foot}\tpage ")
    field(foot, "PAGE")
    _small(foot, " of ")
    field(foot, "NUMPAGES")


def _small(line: Line, text: str) -> None:
    run = line.add_run(text)
    run.font.size, run.font.color.rgb = Pt(8), ink(SECOND)


def _properties(file: Docx, document: Document, made_on: dt.date | None) -> None:
    software = document.made_by.partition(",")[0]
    date = dt.datetime.combine(made_on, dt.time()) if made_on else _EPOCH
    core = file.core_properties
    core.title, core.subject = f"{document.title}: {document.subject}"[:255], document.research_only
    core.author = core.last_modified_by = software
    core.created = core.modified = date
    core.language, core.revision, core.comments, core.keywords = "en-GB", 1, document.foot, ""


# --- blocks -------------------------------------------------------------------------------------


def _section(file: Docx, section: Section, number: int, page_break: bool) -> None:
    heading = file.add_heading(section.title, 2)
    heading.paragraph_format.page_break_before = page_break
    bookmark(heading, section.id, number)
    for block in section.blocks:
        _block(file, block)


def _block(file: Docx, block: Block) -> None:
    match block:
        case Heading(text):
            file.add_heading(text, 3)
        case Paragraph(text, tone):
            _said(file.add_paragraph(), text, tone)
        case Items(items):
            for item in items:
                file.add_paragraph(item, "List Bullet")
        case Facts(pairs):
            for label, value in pairs:
                line = file.add_paragraph()
                line.add_run(label).bold = True
                line.add_run(": ")
                line.add_run(value)
        case Table():
            _table(file, block)
        case Figure():
            _figure(file, block)
        case Form(entries):
            for entry in entries:
                file.add_paragraph(entry.label).paragraph_format.keep_with_next = True
                if entry.choices:
                    line = file.add_paragraph()
                    for index, choice in enumerate(entry.choices):
                        line.add_run("   " if index else "")
                        line.add_run(choice)
                for _ in range(entry.lines):
                    rule(file.add_paragraph())


def _said(line: Line, text: str, tone: Tone) -> None:
    run = line.add_run(text)
    colour, tint = TONES[tone]
    run.font.color.rgb = ink(colour)
    if tone not in ("plain", "quiet"):
        put(line._p.get_or_add_pPr(), shade(tint))


def _figure(file: Docx, figure: Figure) -> None:
    line = file.add_paragraph()
    line.add_run(figure.sentence).bold = True
    line.paragraph_format.keep_with_next = True
    shape = file.add_picture(io.BytesIO(png(figure.svg)), width=Mm(165))
    named = shape._inline.docPr
    named.set("descr", figure.sentence)
    named.set("name", figure.id)
    _table(file, figure.table)


def _band(file: Docx, pairs: tuple[tuple[str, str], ...]) -> None:
    """Four pairs to a row, label over value."""
    grid: Any = file.add_table(rows=-(-len(pairs) // 4), cols=4)
    borders(grid, "767F8A")
    cells = [cell for row in grid.rows for cell in row.cells]
    for cell, (label, value) in zip(cells, pairs, strict=False):
        line = cell.paragraphs[0]
        line.paragraph_format.space_after = Pt(0)
        line.add_run(label).font.size = Pt(8)
        line = cell.add_paragraph()
        line.paragraph_format.space_after = Pt(1)
        line.add_run(value).bold = True


def _table(file: Docx, table: Table) -> None:
    caption = file.add_paragraph(table.caption, "Caption")
    caption.paragraph_format.keep_with_next = True
    grid: Any = file.add_table(rows=1 + len(table.rows), cols=len(table.columns))
    grid.autofit = False
    borders(grid)
    describe(grid, table)
    widths = table.relative_widths()
    sizes = [int(_WIDTH * width / sum(widths)) for width in widths]
    for column, size in zip(grid.columns, sizes, strict=True):
        column.width = size
    for index, (row, cells) in enumerate(zip(grid.rows, (table.columns, *table.rows), strict=True)):
        _row(row, cells, table, sizes, header=index == 0)
    _gap(file.add_paragraph())


def _gap(line: Line) -> None:
    """A small distance after a table; the empty paragraph keeps two tables apart."""
    line.paragraph_format.space_after = Pt(0)
    line.paragraph_format.line_spacing = Pt(5)


def _row(row: Any, cells: tuple[str, ...], table: Table, sizes: list[int], header: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(element("cantSplit"))
    if header:
        properties.append(element("tblHeader"))
    for index, (cell, text, size) in enumerate(zip(row.cells, cells, sizes, strict=True)):
        cell.width = size
        _cell(cell, text, header, index in table.numeric, index in table.tagged)


def _cell(cell: _Cell, text: str, header: bool, numeric: bool, tagged: bool) -> None:
    line = cell.paragraphs[0]
    line.paragraph_format.space_after = Pt(0)
    if numeric:
        line.alignment = 2
    run = line.add_run(text)
    run.font.size = Pt(9)
    if header:
        run.bold = True
        cell._tc.get_or_add_tcPr().append(shade("#F3F5F7"))
    elif tagged and text:
        colour, tint = TONES[tone_of(text)]
        run.bold, run.font.color.rgb = True, ink(colour)
        cell._tc.get_or_add_tcPr().append(shade(tint))
