"""Exact dominance: one option ahead of another for every admissible weight, by up-sets.

The admissible weights are the cone that the up-sets span, so a difference that is not negative on
any up-set is not negative for any admissible weight. Whole numbers, no sampling.
"""

from __future__ import annotations

import numpy as np

from cds.robustness.units import Units
from cds.robustness.weight_order import WeightOrder


def dominates(order: WeightOrder, one: Units, other: Units) -> bool:
    """Never behind and not the same: `one` and `other` are half units per level."""
    leads = order.corners @ (one - other)
    return bool((leads >= 0).all() and np.any(one != other))
