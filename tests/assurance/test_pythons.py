"""One digest, whatever the Python, threads, processor, locale, time zone and hash seed."""

from __future__ import annotations

import pytest

from tests.assurance.pythons import ENVIRONMENTS, VERSIONS, find, probe, runs
from tests.assurance.third_party import ROOT


@pytest.mark.long
def test_one_digest_over_every_python_found():
    rows = runs()
    for version, name, digests in rows:
        print(f"\n{version} {name}: {digests.get('ranking', '')[:16]}")
    lost = [version for version, name, _ in rows if name == "not found"]
    print(f"\nfound {sorted(set(VERSIONS) - set(lost))}, not found {lost}")
    parts = [{k: v for k, v in digests.items() if k != "python"} for _, _, digests in rows if digests]
    assert all(part == parts[0] for part in parts)


def test_two_environments_give_one_digest():
    """The quick half of it: two processes of this Python that differ in everything else."""
    import sys
    from pathlib import Path

    names = ("two threads, hash seed 1", "C locale, Honolulu")
    first, second = (probe(Path(sys.executable), ENVIRONMENTS[name]) for name in names)
    assert first == second


def test_only_pythons_by_name_are_found():
    assert find("2.6") is None
    assert all(version.startswith("3.") for version in VERSIONS)
    assert (ROOT / "requirements.lock").is_file()
