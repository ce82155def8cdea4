"""The generator of invented cohorts: seeded, of any size, and no easier than real data."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from cds.batch.results import unpacked
from cds.batch.run import rank_file
from cds.batch.stored import Stored
from examples.make_cohort import write
from tests.cohorts import BOOK, pieces, profiles_of

EXAMPLES = Path(__file__).parents[2] / "examples"
REAL = os.environ.get("CDS_REAL_DATA")


def test_the_same_seed_gives_the_same_patients_and_more_of_them(tmp_path):
    for name, patients, seed in (("a", 50, 1), ("b", 50, 1), ("c", 200, 1), ("d", 50, 2)):
        write(tmp_path / name, patients, seed, BOOK)
    few, same, more, other = ((tmp_path / name).read_text(encoding="utf-8") for name in "abcd")
    assert few == same != other and more.startswith(few)


def test_invented_patients_say_so_and_are_sound(tmp_path):
    write(tmp_path / "c.csv", 2_000, 4, BOOK)
    found = pieces(tmp_path / "c.csv")
    assert not any(piece.refused for piece in found)
    patients = profiles_of(found)
    assert len(patients) == 2_000 and all(name.startswith("INVENTED-") for name in patients)
    assert len({str(profile) for profile in patients.values()}) == 2_000


def test_the_example_cohort_is_invented_and_ranks(tmp_path):
    frame = pl.read_csv(EXAMPLES / "cohort.csv", infer_schema=False)
    assert len(frame) == 60 and frame["id"].str.starts_with("INVENTED-").all()
    assert rank_file(EXAMPLES / "cohort.csv", tmp_path / "out") == 0


def rules_per_patient(out: Path) -> tuple[float, float]:
    stored = Stored(out)
    counts = {"fired": 0, "unknown": 0}
    for table in stored.tables():
        for name in counts:
            counts[name] += int(unpacked(table[name].combine_chunks(), len(stored.layout.rules)).sum())
    return counts["fired"] / stored.run["scored"], counts["unknown"] / stored.run["scored"]


@pytest.mark.real_data
@pytest.mark.skipif(not REAL, reason="CDS_REAL_DATA names no folder of real study data")
def test_invented_patients_have_no_fewer_fired_and_unknown_rules_than_target(tmp_path):
    """What the benchmarks measure on is no easier than real data with its assumptions."""
    from cds.intake.cbioportal import import_study
    from cds.intake.cbioportal import write as write_study

    write_study(import_study(Path(str(REAL)) / "os_target_discovery", BOOK), tmp_path / "target.csv")
    rank_file(tmp_path / "target.csv", tmp_path / "real", EXAMPLES / "assumptions" / "target_relapsed.yaml")
    write(tmp_path / "invented.csv", 5_000, 7, BOOK)
    rank_file(tmp_path / "invented.csv", tmp_path / "invented")
    real, invented = rules_per_patient(tmp_path / "real"), rules_per_patient(tmp_path / "invented")
    print(f"\nfired and unknown rules a patient: TARGET {real}, invented {invented}")
    assert invented[0] >= real[0] and invented[1] >= real[1]
