"""Files that are whole or absent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, reach the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def put(source: Path, target: Path) -> None:
    """Move a finished file to its place, in one step."""
    sync(source)
    source.replace(target)
    sync(target.parent)


def write_json(path: Path, data: Any) -> None:
    """Write JSON in one step."""
    scratch = path.with_name(f".{path.name}.partial")
    scratch.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    put(scratch, path)
