"""Render a document as one HTML file: no script, no request, every text escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from cds.document.blocks import Document
from cds.document.tags import tone_of

TEMPLATES = Path(__file__).parent / "templates"


def render(document: Document, data: str = "") -> str:
    """The document as HTML; `data` is kept in it, hidden, so that the report can be verified."""
    return _template().render(d=document, data=data, style=_style())


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals.update(tone_of=tone_of, picture=_picture)
    return environment.get_template("document.html.j2")


@cache
def _style() -> Markup:
    """Our own style sheet, which is no user's text."""
    return Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704


def _picture(svg: str) -> Markup:
    """A picture of our own drawing, in which every text is escaped already."""
    return Markup(svg)  # noqa: S704
