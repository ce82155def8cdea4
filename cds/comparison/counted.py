"""Which points of a per-option model count: for a whole cohort, and so for one patient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cds.conditions import Mask
from cds.plan import Plan
from cds.ranking import STATUSES, Ranking
from cds.risk.declaration import Points
from cds.vocabulary import Status

#: What `counted` indexes: nothing for an option without a rank, `yes`, or why not (`NOT_COUNTED`).
CODES = (
    "",
    "yes",
    "abstains",
    "band_not_covered",
    "manifest_does_not_count",
    "version_not_pinned",
    "shares_do_not_add_up",
)


def counted(
    plan: Plan, ranking: Ranking, rule: Points, pinned: bool, speaks: Mask, gives: Mask
) -> NDArray[np.int8]:
    """Whether the points of each option count for each patient (options x patients), as CODES.

    `speaks`: the model has a figure; `gives`: it has points too. Points count in a band only if
    every ranked option of the band has some.
    """
    ranked = ranking.ranked
    covered = np.array([option.id in rule.options for option in plan.options])[:, None]
    everywhere = np.ones_like(ranked)
    reasons: Sequence[tuple[Mask, str]] = (
        (~ranked, ""),
        (~speaks & covered, "abstains"),
        (~speaks, "band_not_covered"),
        (everywhere & (not rule.counts), "manifest_does_not_count"),
        (everywhere & (not pinned), "version_not_pinned"),
        (~gives, "shares_do_not_add_up"),
        (_in_a_band_with(ranked & ~gives, plan, ranking), "band_not_covered"),
    )
    codes = [np.int8(CODES.index(code)) for _, code in reasons]
    return np.select([where for where, _ in reasons], codes, np.int8(CODES.index("yes")))


def _in_a_band_with(some: Mask, plan: Plan, ranking: Ranking) -> Mask:
    """Options (ranked) that share a band with one of `some`.

    Options of one band may change places: one class and, where the policy keeps it, one tier.
    """
    band = (ranking.status == STATUSES.index(Status.HYPOTHESIS)) * np.int8(len(plan.book.tiers))
    if "tier" in plan.policy.order:
        band = band + ranking.tier
    found = np.zeros_like(some)
    for value in np.unique(band):
        here = (band == value) & ranking.ranked
        found |= here & (some & here).any(axis=0)
    return found
