"""Arguments that several commands take, and how their words are read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from cds.errors import Fault, InputError

Rules = Annotated[Path | None, typer.Option(help="Another rules folder.")]
Assume = Annotated[Path | None, typer.Option(help="Facts assumed where they are not known.")]
Model = Annotated[str | None, typer.Option(help="A risk model beside the order, as ID or ID@VERSION.")]
Date = Annotated[str | None, typer.Option(help="Date to write down (2026-11-23); default: today.")]


def day(text: str | None) -> dt.date:
    """The day of `--date`, or today (UTC); InputError if it is no date."""
    try:
        return dt.date.fromisoformat(text) if text else dt.datetime.now(dt.UTC).date()
    except ValueError:
        fault = Fault("--date", f"{text!r} is no date", "Write it as 2026-11-23.")
        raise InputError("The date can't be read", [fault]) from None
