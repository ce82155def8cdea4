"""The probe under every Python from 3.11 to 3.13 that is found, and under other environments.

`python -m tests.assurance.pythons` builds an environment for each Python under `build/` from the
lock (run-time packages only), runs the probe, and prints a table. A Python is found by its name,
such as `python3.12`, on the path or among the versions of pyenv.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.assurance.third_party import ROOT, packages

VERSIONS = ("3.11", "3.12", "3.13")
BUILD = ROOT / "build" / "pythons"
#: Differences between machines that can be simulated: threads, processor, locale, time zone, hash seed.
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "as it is": {},
    "one thread": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"},
    "two threads, hash seed 1": {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "1"},
    "older processor": {"OPENBLAS_CORETYPE": "Nehalem", "PYTHONHASHSEED": "2"},
    "other processor": {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "AVX512F"},
    "Turkish, Auckland": {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Auckland"},
    "C locale, Honolulu": {"LANG": "C", "LC_ALL": "C", "TZ": "Pacific/Honolulu", "PYTHONHASHSEED": "77"},
}


def find(version: str) -> str | None:
    """The first interpreter of this name on the path that starts and is of this version."""
    return next((name for name in _named(f"python{version}") if _version(name) == version), None)


def _named(name: str) -> Iterator[str]:
    """Every program of this name: those that the path finds, then those that pyenv keeps beside it."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    kept = Path(os.environ.get("PYENV_ROOT", "/nonexistent")) / "versions"
    for folder in [*folders, *sorted(kept.glob("*/bin"))]:
        if found := shutil.which(name, path=str(folder)):
            yield found


def _version(interpreter: str) -> str:
    asked = [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def environment(version: str, interpreter: str) -> Path:
    """The Python of an environment with the run-time packages of the lock; built once."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return Path(sys.executable)
    folder = BUILD / version
    python = folder / "bin" / "python"
    lock = BUILD / "run-time.txt"
    if not (folder / ".ready").exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        lock.write_text(_run_time_lock(), encoding="utf-8")
        subprocess.run([interpreter, "-m", "venv", "--clear", str(folder)], check=True)
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
        subprocess.run([str(python), *install], check=True)
        (folder / ".ready").touch()
    return python


def _run_time_lock() -> str:
    wanted = {package.name for package in packages() if package.part == "run time"}
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    return "\n".join(block for block in blocks if re.split(r"[=\[]", block, maxsplit=1)[0] in wanted)


def probe(python: Path, changed: dict[str, str], *how: str) -> dict[str, str]:
    """What the probe prints under this Python and environment; `how` may be `few`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | changed
    asked = [str(python), "-W", "ignore", "-m", "tests.assurance.probe", *how]
    done = subprocess.run(asked, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def runs() -> list[tuple[str, str, dict[str, str]]]:
    """Every Python found in every environment; a Python that is not found has no digests."""
    found: list[tuple[str, str, dict[str, str]]] = []
    for version in VERSIONS:
        interpreter = find(version)
        if interpreter is None:
            found.append((version, "not found", {}))
            continue
        python = environment(version, interpreter)
        chosen = ENVIRONMENTS if version == VERSIONS[0] else dict(list(ENVIRONMENTS.items())[:2])
        found += [(version, name, probe(python, changed)) for name, changed in chosen.items()]
    return found


def one_digest(rows: list[tuple[str, str, dict[str, str]]]) -> bool:
    """Whether every run that there was gave the same digests."""
    parts = [{k: v for k, v in digests.items() if k != "python"} for _, _, digests in rows if digests]
    return bool(parts) and all(part == parts[0] for part in parts)


def main() -> int:
    """Print what was found, and whether it is one digest; 1 if it is not."""
    rows = runs()
    for version, name, digests in rows:
        told = [value[:12] for key, value in digests.items() if key != "python"]
        print(f"| {' | '.join([digests.get('python', version), name, *told])} |")
    print(summary(rows))
    return not one_digest(rows)


def summary(rows: list[tuple[str, str, dict[str, str]]]) -> str:
    """Which Pythons were found and not found, and whether they gave one digest."""
    found = sorted({digests["python"] for _, _, digests in rows if digests})
    lost = [version for version, _, digests in rows if not digests]
    same = "one digest" if one_digest(rows) else "DIGESTS DIFFER"
    return (
        f"figure: {same} under Python {', '.join(found)} and in {len(ENVIRONMENTS)} environments, "
        f"not found: {', '.join(lost) or 'none'}"
    )


if __name__ == "__main__":
    sys.exit(main())
