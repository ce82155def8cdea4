"""`cds doctor`: whether settings, store, rulebook and models are in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from cds.errors import CdsError

Finding = tuple[bool, str, str]


def doctor(
    config: Annotated[Path, typer.Option(help="Settings of the app.")] = Path(".streamlit/config.toml"),
) -> int:
    """Check settings, store, rulebook and models; exit 1 if anything is wrong. Shows no patient value."""
    findings = [*_rulebook(), *_models(), *_settings(config), *_store()]
    for well, what, said in findings:
        typer.echo(f"{'ok   ' if well else 'WRONG'}  {what}: {said}")
    return 0 if all(well for well, _, _ in findings) else 1


def _rulebook() -> Iterator[Finding]:
    import datetime as dt

    from cds.rulebook.load import load

    try:
        book = load()
    except CdsError as refused:
        yield False, "rulebook", str(refused).replace("\n", " ")
        return
    identity = book.identity
    yield True, "rulebook", f"{identity.id} {identity.version}, digest {book.digest[:12]}"
    past = dt.datetime.now(dt.UTC).date() > dt.date.fromisoformat(identity.review_by)
    yield not past, "rulebook review", f"{'was' if past else 'is'} due by {identity.review_by}"


def _models() -> Iterator[Finding]:
    from cds.locations import models_folder

    folder = models_folder()
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not names:
        yield True, "models", "none installed; rankings use rules only"
    for name in names:
        yield _model(folder / name)


def _model(folder: Path) -> Finding:
    return True, f"model {folder.name}", "present; it is checked whenever it is loaded"


def _settings(config: Path) -> Iterator[Finding]:
    from cds.cases.settings import settings_faults, settings_of

    if not config.is_file():
        yield True, "app settings", "no app in this folder"
        return
    try:
        faults = settings_faults(settings_of(config), signs_in=config.with_name("secrets.toml").is_file())
    except ValueError:
        yield False, "app settings", f"{config} is not valid TOML"
        return
    for fault in faults:
        yield False, "app settings", str(fault)
    if not faults:
        yield True, "app settings", "this machine only, no telemetry, no traces"


def _store() -> Iterator[Finding]:
    from cds.cases.places import data_folder, on_remote_disk
    from cds.cases.store import open_store
    from cds.cases.verify import verify_store

    try:
        store = open_store()
        verdict = verify_store(store)
    except CdsError as refused:
        yield False, "case store", str(refused).replace("\n", " ")
        return
    yield True, "case store", f"{store.place}, {verdict.versions} versions"
    for fault in verdict.faults:
        yield False, "case store", fault
    if not verdict.faults:
        yield True, "audit log", f"{verdict.lines} lines, unbroken, head {verdict.head[:12]}"
    if store.engine.dialect.name == "sqlite" and on_remote_disk(data_folder()):
        yield False, "data folder", "lies on a network disk, where SQLite's locks can't be trusted"
