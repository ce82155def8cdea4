"""Helpers of a run: the same bytes as without them, whatever the file holds and whoever is lost."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest

from cds.batch import crew
from cds.batch.messages import Message, receive, send
from cds.batch.run import rank_file
from cds.batch.stored import Stored
from cds.errors import InputError
from cds.intake.cohort_tables import Reading
from tests.cohorts import HEADER, ROW, cohort_text

SMALL = {"reading": Reading(block=2_000, rows=40)}
CLEAN = [f"P{n},{ROW}" for n in range(600)]
REFUSED = [line.replace(",34,", ",old,") if n % 50 == 0 else line for n, line in enumerate(CLEAN)]
QUOTED = [*REFUSED[:300], f'"P,300",{ROW}', *REFUSED[301:450], f'"P\n450",{ROW}', *REFUSED[451:]]
WINDOWS = [line + "\r" for line in REFUSED]


def written(folder: Path, rows: list[str], tail: bytes = b"", **how: object) -> dict[str, object]:
    """What a run says of its files, but for the time of day."""
    folder.mkdir(exist_ok=True)
    (folder / "cohort.csv").write_bytes(cohort_text(rows, HEADER) + tail)
    rank_file(folder / "cohort.csv", folder / "out", **SMALL | how)  # type: ignore[arg-type]
    return Stored(folder / "out").run["files"]


@pytest.fixture
def handed_out(monkeypatch) -> list[int]:
    """The first line of every block that a helper ranked."""
    lines: list[int] = []
    real = crew.CsvTables.skip
    monkeypatch.setattr(
        crew.CsvTables,
        "skip",
        lambda self, block, rows: (lines.append(block.line), real(self, block, rows))[1],
    )
    return lines


@pytest.mark.parametrize(
    ("rows", "form"),
    [(CLEAN, "parquet"), (REFUSED, "csv"), (QUOTED, "jsonl"), (WINDOWS, "parquet")],
    ids=["clean", "refused", "quoted", "crlf"],
)
def test_helpers_change_no_byte(tmp_path, rows, form, handed_out):
    alone = written(tmp_path / "alone", rows, form=form)
    assert not handed_out
    assert written(tmp_path / "helped", rows, form=form, alone_up_to=0) == alone
    assert handed_out[0] == 2 and len(handed_out) > 3


def test_from_the_first_doubtful_row_the_run_reads_by_itself(tmp_path, handed_out):
    written(tmp_path / "helped", QUOTED, alone_up_to=0)
    assert handed_out and max(handed_out) < 300


def test_a_last_line_without_an_end_is_read(tmp_path):
    last = f"LAST,{ROW}".encode()
    alone = written(tmp_path / "alone", CLEAN, last)
    assert written(tmp_path / "helped", CLEAN, last, alone_up_to=0) == alone


def test_every_fault_is_told_with_its_line(tmp_path):
    rows = [*CLEAN[:500], "P500,too,short", *CLEAN[501:], CLEAN[3]]
    (tmp_path / "cohort.csv").write_bytes(cohort_text(rows, HEADER))
    with pytest.raises(InputError) as alone:
        rank_file(tmp_path / "cohort.csv", tmp_path / "a", **SMALL)
    with pytest.raises(InputError) as helped:
        rank_file(tmp_path / "cohort.csv", tmp_path / "b", **SMALL, alone_up_to=0)
    assert str(helped.value) == str(alone.value) and "cohort.csv:502" in str(alone.value)
    assert not (tmp_path / "b").exists()


def test_an_id_that_stands_twice_is_found_across_helpers(tmp_path):
    (tmp_path / "cohort.csv").write_bytes(cohort_text([*CLEAN, CLEAN[3]], HEADER))
    with pytest.raises(InputError, match="stands on line 5 already"):
        rank_file(tmp_path / "cohort.csv", tmp_path / "out", **SMALL, alone_up_to=0)


def test_a_helper_that_is_lost_changes_no_byte(tmp_path, monkeypatch, handed_out):
    alone = written(tmp_path / "alone", REFUSED)
    real = crew.Crew.ranked

    def one_dies(self, tables):
        for part in real(self, tables):
            self._helpers[0].kill()
            yield part

    monkeypatch.setattr(crew.Crew, "ranked", one_dies)
    assert written(tmp_path / "helped", REFUSED, alone_up_to=0) == alone
    assert 0 < len(handed_out) < 15


def test_an_answer_that_is_cut_off_is_none():
    whole = io.BytesIO()
    send(whole, {"line": 2}, [b"abc", b"defgh"])
    said = whole.getvalue()
    assert receive(io.BytesIO(said)) == Message({"line": 2}, [b"abc", b"defgh"])
    assert not any(receive(io.BytesIO(said[:size])) for size in range(len(said)))


def test_no_helper_outlives_a_run_that_is_killed(tmp_path):
    (tmp_path / "cohort.csv").write_bytes(cohort_text((f"P{n},{ROW}" for n in range(60_000)), HEADER))
    code = (
        "from pathlib import Path; from cds.batch.run import rank_file; import sys;"
        "rank_file(Path(sys.argv[1]), Path(sys.argv[2]), alone_up_to=0)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "cohort.csv"), str(tmp_path / "out")]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        pytest.skip("this system does not list the children of a process")
    helpers = waited(lambda: children.read_text(encoding="ascii").split(), 2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(helpers) == 2
    assert not waited(lambda: [pid for pid in helpers if Path(f"/proc/{pid}").exists()], 0)


def waited(look, wanted: int) -> list[str]:
    """What is seen once it is so many, or after twenty seconds."""
    for _ in islice(iter(int, 1), 400):
        if len(found := look()) == wanted:
            return found
        time.sleep(0.05)
    return found
