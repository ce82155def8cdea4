"""The wheel: built, installed in a fresh environment outside the checkout, and used there."""

from __future__ import annotations

import json
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENT = ROOT / "examples" / "patients" / "typical_adult.yaml"

pytestmark = pytest.mark.wheel


def run(*command: object, cwd: Path) -> str:
    """Run a command; its output is shown where it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; the dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    here = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=folder).strip())
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", *folder.glob("*.whl"), cwd=folder)
    # `~` sorts last: what the wheel installed is found before what this environment holds
    (here / "~dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    shutil.copy(PATIENT, folder / "patient.yaml")
    return folder


def test_the_wheel_brings_its_rulebook(installed: Path) -> None:
    """The installed package finds rules/ and models/ inside itself."""
    python = installed / "env" / "bin" / "python"
    code = "import cds; from cds.locations import *; print(cds.__file__, rules_folder(), models_folder())"
    for place in run(python, "-c", code, cwd=installed).split():
        assert Path(place).is_relative_to(installed / "env")


def test_the_wheel_ranks_a_patient(installed: Path) -> None:
    """The installed command ranks a patient as the checkout does."""
    cds = installed / "env" / "bin" / "cds"
    theirs = json.loads(run(cds, "rank", "patient.yaml", "--json", cwd=installed))
    ours = json.loads(run(sys.executable, "-m", "cds", "rank", PATIENT, "--json", cwd=ROOT))
    assert theirs == ours
    assert theirs["answer"] == "can_be_named"
