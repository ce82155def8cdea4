"""`cds rules`: check, list and show rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cds.commands.browse import Rules, table
from cds.errors import Fault, InputError, unknown_name

if TYPE_CHECKING:
    from cds.rulebook.book import Rulebook

app = typer.Typer(help="Check, list and show the rules.", no_args_is_help=True)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Rules folder; default: the shipped one.")] = None,
) -> int:
    """Prove what a rulebook can be proven to hold; exit 3 lists every fault."""
    from cds.checks.rulebook_check import check as prove
    from cds.rulebook.load import load

    book = load(folder)
    report = prove(book)
    for line in report.lines:
        typer.echo(line)
    return 3 if report.faults else 0


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None, rules: Rules = None
) -> int:
    """List the rules with what they name under each policy."""
    from cds.plan import options_of
    from cds.rulebook.load import load

    book = load(rules)
    rows = (
        (
            r.id,
            r.kind.value,
            r.label,
            _named(options_of(book, r, "checked"), book),
            r.axis or "",
            r.verification.value,
        )
        for r in book.rule.values()
        if kind in (None, r.kind.value)
    )
    table("Rules", ("Id", "Kind", "Label", "Options (checked)", "Axis", "Verification"), rows)
    return 0


def _named(options: tuple[str, ...], book: Rulebook) -> str:
    return "all" if len(options) == len(book.options) else ", ".join(options)


@app.command()
def show(rule: Annotated[str, typer.Argument(help="Rule id.")], rules: Rules = None) -> int:
    """Show one rule in words, with its evidence and what it does under each policy."""
    from cds.conditions import words
    from cds.plan import options_of
    from cds.rulebook.load import load

    book = load(rules)
    faults: list[Fault] = list(unknown_name("argument", "rule", rule, book.rule))
    if faults:
        raise InputError("No such rule", faults)
    found = book.rule[rule]
    rows = [
        ("label", found.label),
        ("kind", found.kind.value),
        ("true when", words(found.when, book.marker)),
        ("rationale", found.rationale),
        ("verification", found.verification.value),
        ("reviewed", found.reviewed.role if found.reviewed else "no clinician has reviewed this"),
        ("claims", ", ".join(found.claims)),
        ("stands in", book.place("rules", rule)),
    ]
    rows += [("evidence", f"{book.source[c.source].title}: {c.locator}") for c in found.evidence]
    named = [(name, options_of(book, found, name)) for name in book.policy]
    rows += [(f"options, {name}", _named(options, book)) for name, options in named]
    table(rule, ("", ""), rows)
    return 0


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Rules folder before.")],
    new: Annotated[Path, typer.Argument(help="Rules folder after.")],
    cohort: Annotated[Path | None, typer.Option(help="CSV cohort: whom do the changes move?")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole comparison.")] = False,
) -> int:
    """Tell what changed between two rulebooks, and which patients each change moves."""
    from cds.comparison.cohort_source import open_cohort
    from cds.comparison.moves import compare_rulebooks
    from cds.comparison.words import lines
    from cds.rulebook.load import load

    before, after = load(old), load(new)
    patients = open_cohort(cohort, after, before) if cohort else (None, None)
    found = compare_rulebooks(before, after).diff(*patients)
    typer.echo(found.model_dump_json(indent=2) if json else "\n".join(lines(found)))
    return 0
