"""`cds markers`, `options`, `claims`, `drugs`, `sources`: list a shelf of the rulebook, or show one entry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from cds.commands.arguments import Rules
from cds.errors import Fault, InputError, unknown_name

#: The shelves with commands of their own; the rules have theirs in `cds.commands.rules`.
SHELVES = {
    "markers": "the markers, with values, units and cut points",
    "options": "the options, with tier and base points under both policies",
    "claims": "the claims of the review, with our verdict and what uses them",
    "drugs": "the drugs that lists may name, with the classes they are known to be in",
    "sources": "the sources, with where they are found",
}
Find = Annotated[str, typer.Option(help="Only entries whose row holds all these words.")]
Verified = Annotated[str, typer.Option(help="Only entries with this verification, such as contradicted.")]
OfOption = Annotated[str | None, typer.Option("--option", help="Only what concerns this option.")]
OfMarker = Annotated[str | None, typer.Option("--marker", help="Only what reads this marker.")]


def table(caption: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table that wraps and never cuts."""
    from cds.document.blocks import Table
    from cds.document.terminal import console, draw

    page = console()
    page.print(draw(Table(caption, tuple(columns), tuple(rows)), page.width))


def shelf(name: str, told: str, app: typer.Typer | None = None) -> typer.Typer:
    """The commands `list` and `show` of one shelf, added to `app` or to a group of their own.

    The group by itself lists the shelf.
    """

    def list_(
        find: Find = "",
        verification: Verified = "",
        option: OfOption = None,
        marker: OfMarker = None,
        rules: Rules = None,
    ) -> int:
        _list(name, find, verification, {"option": option, "marker": marker}, rules)
        return 0

    def show(
        entry: Annotated[str, typer.Argument(help="Its id or name, as the list gives it.")],
        rules: Rules = None,
    ) -> int:
        _show(name, entry, rules)
        return 0

    def alone(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            _list(name, "", "", {}, None)

    list_.__doc__, show.__doc__ = f"List {told}.", "Show one entry in full, with its sources."
    group = app or typer.Typer(help=f"Browse {told}.", invoke_without_command=True, callback=alone)
    group.command("list")(list_)
    group.command("show")(show)
    return group


def _list(shelf: str, find: str, tag: str, facet: dict[str, str | None], rules: Path | None) -> None:
    """Print a shelf as a table, and how many entries it has."""
    from cds.report.rulebook.facets import facets
    from cds.report.rulebook.tables import claim_counts, rulebook_table
    from cds.rulebook.load import load

    book = load(rules)
    asked = {name: value for name, value in facet.items() if value}
    whole, fitting, words = rulebook_table(book, shelf), facets(book, shelf), find.casefold().split()
    if tag:
        _check_tag(tag.casefold(), whole.tagged, shelf)
    for name, value in asked.items():
        _known(name, value, getattr(book, name))
    rows = tuple(
        row
        for row in whole.rows
        if fitting[row[0]].fit(asked)
        and all(word in " ".join(row).casefold() for word in words)
        and all(row[column].casefold().endswith(tag.casefold()) for column in whole.tagged)
    )
    table(whole.caption, whole.columns, rows)
    typer.echo(f"{len(rows)} of {len(whole.rows)}. One in full: cds {shelf} show ID")
    if shelf == "claims":
        typer.echo(claim_counts(book))


def _show(shelf: str, entry: str, rules: Path | None) -> None:
    """Print everything the rulebook holds on one entry; a drug is found by its brand as well."""
    from cds.document.terminal import console, show
    from cds.report.rulebook.entry import rulebook_detail
    from cds.report.rulebook.tables import rulebook_table
    from cds.rulebook.load import load

    book = load(rules)
    names = [row[0] for row in rulebook_table(book, shelf).rows]
    if shelf == "drugs" and entry.casefold() in book.drug:
        entry = book.drug[entry.casefold()].name
    _known(shelf.removesuffix("s"), entry, names)
    show(rulebook_detail(book, shelf, entry), console())


def _check_tag(tag: str, tagged: tuple[int, ...], shelf: str) -> None:
    """InputError if a verification is asked for that is none, or of a shelf whose entries have none."""
    from cds.vocabulary import Verification

    if not tagged:
        fault = Fault("--verification", f"{shelf} carry none", "Ask claims, rules, drugs or sources.")
        raise InputError("Nothing can be found", [fault])
    _known("verification", tag, [word.value for word in Verification])


def _known(kind: str, name: str, names: Iterable[str]) -> None:
    if faults := list(unknown_name("argument", kind, name, names)):
        raise InputError(f"No such {kind}", faults)
