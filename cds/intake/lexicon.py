"""The distinct texts of each column, so that every text is read once however often it stands there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
#: Texts of one column that are kept; past it the column's memory starts anew.
MAX_TEXTS = 200_000


class Lexicon:
    """Texts of one column, numbered in order of appearance; 0 is the empty text."""

    def __init__(self) -> None:
        """Start with the empty text."""
        self.age = 0
        self.forget()

    @property
    def is_full(self) -> bool:
        """Whether the column should forget its texts before the next piece."""
        return len(self.texts) > MAX_TEXTS

    def forget(self) -> None:
        """Start anew; `age` tells who keeps numbers that they mean nothing any more."""
        self.age += 1
        self.texts: list[str] = [""]
        self._codes: dict[str, int] = {"": 0}

    def code(self, text: str) -> int:
        """The number of a text, a new one if it was not seen before."""
        code = self._codes.setdefault(text, len(self.texts))
        if code == len(self.texts):
            self.texts.append(text)
        return code

    def codes(self, texts: Sequence[str]) -> Codes:
        """The numbers of many texts."""
        return np.array([self.code(text) for text in texts], dtype=np.int32)
