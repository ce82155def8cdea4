"""The models on the shelf: found by name, and pinned by version or digest."""

from __future__ import annotations

import re
from pathlib import Path

from cds.errors import Fault, InputError
from cds.locations import models_folder
from cds.risk.artefact import DIGESTS, load_model, read_record
from cds.risk.model import RiskModel
from cds.rulebook.book import Rulebook

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,58}")
#: A digest pins a model from this many characters on.
PIN = 12


def shelved(root: Path | None = None) -> tuple[Path, ...]:
    """Folders of trained models, by name."""
    root = root or models_folder()
    return tuple(sorted(path.parent for path in root.glob(f"*/{DIGESTS}"))) if root.is_dir() else ()


def folder_of(name: str, root: Path | None = None) -> Path:
    """The folder of a model by id, or a path to one (with a separator in it)."""
    if "/" in name or "\\" in name:
        return Path(name).resolve()
    if not NAME.fullmatch(name):
        raise InputError(
            "No such model", [Fault("--model", "is not a model's name", "See `cds model list`.")]
        )
    folder = (root or models_folder()) / name
    if not (folder / DIGESTS).is_file():
        known = ", ".join(path.name for path in shelved(root)) or "none"
        raise InputError(
            "No such model", [Fault("--model", f"{name} is not on the shelf", f"Trained: {known}.")]
        )
    return folder


def installed_model(name: str, book: Rulebook, root: Path | None = None) -> RiskModel:
    """An installed model by `ID` or `ID@VERSION`, checked completely; CdsError if refused."""
    return named(name, book, root)[0]


def named(text: str, book: Rulebook, root: Path | None = None) -> tuple[RiskModel, bool]:
    """The model of `ID`, `ID@VERSION` or `ID@DIGEST`, and whether it is pinned.

    InputError if the pin is of another model than the one on the shelf.
    """
    name, at, pin = text.rpartition("@") if "@" in text else (text, "", "")
    folder = folder_of(name, root)
    model = load_model(folder, book)
    if not at:
        return model, False
    by_digest = len(pin) >= PIN and model.digest.startswith(pin)
    if pin != model.declaration.version and not by_digest:
        found = f"{model.declaration.version}, digest {model.digest[:PIN]}"
        raise InputError(
            "Another model", [Fault("--model", f"{pin} was named; here is {found}", "Name that one.")]
        )
    return model, True


__all__ = ["folder_of", "installed_model", "named", "read_record", "shelved"]
