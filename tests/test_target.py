"""TARGET osteosarcoma discovery: 89 real patients, imported and ranked."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cds.batch.run import rank_file
from cds.intake.cbioportal import import_study, write
from cds.rulebook.load import load

ROOT = Path(__file__).resolve().parent.parent
DATA = os.environ.get("CDS_REAL_DATA")

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not DATA, reason="CDS_REAL_DATA is not set: the open patient data are not part of this"
    ),
]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study as a cohort file."""
    out = tmp_path_factory.mktemp("target") / "cohort.csv"
    write(import_study(Path(str(DATA)) / "os_target_discovery", load()), out)
    return out


def summary(cohort: Path, out: Path, assume: Path | None = None) -> dict[str, object]:
    """Rank the cohort and read what the run says of it."""
    assert rank_file(cohort, out, assume=assume) == 0
    return json.loads((out / "summary.json").read_text(encoding="utf-8"))


def test_without_assumptions_every_profile_is_incomplete(cohort: Path, tmp_path: Path) -> None:
    """A study folder says nothing of treatment, resectability or grade: that is not guessed."""
    said = summary(cohort, tmp_path / "out")
    assert said["read"] == said["scored"] == 89
    assert said["answers"] == {"profile_incomplete": 89}


def test_as_relapsed_adults_have_one_option_that_can_be_named(cohort: Path, tmp_path: Path) -> None:
    """19 adults: everolimus + sorafenib; 70 under 18: hypotheses only."""
    said = summary(cohort, tmp_path / "out", ROOT / "examples" / "assumptions" / "target_relapsed.yaml")
    assert said["answers"] == {"can_be_named": 19, "only_hypotheses": 70}
    assert said["first"]["checked"] == {"O01": 19, "O01p": 70}


def test_face_value_puts_one_patients_regimen_first_for_every_child(cohort: Path, tmp_path: Path) -> None:
    """Why `checked` is the default: as published, a regimen given to one patient leads."""
    said = summary(cohort, tmp_path / "out", ROOT / "examples" / "assumptions" / "target_relapsed.yaml")
    assert said["first"]["as_published"] == {"O01": 19, "O10": 70}
    assert set(said["policies_differ"]["because_of_claims"]) == {"C104", "C105", "C144"}
    assert said["assumptions"]["age"] == "same as age_at_diagnosis"
