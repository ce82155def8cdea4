"""The project is Apache-2.0: nothing it needs at run time may be GPL or AGPL."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
GPL = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)
LGPL = re.compile(r"\bLGPL|GNU (Library or )?Lesser General Public", re.IGNORECASE)
#: Linked dynamically and optional, which the LGPL allows.
LGPL_ALLOWED = {"psycopg", "psycopg-binary"}


def licence(package: Distribution) -> str:
    """What a package says its licence is: expression, else classifiers, else the first line of the field."""
    meta = package.metadata
    classifiers = [line for line in meta.get_all("Classifier", []) if line.startswith("License ::")]
    field = (meta.get("License") or "").strip().splitlines()
    return meta.get("License-Expression") or "; ".join(classifiers) or (field[0] if field else "")


def needed(package: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    """What a package requires here, with the extras asked for."""
    for text in package.requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def closure(roots: Iterable[str]) -> dict[str, Distribution]:
    """All packages that the roots need, directly or not, and that are installed."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in roots]
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen or (requirement.marker and not requirement.marker.evaluate()):
            continue
        seen.add(key)
        try:
            found[key[0]] = distribution(key[0])
        except PackageNotFoundError:
            continue
        waiting.extend(needed(found[key[0]], requirement.extras))
    return found


def refused(packages: dict[str, Distribution]) -> list[str]:
    said = {name: licence(package) for name, package in packages.items()}
    gpl = [name for name, text in said.items() if GPL.search(text)]
    lgpl = [name for name, text in said.items() if LGPL.search(text) and name not in LGPL_ALLOWED]
    return [f"{name}: {said[name]}" for name in gpl + lgpl]


def test_run_time_packages_are_not_gpl():
    packages = closure(PROJECT["dependencies"])
    direct = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    assert direct <= set(packages), f"not installed: {sorted(direct - set(packages))}"
    assert not refused(packages)


def test_optional_packages_are_not_gpl():
    extras = [text for group in PROJECT["optional-dependencies"].values() for text in group]
    assert not refused(closure(extras))


def test_every_run_time_package_states_a_licence():
    silent = [name for name, package in closure(PROJECT["dependencies"]).items() if not licence(package)]
    assert not silent


def test_a_gpl_package_would_be_found():
    """The check itself works: the test authority that is GPL is seen as such."""
    found = closure(["scikit-survival"])
    if "scikit-survival" not in found:
        pytest.skip("scikit-survival has no wheel for this Python and machine")
    assert any(line.startswith("scikit-survival") for line in refused(found))
