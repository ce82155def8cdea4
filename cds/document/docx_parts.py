"""What python-docx has no words for: fields, bookmarks, shading, borders, and a zip with fixed times."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import RGBColor
from docx.text.paragraph import Paragraph as Line

from cds.document.blocks import Table

#: The order of properties in the schema: Word may refuse a file with another one.
_ORDERS = {
    qn("w:tblPr"): (
        "tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize", "tblStyleColBandSize",
        "tblW", "jc", "tblCellSpacing", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook",
        "tblCaption", "tblDescription",
    ),
    qn("w:pPr"): (
        "pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr",
        "suppressLineNumbers", "pBdr", "shd", "tabs", "suppressAutoHyphens", "spacing", "ind",
        "contextualSpacing", "jc", "rPr",
    ),
}  # fmt: skip
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def element(name: str, /, **values: str) -> Any:
    """An element with attributes of the Word namespace."""
    made = OxmlElement(f"w:{name}")
    for key, value in values.items():
        made.set(qn(f"w:{key}"), value)
    return made


def put(properties: Any, part: Any) -> None:
    """Add a property where the schema wants it."""
    properties.append(part)
    order = [qn(f"w:{name}") for name in _ORDERS.get(properties.tag, ())]
    for child in sorted(properties, key=lambda child: order.index(child.tag) if child.tag in order else 99):
        properties.append(child)


def field(line: Line, name: str) -> None:
    """A field that Word fills in, PAGE or NUMPAGES, in the letters of the run before it."""
    made = element("fldSimple", instr=name)
    shown = line.add_run("1")
    shown.font.size = line.runs[0].font.size
    made.append(shown._r)
    line._p.append(made)


def bookmark(line: Line, name: str, number: int) -> None:
    """The section's id as a bookmark, whatever becomes of its title."""
    line._p.append(element("bookmarkStart", id=str(number), name=name.replace("-", "_")))
    line._p.append(element("bookmarkEnd", id=str(number)))


def rule(line: Line) -> None:
    """A dotted line to write on."""
    below = element("pBdr")
    below.append(element("bottom", val="dotted", sz="4", space="1", color="767F8A"))
    put(line._p.get_or_add_pPr(), below)


def borders(grid: Any, colour: str = "C9CFD6") -> None:
    """Light lines between rows, none between columns, narrow margins in cells."""
    lines, margins = element("tblBorders"), element("tblCellMar")
    for side in ("top", "bottom", "insideH"):
        lines.append(element(side, val="single", sz="4", space="0", color=colour))
    for side in ("left", "right"):
        margins.append(element(side, w="60", type="dxa"))
    put(grid._tbl.tblPr, lines)
    put(grid._tbl.tblPr, margins)


def describe(grid: Any, table: Table) -> None:
    """Title and description of a table for who can't see it."""
    said = f"{len(table.rows)} rows; columns: {', '.join(table.columns)}"
    put(grid._tbl.tblPr, element("tblCaption", val=table.caption))
    put(grid._tbl.tblPr, element("tblDescription", val=said))


def shade(colour: str) -> Any:
    """A background."""
    return element("shd", val="clear", color="auto", fill=colour.lstrip("#"))


def ink(value: str) -> RGBColor:
    """A text colour."""
    return RGBColor.from_string(value.lstrip("#").upper())


def same_bytes(raw: bytes) -> bytes:
    """The same package with fixed times, so that equal documents are equal files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return out.getvalue()
