"""Survival of a cohort by predicted risk, from a table of follow-up: descriptive, no treatment effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cds.document.blocks import Block, Paragraph
from cds.report.cohort.disclosure import Counts

if TYPE_CHECKING:
    from cds.risk.records import Curve

#: Fewer patients or events than this draw no curves: three groups would hold too few.
FEWEST, EVENTS = 30, 5


@dataclass(frozen=True)
class Survival:
    """Curves of all and of thirds by predicted risk, and who could not be counted."""

    model: str
    outcome: str
    curves: tuple[Curve, ...]
    used: int
    events: int
    no_follow_up: int
    silent: int


def survival(found: Survival | None, counts: Counts) -> Iterator[Block]:
    """Kaplan-Meier curves for a board; a curve tells single events, so none is shared."""
    if found is None:
        yield Paragraph(
            "No follow-up was given. With `--source`, `--follow-up TABLE` (id, time in months, event) and "
            "`--model ID` survival is shown by predicted risk: descriptive, not a treatment effect.",
            "quiet",
        )
        return
    if counts.shared:
        yield Paragraph("Curves tell of single patients; they stand in the board's report only.", "quiet")
        return
    yield Paragraph(
        f"Event: {found.outcome}. {found.used:,} patients with {found.events:,} events; "
        f"{found.no_follow_up:,} have no follow-up, and the model says nothing of {found.silent:,}."
    )
    if not found.curves:
        yield Paragraph(
            f"Too few for curves: at least {FEWEST} patients and {EVENTS} events are needed.", "caution"
        )
        return
    from cds.document.figures.validation import survival_curves  # the models' libraries are slow to load

    yield survival_curves(found.curves, f"this cohort, thirds by {found.model}", "without event")
    yield Paragraph(
        "Descriptive, not a treatment effect: nobody was assigned to a group, and no patient of the group is "
        "known to have received everolimus. If these patients trained the model, the curves lie further "
        "apart than they would for others.",
        "caution",
    )
