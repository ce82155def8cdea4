"""Agreement statistics as a table for the app and the terminal."""

from __future__ import annotations

from cds.comparison.agreement import Statistics
from cds.document.blocks import Table
from cds.store.record import DECISIONS


def agreement_table(found: Statistics) -> Table:
    """Every figure with its denominator; a share carries its 95 % interval."""
    rows = [
        ("Cases kept", str(found.cases)),
        ("with a decision", str(found.decided)),
        ("of these not comparable (put off, no decision, profile incomplete)", str(found.not_applicable)),
        ("Decision agrees with the ranking", str(found.agrees)),
        ("Board's own view, written before, agrees with the ranking", str(found.own_view_first)),
        ("Own view differed, decision then agreed", str(found.moved_to_ranking)),
        ("Own view agreed, decision then differed", str(found.moved_away)),
        ("Cases where no own view was written in meeting mode", str(found.views_skipped)),
        *((f"Decisions: {DECISIONS[kind]}", str(count)) for kind, count in sorted(found.kinds.items())),
    ]
    caption = "Board and ranking: how often they agree (share, 95 % interval); not how often either is right"
    return Table(caption, ("Count", "Value"), tuple(rows))
