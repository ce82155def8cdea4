"""Render a document as a tagged PDF by typst: no system library, no file or network access, same bytes.

The layout is a fixed template; everything that is told comes in as JSON data. A label is
therefore never read as Typst code.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import typst

from cds.document.blocks import Block, Document, Facts, Figure, Form, Heading, Items, Paragraph, Table
from cds.document.blocks import escape as escaped
from cds.document.tags import tone_of

TEMPLATE = Path(__file__).parent / "templates" / "document.typ"
NOTE = "The data behind this report, with which it can be verified. They hold patient data."
#: What the fonts inside the typst wheel hold without a gap, held by a test against the wheel.
_HELD = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2FF), (0x370, 0x377), (0x37A, 0x37F), (0x384, 0x386),
    (0x388, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1), (0x3A3, 0x482), (0x48A, 0x4FF), (0x1E00, 0x1EFF),
    (0x2010, 0x2027), (0x2030, 0x2040), (0x2070, 0x2071), (0x2074, 0x208E), (0x20A0, 0x20AF),
    (0x2100, 0x211E), (0x2150, 0x2151), (0x2153, 0x2184), (0x2190, 0x23FF), (0x2460, 0x262F),
    (0x270C, 0x2727), (0x27E6, 0x27EB),
)  # fmt: skip


def printable(text: str) -> str:
    """The text with letters that the built-in fonts lack by their number, as `⟨U+4E2D⟩`."""
    if text.isascii():
        return text
    return "".join(char if is_held(char) else escaped(char) for char in text)


def is_held(char: str) -> bool:
    """Whether the fonts inside the typst wheel hold a letter."""
    return any(low <= ord(char) <= high for low, high in _HELD)


#: A word longer than this may be broken; what breaks it shows nothing and is no letter of the text.
_LONG = re.compile(r"\S{15,}")
_BREAK = "\u200b"


def breakable(text: str) -> str:
    """The text with places where a word that is too long for its column may break."""
    return _LONG.sub(
        lambda word: re.sub(r"([_./:,;|-]|[^\s_./:,;|-]{12})(?=\S)", rf"\1{_BREAK}", word[0]), text
    )


def render(document: Document, data: str = "") -> bytes:
    """The document as PDF/UA-1; `data` is attached, so that the report can be verified."""
    inputs = {"document": json.dumps(_plain(document, data), ensure_ascii=False)}
    made = _compiler().compile(
        input=TEMPLATE.read_bytes(), format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=0
    )
    if not isinstance(made, bytes):
        raise TypeError("typst returned no single file")
    return made


def pages(document: Document) -> dict[str, int]:
    """The page on which the front page ends, for a test that it is one page."""
    inputs = {"document": json.dumps(_plain(document, ""), ensure_ascii=False)}
    source = TEMPLATE.read_bytes() + b"\n#context [#metadata(locate(<front-end>).page()) <front-page>]\n"
    found = typst.query(
        source, "<front-page>", field="value", one=True, sys_inputs=inputs, ignore_system_fonts=True
    )
    return {"front": int(found)}


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)


def _plain(document: Document, data: str) -> dict[str, Any]:
    """The document as JSON data for the template; what fonts lack is escaped, the attachment is not."""
    told: dict[str, Any] = {
        "name": f"{document.title}: {document.subject}",
        "title": document.title,
        "subject": document.subject,
        "research_only": document.research_only,
        "made_by": document.made_by,
        "software": document.made_by.partition(",")[0],
        "foot": document.foot,
        "band": [list(pair) for pair in document.band],
        "sections": [
            {"id": s.id, "title": s.title, "front": s.front, "blocks": [_block(b) for b in s.blocks]}
            for s in document.sections
        ],
    }
    ready: dict[str, Any] = _printable(told)
    return ready | {"data": data, "data_note": NOTE}


def _printable(part: Any) -> Any:
    if isinstance(part, str):
        return breakable(printable(part))
    if isinstance(part, list):
        return [_printable(item) for item in part]
    if isinstance(part, dict):
        return {key: _whole(key, value) for key, value in part.items()}
    return part


def _whole(key: str, value: Any) -> Any:
    """Pictures are drawn already, and the name of the file is never broken."""
    return value if key == "svg" else printable(value) if key == "name" else _printable(value)


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text):
            return {"kind": "heading", "text": text}
        case Paragraph(text, tone):
            return {"kind": "paragraph", "text": text, "tone": tone}
        case Items(items):
            return {"kind": "items", "items": list(items)}
        case Facts(pairs):
            return {"kind": "facts", "pairs": [list(pair) for pair in pairs]}
        case Table():
            return {"kind": "table", **_table(block)}
        case Figure():
            picture = {"sentence": block.sentence, "svg": block.svg, "table": _table(block.table)}
            return {"kind": "figure", "width": 88, **picture}
        case Form(entries):
            rows = [{"label": e.label, "choices": list(e.choices), "lines": e.lines} for e in entries]
            return {"kind": "form", "entries": rows}


def _table(table: Table) -> dict[str, Any]:
    columns = range(len(table.columns))
    return {
        "caption": table.caption,
        "columns": list(table.columns),
        "numeric": [index in table.numeric for index in columns],
        "widths": list(table.relative_widths()),
        "rows": [
            [
                {"text": cell, "tone": tone_of(cell) if index in table.tagged else "plain"}
                for index, cell in enumerate(row)
            ]
            for row in table.rows
        ],
    }
