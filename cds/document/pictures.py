"""Pictures as pixels, for formats that can't hold SVG: by typst, with its built-in fonts."""

from __future__ import annotations

from functools import cache

import typst

_SOURCE = b"""#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg")
"""
#: Dots per inch of a picture: sharp on paper, and still small.
RESOLUTION = 150


def png(svg: str, ppi: float = RESOLUTION) -> bytes:
    """A picture as PNG; the same drawing gives the same bytes."""
    made = _compiler().compile(input=_SOURCE, format="png", ppi=ppi, sys_inputs={"svg": svg})
    if isinstance(made, bytes):
        return made
    if isinstance(made, list) and len(made) == 1:
        return made[0]
    raise TypeError("typst returned no single picture")


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
