"""Points of a per-option model: bounded, whole, and shared out so that the lines add up exactly.

Risks are held in thousandths of a percent and shares in millionths of a point, so that no float
decides a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BOUND = 10
#: Base and shares may miss the risk by this many percent points before the lines are refused.
SHARES_MISS = 0.05
MILLI, MICRO = 1_000, 1_000_000


@dataclass(frozen=True)
class OptionPoints:
    """Points of one option: the whole, its lines in order (base first), and what the bound takes."""

    points: int
    lines: tuple[int, ...]
    bound: int


def milli(percent: float) -> int:
    """A percentage in thousandths, halves away from zero."""
    return _half_away(round(percent * MICRO), MICRO // MILLI)


def _half_away(number: int, unit: int) -> int:
    whole, rest = divmod(abs(number), unit)
    return (whole + (2 * rest >= unit)) * (1 if number >= 0 else -1)


def unbounded(risk_milli: int, reference_milli: int, per_percent_milli: int) -> int:
    """Whole points for how far a risk lies below the reference."""
    return _half_away(per_percent_milli * (reference_milli - risk_milli), MICRO)


def bounded(points: int) -> int:
    """The same within the bound."""
    return max(-BOUND, min(BOUND, points))


def bounded_points(percent: float, reference: float, per_percent: float) -> int:
    """The points of one option, whatever its shares."""
    return bounded(unbounded(milli(percent), milli(reference), milli(per_percent)))


def apportion(total: int, shares: Sequence[int]) -> tuple[int, ...]:
    """Whole lines that add up to `total`, each within 1 of its share (in millionths).

    Each share is floored; what is left goes to the largest remainders, first come first served.
    """
    floors = [share // MICRO for share in shares]
    left = total - sum(floors)
    order = sorted(range(len(shares)), key=lambda at: (-(shares[at] % MICRO), at))
    if not 0 <= left <= len(shares):
        raise ValueError("shares and total do not belong together")
    lucky = set(order[:left])
    return tuple(floor + (at in lucky) for at, floor in enumerate(floors))


def option_points(
    percent: float, base: float, shares: Sequence[float], reference: float, per_percent: float
) -> OptionPoints | None:
    """Points and lines of one option; None if base and shares do not give the risk.

    All are percent; `per_percent` is how many points one percent point is worth.
    """
    if not abs(base + sum(shares) - percent) <= SHARES_MISS:
        return None
    worth = milli(per_percent)
    total = unbounded(milli(percent), milli(reference), worth)
    exact = [worth * (reference - base), *(-worth * share for share in shares)]
    parts = [round(share * MICRO / MILLI) for share in exact]
    # Rounding the risk to thousandths may move the sum by less than a point: the first line takes it.
    parts[0] += _drift(total, parts)
    return OptionPoints(bounded(total), apportion(total, parts), bounded(total) - total)


def _drift(total: int, parts: Sequence[int]) -> int:
    """What brings the sum of the parts to within half a point of the total."""
    gap = total * MICRO - sum(parts)
    return gap - MICRO // 2 if gap > MICRO // 2 else gap + MICRO // 2 if gap < -MICRO // 2 else 0
