"""What a cohort report adds from the patients: stability, tests, survival; and what it refuses."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from cds.batch.run import rank_file
from cds.cli import run
from cds.document.blocks import Document, Figure, Table, lines
from cds.errors import InputError
from cds.report.cohort import document as cohort
from cds.report.cohort.disclosure import LIMIT
from cds.report.cohort.extras import Given, More, work_out
from cds.report.cohort.follow_up import read_follow_up
from cds.report.cohort.patients import RunPatients, read_patients
from cds.report.cohort.run import read_run
from cds.report.cohort.stability import CohortTests, Stability
from cds.risk.shelf import named
from cds.robustness.next_test import next_test
from cds.robustness.summary import robustness_of
from tests.unit import report_reading as reading
from tests.unit.test_report_cohort import table

N = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("more")
    rank_file(table(made / "cohort.csv", N), made / "out")
    return made


@pytest.fixture(scope="module")
def patients(folder) -> RunPatients:
    return read_patients(
        read_run(folder / "out", reading.book()), folder / "cohort.csv", None, (), reading.book()
    )


@pytest.fixture(scope="module")
def more(folder) -> More:
    return work_out(read_run(folder / "out", reading.book()), Given(folder / "cohort.csv"), reading.book())


def composed(folder: Path, more: More, shared: bool) -> Document:
    return cohort.cohort_document(read_run(folder / "out", reading.book()), reading.book(), shared, more)


def section(document: Document, name: str) -> str:
    found = next(part for part in document.sections if part.id == name)
    return " ".join(lines(Document("", "", "", "", (found,))))


def test_shares_of_the_cohort_are_those_of_each_patient_alone(more, patients):
    alone = []
    for row in range(N):
        found = robustness_of(patients.pieces[0].part(row, row + 1), reading.book())
        shares = {one.option: one.wide_dropped[0] for one in found.shares}
        leading = [one.option for one in found.ranges["checked"] if one.rank == 1]
        alone += [sum(shares[name] for name in leading)] if leading else []
    assert more.stability is not None
    assert np.allclose(more.stability.alone, alone, atol=2e-4)
    assert len(alone) + more.stability.unranked == N


def test_tests_of_the_cohort_are_those_of_each_patient_alone(more, patients):
    counted: dict[str, int] = {}
    for row in range(N):
        for test in next_test(patients.pieces[0].part(row, row + 1), reading.book()).tests:
            counted[test.label] = counted.get(test.label, 0) + test.can_change_order
    assert {label: order for label, _, order in more.tests.found} == {k: n for k, n in counted.items() if n}


def test_a_sample_holds_patients_of_the_run_once_and_in_order(patients):
    drawn = patients.sample(10)
    rows = [row for places in drawn.rows for row in places]
    ids = [name for piece in drawn.pieces for name in piece.ids]
    assert len(drawn) == len(set(rows)) == 10
    assert rows == sorted(rows)
    assert ids == [patients.pieces[0].ids[row] for row in rows]
    assert patients.sample(N) is patients


def test_a_sample_says_that_it_is_one(folder):
    drawn = More(Stability((0.9,) * 1000, (0.8,) * 1000, 0, 5000), CohortTests((("RB1", 0, 200),), 300, 5000))
    told = " ".join(lines(composed(folder, drawn, shared=False)))
    assert "A sample: 1,000 of 5,000 patients" in told
    assert "A sample: 300 of 5,000 patients" in told


def test_the_board_sees_dots_and_the_shared_report_bands_without_small_cells(folder, more):
    board, shared = (composed(folder, more, one) for one in (False, True))
    figures = [b.id for s in board.sections for b in s.blocks if isinstance(b, Figure)]
    assert "stability-dots" in figures
    blocks = [b for s in shared.sections for b in s.blocks]
    assert "stability-dots" not in [b.id for b in blocks if isinstance(b, Figure)]
    (bands,) = [b for b in blocks if isinstance(b, Table) and b.caption.startswith("Patients by how often")]
    shown = [int(row[1]) for row in bands.rows if row[1].isdigit()]
    assert all(number >= LIMIT for number in shown)
    assert not re.search(r"\b[0-4] of 40\b", section(shared, "next-test"))


def test_a_report_without_patients_says_how_to_add_them(folder):
    told = section(composed(folder, More(), shared=False), "stability")
    assert "--source COHORT_FILE" in told


def test_reports_with_and_without_patients_have_their_own_numbers(folder, more):
    assert composed(folder, more, False).number != composed(folder, More(), False).number


def test_another_file_or_other_assumptions_are_refused(folder, tmp_path: Path):
    found = read_run(folder / "out", reading.book())
    other = table(tmp_path / "other.csv", N - 1)
    with pytest.raises(InputError, match="not those that were ranked"):
        read_patients(found, other, None, (), reading.book())
    assume = reading.ROOT / "examples" / "assumptions" / "target_relapsed.yaml"
    with pytest.raises(InputError, match="not the assumptions of the run"):
        read_patients(found, folder / "cohort.csv", assume, (), reading.book())
    with pytest.raises(InputError, match="not\\.csv: no such file"):
        read_patients(found, tmp_path / "not.csv", None, (), reading.book())


# --- survival -----------------------------------------------------------------------------------


def follow_up(path: Path, rows: list[tuple[str, str, str]], header: str = "id,time,event") -> Path:
    path.write_text("\r\n".join([header, *map(",".join, rows)]) + "\r\n", encoding="utf-8")
    return path


def test_survival_counts_who_is_followed_and_draws_thirds(folder, tmp_path: Path):
    path = tmp_path / "cohort.csv"
    with (folder / "cohort.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:N]
    changing = {"metastatic_at_diagnosis": ("yes", "no"), "age_at_diagnosis (years)": ("12", "16", "24")}
    for number, row in enumerate(rows):
        row |= {k: values[number % len(values)] for k, values in changing.items() if k in row}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    rank_file(path, tmp_path / "out")
    model, _ = named("target-os", reading.book())
    events = [(f"P{n:05d}", str(6 + n), str(int(n % 3 == 0))) for n in range(N - 2)]
    found = read_run(tmp_path / "out", reading.book())
    given = Given(path, follow_up=follow_up(tmp_path / "f.csv", events), model=model)
    survival = work_out(found, given, reading.book()).survival
    assert survival is not None
    assert survival.no_follow_up == 2
    assert survival.used + survival.silent == N - 2
    told = section(cohort.cohort_document(found, reading.book(), False, More(survival=survival)), "survival")
    assert "not a treatment effect" in told if survival.curves else "Too few for curves" in told
    shared = section(cohort.cohort_document(found, reading.book(), True, More(survival=survival)), "survival")
    assert "board's report only" in shared


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        ([("P00000", "3", "1"), ("X", "4", "0")], "id,time,event", "f.csv:3: no ranked patient has this id"),
        ([("P00000", "3", "1"), ("P00000", "4", "0")], "id,time,event", "two rows have the same id"),
        ([("P00000", "-3", "1")], "id,time,event", "not a number of months"),
        ([("P00000", "3", "dead?")], "id,time,event", "neither 0 nor 1"),
        ([("P00000", "3", "1")], "id,months,event", "the header is not id,time,event"),
    ],
)
def test_a_doubtful_follow_up_is_refused(tmp_path: Path, rows, header, words):
    with pytest.raises(InputError, match=re.escape(words)):
        read_follow_up(follow_up(tmp_path / "f.csv", rows, header), ("P00000", "P00001"))


def test_the_command_asks_for_what_belongs_together(folder, tmp_path: Path, capsys):
    out = ["report", "cohort", str(folder / "out"), "--board", "--out", str(tmp_path), "--format", "md"]
    assert run([*out, "--follow-up", "f.csv", "--model", "target-os"]) == 2
    assert "Add --source COHORT_FILE" in capsys.readouterr().err
    assert run([*out, "--source", str(folder / "cohort.csv"), "--model", "target-os"]) == 2
    assert "Survival by risk needs both" in capsys.readouterr().err
    assert run([*out, "--source", str(folder / "cohort.csv")]) == 0
    assert "out of 100" in next(tmp_path.glob("*.md")).read_text(encoding="utf-8")
