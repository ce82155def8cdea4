"""How the state of a marker is drawn: shape first, so that it reads in grey and when printed."""

from __future__ import annotations

from typing import Literal

from cds.document.figures.drawing import Drawing
from cds.document.figures.palette import ACTION, LINE, NORMAL, UNSURE, WHITE

State = Literal["altered", "tested, normal", "uncertain", "not tested"]
STATES: tuple[State, ...] = ("altered", "tested, normal", "uncertain", "not tested")


def cell(drawing: Drawing, x: float, y: float, width: float, height: float, state: State) -> None:
    """A cell: filled, pale, pale with a dot, or white with one stroke across."""
    if state == "altered":
        drawing.rect(x, y, width, height, ACTION)
    elif state == "not tested":
        drawing.rect(x + 0.5, y + 0.5, width - 1, height - 1, WHITE, LINE, 1)
        drawing.line(x + 1, y + height - 1, x + width - 1, y + 1, LINE, 1)
    else:
        drawing.rect(x, y, width, height, NORMAL)
        if state == "uncertain":
            drawing.point("circle", x + width / 2, y + height / 2, min(width, height) / 4, UNSURE)


def legend(drawing: Drawing, x: float, y: float, words: tuple[str, ...] = STATES) -> None:
    """The four states with their words, on one line."""
    for index, (state, word) in enumerate(zip(STATES, words, strict=True)):
        at = x + index * 150
        cell(drawing, at, y, 14, 14, state)
        drawing.text(at + 20, y + 12, word, 12)
