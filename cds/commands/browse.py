"""`cds markers`, `cds options`, `cds claims`: browse the rulebook in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

Rules = Annotated[Path | None, typer.Option(help="Another rules folder.")]


def table(caption: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table that wraps and never cuts."""
    from cds.report.blocks import Table
    from cds.report.terminal import console, draw

    page = console()
    page.print(draw(Table(caption, tuple(columns), tuple(rows)), page.width))


def markers(
    group: Annotated[str | None, typer.Option(help="Only this group.")] = None, rules: Rules = None
) -> int:
    """List the markers with their values, units and cut points."""
    from cds.rulebook.load import load

    book = load(rules)
    rows = (
        (m.id, m.ref, m.label, m.group, m.unit or ", ".join(m.values), ", ".join(f"{c.at:g}" for c in m.cuts))
        for m in book.markers
        if group in (None, m.group)
    )
    table("Markers", ("Id", "Ref", "Label", "Group", "Values or unit", "Cuts"), rows)
    return 0


def options(rules: Rules = None) -> int:
    """List the options with tier, base points under both policies and why some are refused."""
    from cds.plan import plan
    from cds.rulebook.load import load

    book = load(rules)
    bases = {name: plan(book, name).base for name in book.policy}
    rows = (
        (
            o.id,
            o.label,
            o.tier,
            f"{bases['checked'][column]:+d}",
            f"{bases['as_published'][column]:+d}",
            str(o.unavailable or o.refused.get("checked") or ""),
        )
        for column, o in enumerate(book.options)
    )
    columns = ("Id", "Option", "Tier", "Base checked", "Base as published", "Refused or not available")
    table("Options", columns, rows)
    return 0


def claims(
    verdict: Annotated[str | None, typer.Option(help="Only claims with this verdict.")] = None,
    rules: Rules = None,
) -> int:
    """List the claims of the review with our verdict, and what uses them."""
    from cds.rulebook.load import load

    book = load(rules)
    users: dict[str, list[str]] = {}
    for item, names in book.claims_of.items():
        for name in names:
            users.setdefault(name, []).append(item)
    rows = (
        (
            c.id,
            f"{c.place.section}, line {c.place.line}",
            c.says,
            c.verdict.value,
            ", ".join(users.get(c.id, ())) or str(c.unused_because),
        )
        for c in book.claims
        if verdict in (None, c.verdict.value)
    )
    table(
        "Claims of the review", ("Id", "Place", "Claim, in our words", "Verdict", "Used by, or why not"), rows
    )
    counts = Counter(claim.verdict.value for claim in book.claims)
    typer.echo(
        f"{len(book.claims)} claims: " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items()))
    )
    return 0
