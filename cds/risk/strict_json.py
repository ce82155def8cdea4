"""JSON that is written one way and read strictly."""

from __future__ import annotations

import json
from typing import Any


def written(data: Any) -> bytes:
    """Canonical text: sorted keys, one space of indent, no NaN."""
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read(raw: bytes) -> Any:
    """Parse; ValueError for NaN, a key that stands twice, text that is not UTF-8, or too deep a tree."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in items}) < len(items):
            raise ValueError("a key stands twice")
        return dict(items)

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not a JSON value")

    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse)
    except RecursionError:
        raise ValueError("the JSON is too deep") from None
