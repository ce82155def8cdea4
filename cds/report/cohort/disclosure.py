"""Counts that may be shared: cells under five are hidden, and so is what would give them away.

Nought counts as small: that nobody has a finding tells something of everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

LIMIT = 5
FEW = f"<{LIMIT}"
HIDDEN = "hidden"
OTHERS = "all others together"


class Counts:
    """Says counts as they are (for a board), or with small cells hidden (for sharing)."""

    def __init__(self, shared: bool) -> None:
        """`shared`: whether the report leaves the board."""
        self.shared = shared

    def one(self, count: int, total: int) -> str:
        """A count of a known total; its complement must not be small either."""
        if self.shared and count < LIMIT:
            return FEW
        if self.shared and total - count < LIMIT:
            return f"all but {FEW}"
        return f"{count:,}"

    def parts(self, counts: Mapping[str, int]) -> dict[str, str]:
        """A few cells that add up to a known total.

        Where one small cell could be worked out from the total, further cells are hidden, the
        last of them first: what matters least stands last.
        """
        if not self.shared:
            return {name: f"{count:,}" for name, count in counts.items()}
        hidden = {name for name, count in counts.items() if count < LIMIT}
        while hidden and not _open([counts[name] for name in hidden]) and len(hidden) < len(counts):
            hidden.add(next(name for name in reversed(list(counts)) if name not in hidden))
        if hidden and not _open([counts[name] for name in hidden]):
            return dict.fromkeys(counts, HIDDEN)
        return {
            name: f"{count:,}" if name not in hidden else FEW if count < LIMIT else HIDDEN
            for name, count in counts.items()
        }

    def kinds(self, counts: Mapping[str, int]) -> dict[str, str]:
        """Many kinds that add up to a known total: small ones are told together, or not at all.

        If the small ones together are still small, the least of the others joins them.
        """
        if not self.shared:
            return {name: f"{count:,}" for name, count in counts.items()}
        ordered = sorted(counts.items(), key=lambda pair: -pair[1])
        shown = [pair for pair in ordered if pair[1] >= LIMIT]
        rest = sum(count for _, count in ordered[len(shown) :])
        while 0 < rest < LIMIT and shown:
            rest += shown.pop()[1]
        told = {name: f"{count:,}" for name, count in shown}
        return told | ({OTHERS: f"{rest:,}" if rest >= LIMIT else FEW} if rest else {})


def _open(hidden: list[int]) -> bool:
    """Whether the known sum of the hidden cells leaves every small one of them open.

    A reader knows that a small cell is 0 to 4 and that each other hidden cell is 5 or more. So
    two small cells with the sum 0 or 8 are pinned, and so is a small one beside a 5 that makes up
    the whole sum.
    """
    large = [count for count in hidden if count >= LIMIT]
    if large:
        return sum(hidden) > LIMIT * len(large)
    return len(hidden) > 1 and 0 < sum(hidden) < (LIMIT - 1) * len(hidden)
