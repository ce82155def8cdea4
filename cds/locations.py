"""Where the rulebook and the models stand, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _beside(name: str) -> Path:
    """`name/` inside the installed package, or beside it in a checkout."""
    shipped = _HERE / "_data" / name
    return shipped if shipped.is_dir() else _HERE.parent / name


def rules_folder() -> Path:
    """The folder of the rulebook that ships with this software."""
    return _beside("rules")


def models_folder() -> Path:
    """The folder of the risk models that ship with this software."""
    return _beside("models")
