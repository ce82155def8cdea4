"""Counts that may be shared: cells under five are hidden, and so is what would give them away."""

from __future__ import annotations

from collections.abc import Mapping

LIMIT = 5
HIDDEN = "hidden"
FEW = f"<{LIMIT}"


class Counts:
    """Says counts as they are (for a board), or with small cells hidden (for sharing)."""

    def __init__(self, shared: bool) -> None:
        """`shared`: whether the report leaves the board."""
        self.shared = shared

    def one(self, count: int, total: int) -> str:
        """A count of a known total; also its complement must not be small."""
        if self.shared and count < LIMIT:
            return FEW
        if self.shared and total - count < LIMIT:
            return "all" if count == total and total >= LIMIT else f"all but {FEW}"
        return f"{count:,}"

    def parts(self, counts: Mapping[str, int]) -> dict[str, str]:
        """Counts that add up to a known total: enough is hidden that no small one can be worked out."""
        if not self.shared:
            return {name: f"{count:,}" for name, count in counts.items()}
        hidden = {name for name, count in counts.items() if count < LIMIT}
        while hidden and not _safe([counts[name] for name in hidden]) and len(hidden) < len(counts):
            left = [name for name in counts if name not in hidden]
            hidden.add(min(left, key=lambda name: counts[name]))
        return {
            name: f"{count:,}" if name not in hidden else FEW if count < LIMIT else HIDDEN
            for name, count in counts.items()
        }


def _safe(hidden: list[int]) -> bool:
    """Whether the sum of hidden cells leaves each of them open: at least two, and not pinned by the sum.

    A small cell is known to lie in 0 to 4. Where every hidden cell is small, their sum must be
    neither the least nor the most it could be, and near neither: each cell needs two values left.
    """
    if len(hidden) < 2:
        return False
    if any(count >= LIMIT for count in hidden):
        return True
    return 0 < sum(hidden) < (LIMIT - 1) * len(hidden)
