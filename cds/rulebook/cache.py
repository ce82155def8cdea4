"""A copy of the checked rulebook as JSON, so that the next start need not parse and prove it again.

The copy is keyed by the digest of `rules/` and of the code that reads it, and carries its own
SHA-256: a copy that is old, damaged or not there is simply not used. Parts are made into records on
their first use.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from cds import __version__
from cds.rulebook.book import PARTS, Rulebook

Raw = dict[str, list[Any]]
Places = dict[tuple[str, str], str]
_PARTS = {part.name: part for part in PARTS}


class CachedRulebook(Rulebook):
    """A rulebook from a copy: a part is read on first use."""

    def __init__(self, raw: Raw, digest: str, places: Places) -> None:
        """Keep the plain data; records are made in `__getattr__`."""
        for name, value in (("_raw", raw), ("digest", digest), ("places", places)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """A part on its first use."""
        if name not in _PARTS:
            raise AttributeError(name)
        part, raw = _PARTS[name], self.__dict__["_raw"][name]
        entries = tuple(part.model.model_validate(data) for data in raw)
        value = (entries[0] if entries else None) if part.single else entries
        object.__setattr__(self, name, value)
        return value


def read(digest: str) -> Rulebook | None:
    """The cached rulebook with this digest, if there is a sound copy."""
    try:
        head, _, body = _path(digest).read_bytes().partition(b"\n")
    except OSError:
        return None
    if head.decode("ascii", "replace") != hashlib.sha256(body).hexdigest():
        return None
    data = json.loads(body)
    places = {(part, key): place for part, key, place in data["places"]}
    return CachedRulebook(data["parts"], digest, places) if data["digest"] == digest else None


def write(digest: str, raw: Raw, places: Places) -> None:
    """Keep a copy of a rulebook that was found sound; a folder that can't be written is no fault."""
    listed = [[part, key, place] for (part, key), place in places.items()]
    body = json.dumps({"digest": digest, "parts": raw, "places": listed}, ensure_ascii=False).encode()
    path = _path(digest)
    scratch = path.with_suffix(f".{hashlib.sha256(body).hexdigest()[:8]}.partial")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("rulebook-*.json"):
            old.unlink(missing_ok=True)
        scratch.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        scratch.replace(path)


def _path(digest: str) -> Path:
    from platformdirs import user_cache_path

    key = hashlib.sha256(f"{digest} {__version__} {_code_digest()}".encode()).hexdigest()
    return user_cache_path("evr-cds", appauthor=False) / f"rulebook-{key[:32]}.json"


def _code_digest() -> str:
    """SHA-256 of the code that reads and proves rules."""
    whole, here = hashlib.sha256(), Path(__file__).parent
    for path in [*sorted(here.rglob("*.py")), here.parent / "vocabulary.py", here.parent / "wording.py"]:
        whole.update(path.read_bytes())
    return whole.hexdigest()
