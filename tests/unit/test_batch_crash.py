"""Runs that are killed, interrupted, or run out of disk: a result is whole or absent."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cds.batch import ranked_part, ranking_writer
from cds.batch.output_folder import output_folder
from cds.batch.run import rank_file
from cds.batch.stored import Stored
from cds.cli import run
from cds.errors import InputError, Interrupted
from cds.intake import source
from tests.cohorts import HEADER, ROW, cohort_text
from tests.crashes import ROOT, campaign, ranker, small_parts

FORMS = pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    """400 patients of which every 50th row is refused; some cells are quoted."""
    path = tmp_path_factory.mktemp("crash") / "cohort.csv"
    rows = [f"P{n},{ROW}" if n % 50 else f'"P{n}",{ROW}'.replace("34", "old") for n in range(400)]
    path.write_bytes(cohort_text(rows, HEADER))
    return path


@pytest.fixture(scope="module")
def files(cohort, tmp_path_factory) -> dict[str, dict[str, object]]:
    """The digests of an undisturbed run, by format."""
    found = {}
    for form in ("parquet", "csv", "jsonl"):
        out = tmp_path_factory.mktemp(form)
        assert rank_file(cohort, out, **small_parts(form)) == 1
        found[form] = Stored(out).run["files"]
    return found


@FORMS
def test_a_killed_run_leaves_a_whole_result_or_none(tmp_path, cohort, files, form):
    """Killed again and again, then let finish: the same bytes, and nothing left of the killed runs."""
    rng = random.Random(7)
    with ranker() as server:
        kills, _ = campaign(server, cohort, tmp_path, form, [rng.uniform(0, 0.4) for _ in range(6)])
    assert Stored(tmp_path / "out").run["files"] == files[form]
    print(f"\n{kills} kills")


def only_the_first_result(folder: Path, form: str, files: dict[str, dict[str, object]]) -> None:
    """Check that an earlier result is as it was, with nothing beside it."""
    assert [path.name for path in folder.iterdir()] == ["out"]
    Stored(folder / "out").check_files()
    assert Stored(folder / "out").run["files"] == files[form]


@FORMS
@pytest.mark.parametrize("call", [1, 2, 3, 5])
def test_a_run_with_a_failing_write_leaves_the_earlier_result(
    tmp_path, cohort, files, form, call, monkeypatch
):
    """The n-th time something reaches the disk it fails, as on a full disk."""
    rank_file(cohort, tmp_path / "out", **small_parts(form))
    calls = 0
    real = os.fsync

    def failing(number: int) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(Interrupted) as caught:
        rank_file(cohort, tmp_path / "out", **small_parts(form))
    assert "no space left on device" in str(caught.value) and len(str(caught.value).splitlines()) == 2
    only_the_first_result(tmp_path, form, files)
    assert rank_file(cohort, tmp_path / "out", **small_parts(form)) == 1
    only_the_first_result(tmp_path, form, files)


@FORMS
@pytest.mark.parametrize("size", [0, 100, 2_000, 20_000, 40_000])
def test_a_file_that_can_not_grow_is_no_half_output(tmp_path, cohort, files, form, size):
    program = (
        "import resource, sys; from pathlib import Path\n"
        "import cds.batch.readable, cds.batch.run, cds.errors, cds.rulebook.load\n"
        "from tests.crashes import small_parts\n"
        "cds.rulebook.load.load()\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "try: cds.batch.run.rank_file(Path(sys.argv[1]), Path(sys.argv[2]), **small_parts(sys.argv[3]))\n"
        "except cds.errors.CdsError as error: print(error); sys.exit(error.exit_code)"
    )
    command = [sys.executable, "-c", program, str(cohort), str(tmp_path / "out"), form]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "Traceback" not in done.stderr, done.stderr
    assert "file too large" in done.stdout and not list(tmp_path.iterdir())
    assert rank_file(cohort, tmp_path / "out", **small_parts(form)) == 1
    assert Stored(tmp_path / "out").run["files"] == files[form]


def test_a_full_disk_is_reported_in_one_line(tmp_path, cohort, files):
    """S3, on a file system of 128 KiB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(InputError, match="can't be replaced as a whole"):
            rank_file(cohort, disk)
        with pytest.raises(Interrupted, match="no space left on device"):
            rank_file(cohort, disk / "out", **small_parts("jsonl"))
        assert not list(disk.iterdir())
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert rank_file(cohort, disk / "out", **small_parts("jsonl")) == 1
        assert Stored(disk / "out").run["files"] == files["jsonl"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_polite_kill_leave_nothing(tmp_path, sign):
    """S5."""
    rows = [f"P{n},{ROW}" for n in range(60_000)]
    (tmp_path / "c.csv").write_bytes(cohort_text(rows, HEADER))
    program = (
        "import sys; from pathlib import Path; from cds.batch.run import rank_file; import cds.errors\n"
        "try: rank_file(Path(sys.argv[1]), Path(sys.argv[2]), form='csv')\n"
        "except cds.errors.CdsError as error: print(error); sys.exit(error.exit_code)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "c.csv"), str(tmp_path / "out")]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / ".out.partial" / "ranking.csv").exists() and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(sign)
    said, errors = child.communicate()
    assert child.returncode == 4 and "nothing was written" in said and not errors, (said, errors)
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path, cohort, files):
    """Also between the two moves: the earlier result is back before the new one takes its place."""
    rank_file(cohort, tmp_path / "out", **small_parts("csv"))
    (tmp_path / "out").rename(tmp_path / ".out.old")
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "ranking.csv").write_text("half", encoding="utf-8")
    (tmp_path / "bad.csv").write_bytes(b"nothing")
    with pytest.raises(InputError):
        rank_file(tmp_path / "bad.csv", tmp_path / "out")
    (tmp_path / "bad.csv").unlink()
    only_the_first_result(tmp_path, "csv", files)
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "ranking.csv").write_text("half", encoding="utf-8")
    assert rank_file(cohort, tmp_path / "out", **small_parts("csv")) == 1
    only_the_first_result(tmp_path, "csv", files)


def test_a_move_that_fails_brings_the_earlier_result_back(tmp_path, cohort, files, monkeypatch):
    rank_file(cohort, tmp_path / "out", **small_parts("csv"))
    real = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == ".out.partial":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(Interrupted):
        rank_file(cohort, tmp_path / "out", **small_parts("jsonl"))
    only_the_first_result(tmp_path, "csv", files)


def test_a_folder_with_other_files_is_not_replaced(tmp_path, cohort, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"notes\.txt.*no result of a run"):
        rank_file(cohort, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match="can't be replaced as a whole"):
        rank_file(cohort, Path())


def test_a_result_is_as_private_as_the_folder_it_replaces(tmp_path, cohort):
    (tmp_path / "out").mkdir(mode=0o700)
    rank_file(cohort, tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_a_fault_of_the_program_is_not_reported_as_one_of_the_disk(tmp_path, cohort, monkeypatch):
    """A library may raise OSError without the system's number for it."""

    def failing(*_: object) -> None:
        raise OSError("Invalid: a mask of width zero")

    monkeypatch.setattr(ranking_writer.ParquetRanking, "write", failing)
    with pytest.raises(OSError, match="width zero"):
        rank_file(cohort, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fails_while_the_cohort_is_read_is_a_fault_of_the_cohort(tmp_path, cohort, monkeypatch):
    class Broken(io.FileIO):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(source, "_open_regular", lambda path: Broken(path))
    with pytest.raises(InputError, match="can't be read: input/output error"):
        rank_file(cohort, tmp_path / "out")


def test_two_runs_do_not_share_a_folder(tmp_path, cohort):
    """S6."""
    with output_folder(tmp_path / "out"), pytest.raises(InputError, match="another run writes there"):
        rank_file(cohort, tmp_path / "out")
    assert rank_file(cohort, tmp_path / "out") == 1


def test_a_folder_that_can_not_be_written_is_told_in_one_line(tmp_path, cohort, capsys):
    """S11."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert run(["rank", str(cohort), "--out", str(tmp_path / "file" / "out")]) == 2
    assert run(["rank", str(cohort), "--out", str(tmp_path / "file")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_used_up_memory_is_reported_and_nothing_is_left(tmp_path, cohort, monkeypatch):
    """S4."""
    real, calls = ranked_part.decide, []

    def failing(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 5:
            raise MemoryError
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ranked_part, "decide", failing)
    with pytest.raises(Interrupted, match="memory"):
        rank_file(cohort, tmp_path / "out", **small_parts("csv"))
    assert not list(tmp_path.iterdir())


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Peak memory of 40,000 and 160,000 rows differs by little: pieces are not kept."""
    peaks = []
    for n in (40_000, 160_000):
        (tmp_path / f"{n}.csv").write_bytes(cohort_text((f"P{i},{ROW}" for i in range(n)), HEADER))
        program = (
            "import sys, resource; from pathlib import Path; from cds.batch.run import rank_file;"
            "rank_file(Path(sys.argv[1]), Path(sys.argv[2]));"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        command = [sys.executable, "-c", program, str(tmp_path / f"{n}.csv"), str(tmp_path / f"out{n}")]
        peaks.append(
            int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        )
    assert peaks[1] < peaks[0] + 60_000, peaks
