"""What this software is built on, from the lock and from what is installed: version, licence, purpose."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_licences import closure, licence

ROOT = Path(__file__).parents[2]
#: Why each package that the project itself asks for is there.
PURPOSE = {
    "alembic": "changes of the case store's tables",
    "axe-playwright-python": "accessibility checks of app and reports",
    "build": "builds the wheel",
    "defusedxml": "reads DOCX reports back in tests",
    "fhir-resources": "authority for the FHIR export",
    "hatchling": "build backend",
    "hypothesis": "property tests",
    "jinja2": "HTML reports",
    "joblib": "reading foreign scikit-learn models, on the user's word only",
    "jsonschema": "checks the published schema",
    "lifelines": "Cox regression, Kaplan-Meier",
    "mutmut": "mutants of the engine",
    "mypy": "types",
    "numpy": "columns of the engine",
    "packaging": "reads requirements in tests",
    "pandas": "tables for lifelines",
    "pandas-stubs": "types of pandas",
    "pip-audit": "known-advisory scan",
    "platformdirs": "the user's data folder",
    "playwright": "browser tests",
    "polars": "cohort tables as text",
    "pre-commit": "checks before a commit",
    "psycopg": "PostgreSQL (optional)",
    "pyarrow": "Parquet and Arrow files",
    "pydantic": "models of rulebook and result",
    "pypdf": "reads PDF reports back in tests; verifies reports",
    "pyspark": "Spark (optional)",
    "pytest": "tests",
    "pytest-socket": "tests without network",
    "pytest-xdist": "tests on two processes",
    "python-docx": "DOCX reports",
    "pyyaml": "YAML events for the strict loader",
    "rich": "the terminal",
    "ruff": "style",
    "scikit-learn": "risk models",
    "scikit-survival": "authority for survival figures, in tests only",
    "shap": "authority and tree shares of risk models",
    "skops": "stored models without pickle",
    "sqlalchemy": "the case store",
    "streamlit": "the app",
    "typer": "the command line",
    "types-pyyaml": "types of PyYAML",
    "typst": "PDF reports",
    "uv": "writes the lock",
    "zen-engine": "second rule engine, in tests",
}


class Package(NamedTuple):
    """One line of the list."""

    name: str
    version: str
    part: str
    licence: str
    purpose: str


def pins() -> dict[str, str]:
    """Package -> version of the lock; several are joined."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        match = re.match(r"([a-z0-9-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", line)
        if match and match[2] not in found.setdefault(match[1], []):
            found[match[1]].append(match[2])
    return {name: ", ".join(versions) for name, versions in sorted(found.items())}


def packages() -> Iterator[Package]:
    """Every package of the lock."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = data["project"]
    extras = [text for group in project["optional-dependencies"].values() for text in group]
    run_time, optional = set(closure(project["dependencies"])), set(closure(extras))
    for name, version in pins().items():
        part = "run time" if name in run_time else "optional" if name in optional else "development"
        yield Package(name, version, part, _licence(name), PURPOSE.get(name) or _asked_by(name))


def _asked_by(name: str) -> str:
    """Which packages of the lock need this one."""
    by = sorted(_needers().get(name, ()))
    more = f" and {len(by) - 3} more" if len(by) > 3 else ""
    return f"needed by {', '.join(by[:3])}{more}" if by else "needed on other machines or Pythons"


@cache
def _needers() -> dict[str, set[str]]:
    """Package -> those that require it, as the installed ones say."""
    found: dict[str, set[str]] = {}
    for name in pins():
        with contextlib.suppress(PackageNotFoundError):
            for text in distribution(name).requires or ():
                needed = Requirement(text)
                if "extra" not in str(needed.marker):
                    found.setdefault(canonicalize_name(needed.name), set()).add(name)
    return found


def _licence(name: str) -> str:
    try:
        said = licence(distribution(name))
    except PackageNotFoundError:
        return "not installed here"
    return re.sub(r"License :: (OSI Approved :: )?", "", said)[:70] or "not stated"


def asked_for() -> set[str]:
    """The packages that the project itself names."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [*data["project"]["optional-dependencies"].values(), *data["dependency-groups"].values()]
    texts = [*data["project"]["dependencies"], *(text for group in groups for text in group)]
    return {canonicalize_name(Requirement(text).name) for text in texts}
