"""Render a document as one HTML file, or its blocks for a page: no script, no request, every text escaped."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from cds.document.blocks import Block, Document
from cds.document.tags import tone_of

TEMPLATES = Path(__file__).parent / "templates"


def render(document: Document, data: str = "") -> str:
    """The document as HTML; `data` is embedded, hidden, so that the report can be verified."""
    return _template("document.html.j2").render(d=document, data=data, style=_style())


def render_block(block: Block) -> str:
    """One block as HTML, as it is in a report; the style is the page's own."""
    return str(_block_macro()(block))


@cache
def _block_macro() -> Callable[[Block], str]:
    macro: Callable[[Block], str] = _template("blocks.html.j2").module.block  # type: ignore[attr-defined]
    return macro


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals.update(tone_of=tone_of, picture=_picture)
    return environment


@cache
def _style() -> Markup:
    """Our own style sheet, which is no user's text."""
    return Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704


def _picture(svg: str) -> Markup:
    """A picture of our own drawing, in which every text is escaped already."""
    return Markup(svg)  # noqa: S704
