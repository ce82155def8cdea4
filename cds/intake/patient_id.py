"""What an id of a patient may be, in every form of input."""

from __future__ import annotations

import re

from cds.errors import Fault

MAX_ID = 80
QUOTED_FORMULA = re.compile("'[=+\\-@\uff1d\uff0b\uff0d\uff20]")


def id_fault(name: str) -> tuple[str, str, str] | None:
    """Code, problem and remedy if an id can't be used."""
    if not name.strip():
        return "id_empty", "the id is empty", "Give every patient a pseudonym."
    if len(name) > MAX_ID:
        return "id_too_long", f"the id is longer than {MAX_ID} characters", "Use a short pseudonym."
    if not name.isprintable():
        return "id_not_printable", "the id holds a character that can't be shown", "Use a short pseudonym."
    if QUOTED_FORMULA.match(name):
        return (
            "id_quoted_formula",
            "the id starts like a neutralised formula",
            "Leave out the first apostrophe.",
        )
    return None


def stands_twice(file: str, line: int, first: int) -> Fault:
    """The fault of an id on a line that stands on an earlier one too; the id itself is not shown."""
    problem = f"the id on this line stands on line {first} already"
    return Fault(f"{file}:{line}", problem, "Give every patient one row.")
