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
    from cds.risk.shelf import read_record, shelved

    folders = shelved()
    if not folders:
        yield True, "models", "none installed; rankings use rules only"
    for folder in folders:
        try:
            declared = read_record(folder).manifest.declaration
        except CdsError as refused:
            yield False, f"model {folder.name}", str(refused).replace("\n", " ")
        else:
            yield True, f"model {folder.name}", f"version {declared.version}, digests as they were written"


def _settings(config: Path) -> Iterator[Finding]:
    from cds.hosting.settings import settings_faults, settings_of

    if not config.is_file():
        yield True, "app settings", "no app in this folder"
        return
    try:
        faults = settings_faults(settings_of(config), signs_in=_has_auth(config.with_name("secrets.toml")))
    except ValueError:
        yield False, "app settings", f"{config} is not valid TOML"
        return
    for fault in faults:
        yield False, "app settings", str(fault)
    if not faults:
        yield True, "app settings", "no telemetry, no traces, one machine or a sign-in"
    yield from _sign_in(config.with_name("secrets.toml"))


def _has_auth(secrets: Path) -> bool:
    return secrets.is_file() and "[auth" in secrets.read_text(encoding="utf-8")


def _sign_in(secrets: Path) -> Iterator[Finding]:
    """Whether a sign-in is set up completely; no secret is shown."""
    import importlib.util
    import tomllib

    from cds.hosting.access import sign_in_faults

    if not secrets.is_file():
        yield True, "sign-in", "none set up: the app answers this machine only, for its user"
        return
    try:
        said = tomllib.loads(secrets.read_text(encoding="utf-8"))
    except ValueError:
        yield False, "sign-in", "secrets.toml is not valid TOML"
        return
    faults = sign_in_faults(said)
    if "auth" in said and importlib.util.find_spec("authlib") is None:
        faults = (*faults, "Authlib is not installed; Streamlit needs it for the sign-in")
    for fault in faults:
        yield False, "sign-in", fault
    if not faults:
        yield True, "sign-in", "set up, with roles" if "auth" in said else "none set up"


def _store() -> Iterator[Finding]:
    from cds.store.cases import open_store
    from cds.store.places import file_of, on_remote_disk
    from cds.store.verify import verify_store

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
    file = file_of(store.engine.url)
    if file and on_remote_disk(file.parent):
        yield False, "case store", "lies on a network disk, where SQLite's locks can't be trusted"
