"""One digest, whatever the Python, threads, processor, locale, time zone and hash seed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.assurance.pythons import ENVIRONMENTS, find, one_digest, probe, runs, summary


@pytest.mark.long
def test_one_digest_over_every_python_found():
    rows = runs()
    for version, name, digests in rows:
        print(f"\n{version} {name}: {digests.get('ranking', '')[:16]}")
    assert one_digest(rows)
    print(summary(rows))


def test_one_other_digest_is_seen():
    same = [
        ("3.11", "a", {"python": "3.11.7", "ranking": "x"}),
        ("3.12", "a", {"python": "3.12.1", "ranking": "x"}),
    ]
    assert one_digest([*same, ("3.13", "not found", {})])
    assert not one_digest([*same, ("3.13", "a", {"python": "3.13.0", "ranking": "y"})])
    assert not one_digest([("3.11", "not found", {})])


def test_two_environments_give_one_digest():
    """The quick half of it: two processes of this Python that differ in everything else."""
    names = ("two threads, hash seed 1", "C locale, Honolulu")
    first, second = (probe(Path(sys.executable), ENVIRONMENTS[name], "few") for name in names)
    assert first == second


def test_only_a_python_of_the_version_asked_for_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A name alone is not believed: a stub that does not start is passed over for one that does."""
    for folder, text in (("broken", "exit 127"), ("sound", f'exec "{sys.executable}" "$@"')):
        (tmp_path / folder).mkdir()
        stub = tmp_path / folder / "python{}.{}".format(*sys.version_info[:2])
        stub.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'broken'}{os.pathsep}{tmp_path / 'sound'}")
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    found = find("{}.{}".format(*sys.version_info[:2]))
    assert found and "sound" in found
    assert find("2.6") is None
