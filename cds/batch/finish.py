"""The end of a run: everything is moved to its place, `run.json` last; whoever finds it finds all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cds.batch.files import put, sync, write_json
from cds.batch.sinks import part_name

RUN = "run.json"
#: What an earlier run in the same folder may have left in another format.
STALE = tuple(f"{table}.{form}" for table in ("ranking", "risk") for form in ("parquet", "csv", "jsonl"))


def digests_of(path: Path) -> str | dict[str, str]:
    """SHA-256 of a file, or of each file of a folder."""
    if path.is_dir():
        return {part.name: _digest(part) for part in sorted(path.iterdir())}
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def gather_parts(work: Path, parts: int) -> None:
    """`ranking.parquet`: the only part, or a folder of all parts, as Spark writes it. May be repeated."""
    target = work / "ranking.parquet"
    if parts > 1:
        target.mkdir(exist_ok=True)
    for number in range(parts):
        if part_name(work, number).exists():
            part_name(work, number).replace(target if parts == 1 else part_name(target, number))
    if parts > 1:
        sync(target)


def seal(work: Path, run: dict[str, Any], names: list[str]) -> None:
    """Write `run.json` into the work folder; from here on only moves are left."""
    run["files"] = {name: digests_of(work / name) for name in names}
    write_json(work / RUN, run)
    write_json(work / "moves.json", [*names, RUN])


def is_sealed(work: Path) -> bool:
    """Whether only moves are left of an interrupted run."""
    return (work / "moves.json").exists()


def move(work: Path, out: Path) -> dict[str, Any]:
    """Move everything to its place; may be interrupted and repeated. Returns `run.json`."""
    names = json.loads((work / "moves.json").read_text(encoding="utf-8"))
    if (work / RUN).exists():
        (out / RUN).unlink(missing_ok=True)
        for stale in STALE:
            if stale not in names:
                _remove(out / stale)
    for name in names:
        if (work / name).exists():
            if (out / name).is_dir() or (work / name).is_dir():
                _remove(out / name)
            put(work / name, out / name)
    shutil.rmtree(work)
    run: dict[str, Any] = json.loads((out / RUN).read_text(encoding="utf-8"))
    return run


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def files_of(ranking: Path) -> Iterator[Path]:
    """The file, or the files of the folder, of a ranking."""
    if ranking.is_dir():
        yield from sorted(ranking.iterdir())
    else:
        yield ranking
