"""Text cells that a spreadsheet can't take for formulas.

A cell that starts with a sign that starts a formula gets an apostrophe in front; taking off one
apostrophe before such a sign gives the cell back. Numbers are never touched.
"""

from __future__ import annotations

import re

TRIGGERS = "=+-@\t\r\n\0＝＋－＠"
_NEUTRALISED = re.compile(f"'[{re.escape(TRIGGERS)}]")


def neutral(text: str) -> str:
    """The cell as it may be opened in a spreadsheet."""
    return "'" + text if text[:1] and text[0] in TRIGGERS else text


def original(text: str) -> str:
    """The cell as it was before `neutral`."""
    return text[1:] if _NEUTRALISED.match(text) else text


def quoted(text: str) -> str:
    """A cell as RFC 4180 wants it, neutralised."""
    plain = neutral(text)
    return '"' + plain.replace('"', '""') + '"' if any(sign in plain for sign in ',"\r\n') else plain
