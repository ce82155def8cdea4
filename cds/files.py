"""Files as every part reads and writes them: strict JSON, canonical JSON and its digest, whole files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any


def read_json(raw: bytes | str, numbers_as_text: bool = False) -> Any:
    """Parse JSON strictly, a byte-order mark allowed; numbers stay as written with `numbers_as_text`.

    ValueError for NaN and infinities, a key that appears twice, text that is not UTF-8, half of a
    surrogate pair, and a tree that is too deep.
    """
    whole, fraction = (str, str) if numbers_as_text else (int, float)
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
        data = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_int=whole, parse_float=fraction
        )
        json.dumps(data, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except RecursionError:
        raise ValueError("the JSON is too deep") from None
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key!r} appears twice")
        found[key] = value
    return found


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON value")


def canonical(data: Any) -> str:
    """Canonical JSON on one line, for digests: sorted keys, no spaces, letters as they are."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical_lines(data: Any) -> bytes:
    """Canonical JSON for people to read, as a file: sorted keys, one space of indent, no NaN."""
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def sha256(content: bytes | str) -> str:
    """SHA-256 in hexadecimal digits; of a text, in UTF-8."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def write_whole(path: Path, content: bytes, private: bool = False) -> None:
    """Write a file completely or not at all: under another name first, then renamed.

    A `private` file can be read by its owner only, from the start. OSError if it can't be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666)
        with os.fdopen(number, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
