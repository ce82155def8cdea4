"""A small SVG drawing: plain shapes and escaped text, no ids, no links, no styles, no scripts."""

from __future__ import annotations

import textwrap
from html import escape

from cds.document.blocks import visible
from cds.document.figures.palette import GRID, LINE, TEXT

WIDTH = 680
SIZE = 13.5
#: Width of an average letter, in parts of the letter size; on the safe side.
_LETTER = 0.54
#: The first is inside the PDF maker, the others are what browsers have.
_FONTS = "Libertinus Serif, Source Sans 3, Segoe UI, Helvetica, Arial, sans-serif"

Attribute = str | float | None


class Drawing:
    """Shapes in drawing order; `svg` closes the picture at its height."""

    def __init__(self, sentence: str, width: int = WIDTH) -> None:
        """`sentence` says what the picture shows and becomes its name for who can't see it."""
        self.sentence, self.width = sentence, width
        self._parts: list[str] = []

    def _add(self, name: str, text: str | None = None, **attributes: Attribute) -> None:
        said = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
            for key, value in attributes.items()
            if value not in (None, "")
        )
        body = "/>" if text is None else f">{escape(visible(text), quote=False)}</{name}>"
        self._parts.append(f"<{name}{said}{body}")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = SIZE,
        anchor: str = "start",
        fill: str = TEXT,
        bold: bool = False,
    ) -> None:
        """One line of text; `y` is its base line."""
        weight = "bold" if bold else None
        self._add("text", text, x=x, y=y, font_size=size, text_anchor=anchor, fill=fill, font_weight=weight)

    def wrapped(
        self,
        x: float,
        y: float,
        text: str,
        width: float,
        size: float = SIZE,
        anchor: str = "start",
        fill: str = TEXT,
        bold: bool = False,
    ) -> int:
        """Text broken into lines of at most `width`; returns how many lines it took."""
        rows = wrap(text, width, size)
        for row, line in enumerate(rows):
            self.text(x, y + row * size * 1.25, line, size, anchor, fill, bold)
        return len(rows)

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        stroke: str = LINE,
        width: float = 1,
        dash: str = "",
    ) -> None:
        """A straight line."""
        self._add(
            "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, stroke_dasharray=dash
        )

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        stroke: str | None = None,
        line: float = 1.5,
        round_: float = 0,
        dash: str = "",
    ) -> None:
        """A rectangle."""
        self._add(
            "rect", x=x, y=y, width=max(width, 0.0), height=height, rx=round_ or None, fill=fill,
            stroke=stroke, stroke_width=line if stroke else None, stroke_dasharray=dash,
        )  # fmt: skip

    def path(
        self,
        points: str,
        stroke: str = LINE,
        width: float = 1.5,
        fill: str = "none",
        dash: str = "",
        opacity: float | None = None,
    ) -> None:
        """A path in SVG path language."""
        self._add(
            "path", d=points, stroke=stroke, stroke_width=width, fill=fill,
            stroke_dasharray=dash, fill_opacity=opacity,
        )  # fmt: skip

    def point(self, shape: str, x: float, y: float, r: float, fill: str, stroke: str | None = None) -> None:
        """A point mark: circle, square, triangle or diamond."""
        corners = {
            "square": ((-r, -r), (r, -r), (r, r), (-r, r)),
            "triangle": ((0, -r * 1.2), (r * 1.1, r * 0.9), (-r * 1.1, r * 0.9)),
            "diamond": ((0, -r * 1.3), (r * 1.3, 0), (0, r * 1.3), (-r * 1.3, 0)),
        }.get(shape)
        if corners is None:
            self._add(
                "circle", cx=x, cy=y, r=r, fill=fill, stroke=stroke, stroke_width=1.5 if stroke else None
            )
        else:
            points = " ".join(f"{_plain(x + dx)},{_plain(y + dy)}" for dx, dy in corners)
            self._add(
                "polygon", points=points, fill=fill, stroke=stroke, stroke_width=1.5 if stroke else None
            )

    def grid(self, xs: list[tuple[float, str]], top: float, bottom: float) -> None:
        """Light vertical lines with a label under each."""
        for x, label in xs:
            self.line(x, top, x, bottom, GRID)
            self.text(x, bottom + 16, label, 12, "middle")

    def svg(self, height: float) -> str:
        """The finished picture."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {_plain(height)}" '
            f'width="{self.width}" height="{_plain(height)}" role="img" font-family="{_FONTS}">'
        )
        title = f"<title>{escape(visible(self.sentence), quote=False)}</title>"
        return "".join((head, title, *self._parts, "</svg>"))


def wrap(text: str, width: float, size: float = SIZE) -> list[str]:
    """The lines of a text in a column; a word that is too long is broken, never cut off."""
    letters = max(int(width / (size * _LETTER)), 4)
    return textwrap.wrap(text, letters, break_on_hyphens=False) or [""]


def _plain(value: Attribute) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
