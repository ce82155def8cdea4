"""Which changes of a rulebook are enough to give a patient the new result: one alone, or several together.

A set of changes gives the new result if the old rulebook with that set put in has the same answer and,
under each policy, the same statuses and ranks as the new rulebook. Among several, changes are taken out
one after the other while the result stays; what is left is a set of which none can be spared. It need
not be the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cds.conditions import Mask

Names = tuple[str, ...]
Rows = NDArray[np.intp]
#: Asks whether a set of changes gives the rows their new result: names, rows -> one truth per row.
Gives = Callable[[Names, Rows], Mask]
#: More sets than this are not tried for one piece of a cohort; what is then open stays unattributed.
MOST_SETS = 2_000


def causes(changes: Names, rows: Rows, moves: Callable[[int], Names], gives: Gives) -> dict[int, Names]:
    """For each row the changes that together give the new result; empty where none were found.

    `moves(row)` names the changes that move the row by themselves: they are tried first.
    """
    search = _Search(gives)
    found: dict[int, Names] = {}
    for start, mine in _grouped(rows, moves):
        enough = search.holds(start, mine)
        found |= dict(search.shrunk(start, mine[enough]))
        rest = mine[~enough]
        whole = search.holds(changes, rest)
        found |= dict(search.shrunk(changes, rest[whole]))
        found |= dict.fromkeys(rest[~whole].tolist(), ())
    return found


def _grouped(rows: Rows, moves: Callable[[int], Names]) -> Iterator[tuple[Names, Rows]]:
    groups: dict[Names, list[int]] = {}
    for row in rows.tolist():
        groups.setdefault(moves(row), []).append(row)
    for start, mine in groups.items():
        yield start, np.array(mine, dtype=np.intp)


class _Search:
    def __init__(self, gives: Gives) -> None:
        self.gives, self.tried = gives, 0

    def holds(self, names: Names, rows: Rows) -> Mask:
        """Where these changes give the new result; nowhere once too many sets were tried."""
        if not names or not len(rows) or self.tried >= MOST_SETS:
            return np.zeros(len(rows), dtype=bool)
        self.tried += 1
        return self.gives(names, rows)

    def shrunk(self, names: Names, rows: Rows) -> Iterator[tuple[int, Names]]:
        """Each row with what is left when everything that can be spared is taken out."""
        waiting: list[tuple[Names, Sequence[str], Rows]] = [((), names, rows)]
        while waiting:
            needed, open_, mine = waiting.pop()
            if not len(mine):
                continue
            if not open_:
                yield from ((row, needed) for row in mine.tolist())
                continue
            spared = self.holds((*needed, *open_[1:]), mine)
            waiting.append((needed, open_[1:], mine[spared]))
            waiting.append(((*needed, open_[0]), open_[1:], mine[~spared]))
