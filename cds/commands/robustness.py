"""`cds next-test`, `cds flip`, `cds contrast`: what could change one patient's order, and why it is so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cds.commands.arguments import Assume, Rules
from cds.errors import Fault, InputError, unknown_name

if TYPE_CHECKING:
    from cds.assessment import Context
    from cds.cohort import Cohort
    from cds.document.blocks import Block, Paragraph
    from cds.rulebook.base import Record
    from cds.rulebook.book import Rulebook

Patient = Annotated[Path, typer.Argument(help="A patient (YAML or JSON).")]
Policy = Annotated[str, typer.Option(help="checked or as_published.")]
Json = Annotated[bool, typer.Option("--json", help="Print the frozen result.")]


def next_test(
    patient: Patient,
    policy: Policy = "checked",
    seed: Annotated[int, typer.Option(min=0, help="Seed for tests with too many results to try all.")] = 0,
    assume: Assume = None,
    json: Json = False,
    rules: Rules = None,
) -> int:
    """Say which test of a tumour marker could change the order, and what is missing before it."""
    from cds.report.case.changes import tests
    from cds.robustness.next_test import next_test as search

    book, cohort, beside = _read(patient, assume, rules, policy)
    found = search(cohort, book, policy, seed)
    return _show("Which test could change the order", found, json, tests(found, book), book, cohort, beside)


def flip(
    patient: Patient,
    to: Annotated[str, typer.Option(help="first, eligible, or an option id that is to be first.")] = "first",
    policy: Policy = "checked",
    up_to: Annotated[int, typer.Option(min=1, max=3, help="Most changes to try together.")] = 3,
    recoverable: Annotated[
        bool, typer.Option(help="Also what can be undone: drugs, counts, wounds.")
    ] = False,
    doubt: Annotated[list[str] | None, typer.Option(help="An entry in doubt (repeat for more).")] = None,
    assume: Assume = None,
    json: Json = False,
    rules: Rules = None,
) -> int:
    """Find the smallest changes of a patient that would give another answer."""
    from cds.report.case.changes import changes
    from cds.robustness.flips import flips as search

    book, cohort, beside = _read(patient, assume, rules, policy)
    found = search(cohort, book, to, policy, up_to, recoverable, doubt or ())
    return _show("What would change the answer", found, json, changes(found, book), book, cohort, beside)


def contrast(
    patient: Patient,
    a: Annotated[str, typer.Argument(help="Option A.")],
    b: Annotated[str, typer.Argument(help="Option B.")],
    policy: Policy = "checked",
    assume: Assume = None,
    json: Json = False,
    rules: Rules = None,
) -> int:
    """Show why option A stands where it stands against option B."""
    from cds.assessment import assess
    from cds.report.case.robustness import contrast as tell
    from cds.robustness.contrast import contrast as compare

    book, cohort, beside = _read(patient, assume, rules, policy)
    faults = [fault for name in (a, b) for fault in unknown_name("argument", "option", name, book.option)]
    if faults:
        raise InputError("No such option", faults)
    found = compare(assess(cohort, book).policy(policy), book.policy[policy], a, b)
    return _show("One option against another", found, json, tell(found, book), book, cohort, beside)


def _read(
    patient: Path, assume: Path | None, rules: Path | None, policy: str
) -> tuple[Rulebook, Cohort, Context]:
    """The rulebook, the patient, and what is told beside every answer about it."""
    from cds.commands.patient import read
    from cds.rulebook.load import load

    book = load(rules)
    faults: list[Fault] = list(unknown_name("--policy", "policy", policy, book.policy))
    if faults:
        raise InputError("No such policy", faults)
    return book, *read(patient, book, assume)


def _show(
    title: str,
    found: Record,
    json: bool,
    blocks: Iterable[Block],
    book: Rulebook,
    cohort: Cohort,
    beside: Context,
) -> int:
    from cds import __version__
    from cds.document.blocks import Document, Section, cleaned
    from cds.document.terminal import console, render
    from cds.notice import RESEARCH_ONLY
    from cds.stability import TITLE

    if json:
        told = {"research_only": RESEARCH_ONLY, "title": TITLE}
        said = {"flags": beside.flags, "assumptions": beside.assumed}
        whole = {**told, **said, **found.model_dump(mode="json")}
        typer.echo(dumps(whole, indent=2, ensure_ascii=False))
        return 0
    section = Section("found", title, (*_beside(beside, book), *blocks))
    made_by = f"evr-cds {__version__}, rulebook {book.identity.version} ({book.digest[:12]})"
    document = Document(f"{TITLE}.", RESEARCH_ONLY, f"Case {cohort.ids[0]}", made_by, (section,))
    render(cleaned(document), console())
    return 0


def _beside(context: Context, book: Rulebook) -> Iterator[Paragraph]:
    """What looked odd in the file and so may not be counted, and what is assumed."""
    from cds.document.blocks import Paragraph
    from cds.report import phrases

    for flag in context.flags:
        yield Paragraph(f"Data quality: {phrases.flag(flag, book)}.", "caution")
    if context.assumed:
        facts = "; ".join(f"{book.marker[name].label}: {said}" for name, said in context.assumed.items())
        yield Paragraph(f"Assumed, not measured in this patient: {facts}.", "caution")
