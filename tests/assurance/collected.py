"""Which tests exist: ids as pytest prints them, with and without the brackets of their parameters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.assurance.proofs import is_lent

ROOT = Path(__file__).parents[2]


def lacking(wanted: Iterable[str], session: pytest.Session, *options: str) -> list[str]:
    """The wanted ids that no test has; files that this run did not collect are collected now.

    Tests of data that are not in the repository do not count.
    """
    open_ones = set(wanted) - _named(item.nodeid for item in session.items if not is_lent(item))
    return sorted(open_ones - collected(sorted({name.partition("::")[0] for name in open_ones}), *options))


def collected(files: list[str], *options: str) -> frozenset[str]:
    """The ids of the tests in some files, by default or with other options of pytest."""
    if not files:
        return frozenset()
    asked = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        *options,
        *files,
    ]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return _named(line for line in done.stdout.splitlines() if "::" in line)


def _named(ids: Iterable[str]) -> frozenset[str]:
    listed = list(ids)
    return frozenset(listed) | {name.partition("[")[0] for name in listed}
