"""The cohort page of the app: what was read and refused, and patients page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cds.document.blocks import Block, Facts, Paragraph, Table
from cds.report import phrases
from cds.report.cohort.run import CohortRun

#: Refused rows that are listed; the rest is in the files of the run.
LISTED = 200


def dry_run(run: CohortRun) -> Iterator[Block]:
    """What was read, and what was refused with its line and reason."""
    counts = run.summary
    yield Paragraph(
        f"{counts['read']} rows read, {counts['scored']} can be ranked, {counts['refused']} are refused. "
        "Nothing is kept: the results live in this visit only."
    )
    refused = tuple(tuple(row.values()) for row in run.refused)
    if refused:
        more = f"; the first {LISTED} are shown" if len(refused) > LISTED else ""
        columns = ("Line", "Id", "Column", "Code", "Problem", "Remedy")
        yield Table(f"Refused: {len(refused)} faults{more}", columns, refused[:LISTED])
    flags = counts.get("flags") or {}
    if flags:
        pairs = tuple(
            (name.replace(":", ": "), phrases.count(number, "patient")) for name, number in flags.items()
        )
        yield Paragraph("Values that look odd; a suspected slip of unit counts as not known:", "caution")
        yield Facts(pairs)


def patients_table(orders: Sequence[tuple[str, ...]], page: int, size: int = 25) -> Table:
    """One page of patients: id, answer and both orders; `orders` holds these for every patient."""
    start = (page - 1) * size
    columns = ("Patient", "Answer", "Order, checked", "Order, as published")
    rows = tuple(
        (who, answer.replace("_", " "), one or "none", two or "none")
        for who, answer, one, two in orders[start : start + size]
    )
    return Table(f"Patients {start + 1} to {start + len(rows)} of {len(orders)}", columns, rows)
