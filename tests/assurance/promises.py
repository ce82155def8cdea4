"""What the README promises: each with its command, the figure that it printed, and the tests that hold it.

`python -m tests.assurance.promises [WORD ...]` runs the commands of the promises whose text holds all
words, and keeps what each printed after `figure:`, or else how many tests passed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from cds.assurance.hazards import TestId
from cds.rulebook.base import Record, Text
from cds.rulebook.strict_yaml import read

ROOT = Path(__file__).parents[2]
LISTED, FIGURES = (Path(__file__).with_name(name) for name in ("promises.yaml", "figures.json"))


class Promise(Record):
    """One promise, the command that shows it, and its tests."""

    text: Text
    command: Text
    tests: tuple[TestId, ...]


class Figure(Record):
    """What the command of a promise printed on a day."""

    figure: Text
    measured: dt.date


def promises() -> tuple[Promise, ...]:
    """All promises."""
    return tuple(map(Promise.model_validate, read(LISTED).data))


def figures() -> dict[str, Figure]:
    """The figures that were measured, by the text of their promise."""
    found = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {text: Figure.model_validate(figure) for text, figure in found.items()}


def said(output: str) -> str | None:
    """The figures that a command printed, else how many tests passed; None if any failed or none ran.

    Figures of the same words are added up: parts of one test print theirs one by one.
    """
    passed = re.search(r"(?m)^(?=.*\b(\d+) passed)(?!.*\b(?:failed|error)).*in [\d.]+s", output)
    told: dict[str, list[str]] = {}
    for figure in re.findall(r"(?m)^figure: (.+)$", output):
        told.setdefault(re.sub(r"\d[\d,]*", "#", figure), []).append(figure)
    return "; ".join(map(_added_up, told.values())) or (f"{passed[1]} tests pass" if passed else None)


def _added_up(figures: list[str]) -> str:
    """Figures of the same words as one, each number the sum of theirs."""
    if len(figures) == 1:
        return figures[0]
    numbers = [[int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", figure)] for figure in figures]
    sums = iter(map(sum, zip(*numbers, strict=True)))
    return re.sub(r"\d[\d,]*", lambda _: f"{next(sums):,}", figures[0])


def measure(promise: Promise) -> Figure | None:
    """Run the command of a promise; None, after the last lines of what it printed, if it did not end well."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        shlex.split(promise.command), cwd=ROOT, env=os.environ | {"PATH": path}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    figure = said(done.stdout) if done.returncode == 0 else None
    if figure is None:
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
    return Figure(figure=figure, measured=dt.date.today()) if figure else None


def main(words: list[str]) -> int:
    """Measure, keep and print; 1 if a command failed."""
    failed, wanted = 0, [p for p in promises() if all(word in p.text for word in words)]
    for promise in wanted:
        kept = {text: figure.model_dump(mode="json") for text, figure in figures().items()}
        if figure := measure(promise):
            kept[promise.text] = figure.model_dump(mode="json")
            FIGURES.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        failed += figure is None
        print(f"{promise.text}: {figure.figure if figure else 'FAILED'}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
