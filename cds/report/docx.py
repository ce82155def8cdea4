"""Render a document as DOCX that a board can edit: real styles, header rows, alternative texts.

Bytes are reproducible: dates are those of the document, and the zip is written with a fixed time.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import docx
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph as Line

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
from cds.report.figures.palette import SECOND, TEXT, TONES
from cds.report.pictures import png
from cds.report.tags import tone_of

_WIDTH = Mm(180)
_EPOCH = dt.datetime(2000, 1, 1)
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
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
    return _same_bytes(raw.getvalue())


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
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(language)
    page = file.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.PORTRAIT, Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(15)
    page.top_margin, page.bottom_margin = Mm(20), Mm(18)
    _every_page(page, document)
    _properties(file, document, made_on)


def _style(style: Any, size: float) -> None:
    style.font.name, style.font.size = _FONT, Pt(size)
    style.font.color.rgb = _colour(TEXT)
    style.font.italic = False
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), _FONT)
    if style.name == "Normal":
        style.paragraph_format.space_after = Pt(4)


def _every_page(page: Any, document: Document) -> None:
    head = page.header.paragraphs[0]
    head.paragraph_format.tab_stops.add_tab_stop(_WIDTH, 2)
    head.add_run(document.research_only).bold = True
    head.add_run("\t")
    head.add_run(document.subject)
    foot = page.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.add_tab_stop(_WIDTH, 2)
    foot.add_run(f"{document.foot}")
    foot.add_run("\tpage ")
    _field(foot, "PAGE")
    foot.add_run(" of ")
    _field(foot, "NUMPAGES")
    for run in foot.runs:
        run.font.size, run.font.color.rgb = Pt(8), _colour(SECOND)


def _field(line: Line, name: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    line._p.append(field)


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
    _bookmark(heading, section.id, number)
    for block in section.blocks:
        _block(file, block)


def _bookmark(line: Line, name: str, number: int) -> None:
    """The section's id as a bookmark, whatever becomes of its title."""
    for kind in ("start", "end"):
        mark = OxmlElement(f"w:bookmark{kind.title()}")
        mark.set(qn("w:id"), str(number))
        if kind == "start":
            mark.set(qn("w:name"), name.replace("-", "_"))
        line._p.append(mark)


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
                    _rule(file.add_paragraph())


def _said(line: Line, text: str, tone: Tone) -> None:
    run = line.add_run(text)
    ink, tint = TONES[tone]
    run.font.color.rgb = _colour(ink)
    if tone not in ("plain", "quiet"):
        line._p.get_or_add_pPr().append(_shade(tint))


def _rule(line: Line) -> None:
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for key, value in (("val", "dotted"), ("sz", "4"), ("space", "1"), ("color", "767F8A")):
        bottom.set(qn(f"w:{key}"), value)
    borders.append(bottom)
    line._p.get_or_add_pPr().append(borders)


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
    for label, value in pairs:
        line = file.add_paragraph()
        line.paragraph_format.space_after = Pt(1)
        line.add_run(label)
        line.add_run(": ")
        line.add_run(value).bold = True


def _table(file: Docx, table: Table) -> None:
    caption = file.add_paragraph(table.caption, "Caption")
    caption.paragraph_format.keep_with_next = True
    grid: Any = file.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Table Grid")
    grid.autofit = False
    _describe(grid, table)
    widths = table.widths or (1,) * len(table.columns)
    sizes = [int(_WIDTH * width / sum(widths)) for width in widths]
    for column, size in zip(grid.columns, sizes, strict=True):
        column.width = size
    for index, (row, cells) in enumerate(zip(grid.rows, (table.columns, *table.rows), strict=True)):
        _row(row, cells, table, sizes, header=index == 0)
    file.add_paragraph().paragraph_format.space_after = Pt(2)


def _row(row: Any, cells: tuple[str, ...], table: Table, sizes: list[int], header: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if header:
        properties.append(OxmlElement("w:tblHeader"))
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
        cell._tc.get_or_add_tcPr().append(_shade("#F3F5F7"))
    elif tagged and text:
        ink, tint = TONES[tone_of(text)]
        run.bold, run.font.color.rgb = True, _colour(ink)
        cell._tc.get_or_add_tcPr().append(_shade(tint))


def _describe(grid: Any, table: Table) -> None:
    properties = grid._tbl.tblPr
    said = f"{len(table.rows)} rows; columns: {', '.join(table.columns)}"
    for name, text in (("w:tblCaption", table.caption), ("w:tblDescription", said)):
        mark = OxmlElement(name)
        mark.set(qn("w:val"), text)
        properties.append(mark)


def _shade(colour: str) -> Any:
    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", colour.lstrip("#"))):
        shade.set(qn(f"w:{key}"), value)
    return shade


def _colour(value: str) -> RGBColor:
    return RGBColor.from_string(value.lstrip("#").upper())


def _same_bytes(raw: bytes) -> bytes:
    """The same package with fixed times, and without the template's thumbnail."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return out.getvalue()
