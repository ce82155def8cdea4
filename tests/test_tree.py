"""The tree as a whole: what stands at the top, what no file may hold, and how long a module may be."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

TOP_LEVEL = {
    "pyproject.toml", "README.md", "cds", "rules", "models", "app", "tests",
    "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", "requirements.lock",
    "docs", "benchmarks", "examples",
    ".ci", ".github", ".gitattributes", ".gitignore", ".pre-commit-config.yaml", ".streamlit",
}  # fmt: skip

#: A path that exists on one machine only, and the hosts of package registries.
MACHINE_PATH = re.compile(r"(?<![\w.\]])/(?:root|work|farm|home/\w+|Users/\w+|opt/\w+)/")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.org|crates\.io|repo\.maven|conda\.anaconda|deb\.debian"
)
MODULE_LINES = 300
RUN = 8
WORD = re.compile(r"\w+")


@cache
def tracked() -> tuple[Path, ...]:
    """Files that are in git or would be added: what is not ignored."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in sorted(set(done.stdout.decode().split("\0"))) if name)
    return tuple(path for path in paths if path.is_file())


@cache
def texts() -> dict[str, str]:
    """The text of each tracked file that is text."""
    found = {}
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw[:8192]:
            found[path.relative_to(ROOT).as_posix()] = raw.decode("utf-8", errors="replace")
    return found


def told(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_top_level_holds_only_what_was_agreed():
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert names <= TOP_LEVEL, f"not agreed: {sorted(names - TOP_LEVEL)}"


def test_no_file_names_a_path_of_one_machine():
    assert not told(MACHINE_PATH)


def test_no_file_names_a_package_registry():
    assert not told(REGISTRY)


def test_the_lock_is_the_only_one():
    assert not [name for name in texts() if name.endswith(("uv.lock", "poetry.lock", "Pipfile.lock"))]


def test_modules_are_short():
    folders = ("app/", "benchmarks/", "cds/")
    modules = [name for name in texts() if name.startswith(folders) and name.endswith(".py")]
    lines = {name: len(texts()[name].splitlines()) for name in modules}
    assert not {name: n for name, n in lines.items() if n >= MODULE_LINES}


def pins() -> dict[str, set[str]]:
    """Package -> versions in the lock (more than one where machines differ)."""
    found: dict[str, set[str]] = {}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z0-9])", lock):
        match = re.match(r"([a-z0-9-]+)(?:\[[^\]]*\])?==(\S+)", block)
        assert match, block[:80]
        assert "--hash=sha256:" in block, f"{match[1]} has no hash"
        found.setdefault(match[1], set()).add(match[2])
    return found


def test_lock_meets_every_requirement_of_the_project():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, pinned = data["project"], pins()
    groups = [*project["optional-dependencies"].values(), *data["dependency-groups"].values()]
    for text in [*project["dependencies"], *(text for group in groups for text in group)]:
        asked = Requirement(text)
        versions = pinned.get(canonicalize_name(asked.name), set())
        assert versions, f"{text} is not in requirements.lock; run `make lock`"
        met = all(asked.specifier.contains(version) for version in versions)
        assert met, f"{text}, but {versions} in the lock; run `make lock`"


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of eight words, in small letters, whatever stands between them."""
    words = WORD.findall(text.lower())
    return set(zip(*(words[start:] for start in range(RUN)), strict=False))


@pytest.mark.review
@pytest.mark.skipif(not os.environ.get("CDS_REVIEW"), reason="CDS_REVIEW is not set")
def test_no_file_repeats_a_sentence_of_the_review():
    sources = sorted(Path(os.environ["CDS_REVIEW"]).glob("*.txt"))
    assert sources, "CDS_REVIEW holds no text"
    review = set().union(*(runs(path.read_text(encoding="utf-8")) for path in sources))
    shared = {name: both for name, text in texts().items() if (both := runs(text) & review)}
    assert not shared, "\n".join(f"{name}: {' '.join(sorted(both)[0])}" for name, both in shared.items())


def test_run_finder_sees_through_line_breaks_and_punctuation():
    assert runs("One two, three\n# four five six seven -- EIGHT") == runs(
        "one two three four five six seven eight"
    )
    assert len(runs("one two three four five six seven eight nine")) == 2
    assert not runs("one two three four five six seven")
