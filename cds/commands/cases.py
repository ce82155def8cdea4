"""`cds cases`: list, check, export, import, back up and restore the tumour-board case store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cds.store.cases import CaseStore

app = typer.Typer(help="The tumour-board case store.", no_args_is_help=True)


def _store() -> CaseStore:
    from cds.store.cases import open_store

    return open_store()


@app.command("list")
def list_() -> int:
    """List the newest version of every case. The labels are shown: mind who reads along."""
    from cds.commands.browse import table

    store = _store()
    rows = [
        (
            version.case_id[:8],
            version.content.label,
            str(version.number),
            version.saved_at[:16].replace("T", " "),
            version.content.ranking.answer if version.content.ranking else "not ranked",
            version.content.decision.kind if version.content.decision else "",
        )
        for version in store.newest()
    ]
    table(f"Cases in {store.place}", ("Id", "Label", "Version", "Saved, UTC", "Answer", "Decision"), rows)
    typer.echo(f"{len(rows)} cases, {len(store.tombstones())} deleted.")
    return 0


@app.command()
def verify(
    head: Annotated[str | None, typer.Option(help="A head of the log that a report printed.")] = None,
) -> int:
    """Check the audit log's chain and every version against it; exit 1 if anything is wrong."""
    from cds.store.verify import verify_store as check

    verdict = check(_store(), head)
    for fault in verdict.faults:
        typer.echo(f"WRONG: {fault}")
    typer.echo(
        f"{verdict.lines} lines in the log, {verdict.versions} versions, {len(verdict.faults)} faults."
    )
    typer.echo(f"Head of the log: {verdict.head}")
    if head is None:
        typer.echo("A cut end of the log is seen only with --head and a head that was noted elsewhere.")
    return 1 if verdict.faults else 0


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="JSON file to write; it will hold patient data.")],
    case: Annotated[list[str] | None, typer.Option(help="Only these cases (id or its beginning).")] = None,
) -> int:
    """Export cases with all their versions."""
    from cds.store.exchange import export_cases
    from cds.store.files import write_new

    store = _store()
    ids = None if not case else [_id_of(store, name) for name in case]
    write_new(out, export_cases(store, ids))
    typer.echo(f"Wrote {out}. It holds patient data, and deleting a case here does not erase it there.")
    return 0


def _id_of(store: CaseStore, name: str) -> str:
    from cds.store.refusals import refused

    found = [version.case_id for version in store.newest() if version.case_id.startswith(name)]
    if len(found) != 1:
        raise refused(
            "No export", "--case", f"{len(found)} cases have an id that begins so", "See `cds cases list`."
        )
    return found[0]


@app.command("import")
def import_(source: Annotated[Path, typer.Argument(help="JSON file that `cds cases export` wrote.")]) -> int:
    """Take exported cases in: all of them, or none."""
    from cds.store.exchange import import_cases
    from cds.store.files import read_regular

    came, here = import_cases(_store(), read_regular(source))
    typer.echo(f"{came} cases came in, {here} were here already.")
    return 0


@app.command()
def backup(out: Annotated[Path, typer.Argument(help="New file for the copy.")]) -> int:
    """Copy an SQLite store while it is in use, and check the copy."""
    from cds.store.backup import back_up

    verdict = back_up(_store(), out)
    typer.echo(f"Wrote {out}: {verdict.versions} versions, {verdict.lines} lines in the log, checked.")
    typer.echo(f"Head of the log: {verdict.head}")
    return 0


@app.command()
def restore(source: Annotated[Path, typer.Argument(help="A copy that `cds cases backup` made.")]) -> int:
    """Put a checked backup in the place of the store, which is kept beside it. Close the app first."""
    import datetime as dt

    from cds.store.backup import restore as put_back
    from cds.store.places import local_user, store_url

    kept = put_back(source, store_url(), local_user(), dt.datetime.now(dt.UTC))
    typer.echo("Restored." if kept is None else f"Restored. The former store is kept as {kept.name}.")
    return 0


@app.command()
def agreement() -> int:
    """Count how often boards and the ranking agreed."""
    from cds.commands.browse import table
    from cds.comparison.agreement import statistics
    from cds.report.board.agreement import agreement_table
    from cds.rulebook.load import load

    shown = agreement_table(statistics((version.content for version in _store().newest()), load()))
    table(shown.caption, shown.columns, shown.rows)
    return 0
