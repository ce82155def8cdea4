"""Runs that are killed, interrupted, or run out of disk: whole or absent, and resumed to the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cds.batch import finish, journal, stages
from cds.batch.files import put
from cds.batch.journal import locked
from cds.batch.run import rank_file
from cds.batch.stored import Stored
from cds.cli import run
from cds.errors import InputError, Interrupted
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
def test_a_killed_run_is_resumed_to_the_same_bytes(tmp_path, cohort, files, form):
    rng = random.Random(7)
    with ranker() as server:
        kills, _ = campaign(server, cohort, tmp_path, form, [rng.uniform(0, 0.4) for _ in range(6)])
    assert Stored(tmp_path / "out").run["files"] == files[form]
    print(f"\n{kills} kills")


@FORMS
@pytest.mark.parametrize("call", [1, 2, 3, 5, 8, 13, 20])
def test_a_run_with_a_failing_write_is_resumed_to_the_same_bytes(
    tmp_path, cohort, files, form, call, monkeypatch
):
    """The n-th time something reaches the disk it fails, as on a full disk."""
    calls = 0
    real = os.fsync

    def failing(number: int) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises((Interrupted, InputError)) as caught:
        rank_file(cohort, tmp_path / "out", **small_parts(form))
    assert "no space left on device" in str(caught.value) and len(str(caught.value).splitlines()) == 2
    assert not (tmp_path / "out" / "run.json").exists()
    again = (tmp_path / "out" / ".work" / "job.json").exists()
    assert rank_file(cohort, tmp_path / "out", resume=again, **small_parts(form)) == 1
    assert Stored(tmp_path / "out").run["files"] == files[form]


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
    assert done.returncode in (2, 4) and "Traceback" not in done.stderr, done.stderr
    assert not (tmp_path / "out" / "run.json").exists()
    again = (tmp_path / "out" / ".work" / "job.json").exists()
    assert rank_file(cohort, tmp_path / "out", resume=again, **small_parts(form)) == 1
    assert Stored(tmp_path / "out").run["files"] == files[form]


def test_a_full_disk_is_told_in_one_line_and_resumed(tmp_path, cohort, files):
    """S3, on a file system of 128 KiB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(Interrupted, match="no space left on device"):
            rank_file(cohort, disk / "out", **small_parts("jsonl"))
        assert not (disk / "out" / "run.json").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert rank_file(cohort, disk / "out", resume=True, **small_parts("jsonl")) == 1
        assert Stored(disk / "out").run["files"] == files["jsonl"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_polite_kill_leave_a_run_that_resumes(tmp_path, sign):
    """S5."""
    rows = [f"P{n},{ROW}" for n in range(60_000)]
    (tmp_path / "c.csv").write_bytes(cohort_text(rows, HEADER))
    program = (
        "import sys; from pathlib import Path; from cds.batch.run import rank_file; import cds.errors\n"
        "print('ready', flush=True)\n"
        "try: rank_file(Path(sys.argv[1]), Path(sys.argv[2]), form='csv', part=100_000, threads=2)\n"
        "except cds.errors.CdsError as error: print(error); sys.exit(error.exit_code)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "c.csv"), str(tmp_path / "out")]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    while not (tmp_path / "out" / ".work" / "job.json").exists() and child.poll() is None:
        time.sleep(0.01)
    time.sleep(0.1)
    child.send_signal(sign)
    said, errors = child.communicate()
    assert child.returncode == 4 and "--resume" in said and not errors, (child.returncode, said, errors)
    assert not (tmp_path / "out" / "run.json").exists()
    assert rank_file(tmp_path / "c.csv", tmp_path / "out", form="csv", part=100_000, resume=True) == 0
    assert rank_file(tmp_path / "c.csv", tmp_path / "whole", form="csv", part=100_000) == 0
    assert Stored(tmp_path / "out").run["files"] == Stored(tmp_path / "whole").run["files"]


def interrupted(cohort: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that stops after its third part."""
    real, saved = journal.Journal.save, []

    def save(self: journal.Journal, *arguments: object) -> None:
        real(self, *arguments)  # type: ignore[arg-type]
        saved.append(1)
        if len(saved) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "save", save)
        with pytest.raises(Interrupted):
            rank_file(cohort, out, **small_parts("csv"))


def test_resume_goes_on_behind_the_last_finished_part(tmp_path, cohort, files, monkeypatch):
    interrupted(cohort, tmp_path / "out", monkeypatch)
    read: list[int] = []
    real = stages.hashes_of
    monkeypatch.setattr(stages, "hashes_of", lambda ids: read.append(len(ids)) or real(ids))
    assert rank_file(cohort, tmp_path / "out", resume=True, **small_parts("csv")) == 1
    assert 0 < sum(read) < 400
    assert Stored(tmp_path / "out").run["files"] == files["csv"]


def test_resume_refuses_another_run(tmp_path, cohort, monkeypatch):
    """S2: other rules, options, software or input."""
    source = tmp_path / "cohort.csv"
    source.write_bytes(cohort.read_bytes())
    out = tmp_path / "out"
    interrupted(source, out, monkeypatch)
    toy = Path(__file__).parents[1] / "toy_rulebook"
    for change, said in (
        ({"rules": toy}, "rulebook"),
        ({"form": "jsonl"}, "format"),
        ({"policies": ("checked",)}, "policies"),
        ({"ignored": ("x",)}, "ignored"),
    ):
        with pytest.raises(InputError, match=said):
            rank_file(source, out, resume=True, **small_parts("csv") | change)
    with monkeypatch.context() as patch:
        patch.setattr("cds.batch.stamp.__version__", "9.9.9")
        with pytest.raises(InputError, match="software"):
            rank_file(source, out, resume=True, **small_parts("csv"))
    content = source.read_bytes()
    source.write_bytes(content + b"\n")
    with pytest.raises(InputError, match="input_bytes"):
        rank_file(source, out, resume=True, **small_parts("csv"))
    source.write_bytes(content.replace(b"P3,", b"Q3,", 1))
    with pytest.raises(InputError, match="not the file of the interrupted run"):
        rank_file(source, out, resume=True, **small_parts("csv"))
    source.write_bytes(content)
    assert rank_file(source, out, resume=True, **small_parts("csv")) == 1


def test_a_run_that_stopped_while_moving_is_finished_by_the_same_run_only(
    tmp_path, cohort, files, monkeypatch
):
    real, moved = finish.put, []

    def failing(source: Path, target: Path) -> None:
        moved.append(target)
        if len(moved) == 3:
            raise OSError(28, "No space left on device")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(finish, "put", failing)
        with pytest.raises(Interrupted):
            rank_file(cohort, tmp_path / "out", **small_parts("csv"))
    assert not (tmp_path / "out" / "run.json").exists()
    with pytest.raises(InputError, match="format"):
        rank_file(cohort, tmp_path / "out", resume=True, **small_parts("jsonl"))
    assert rank_file(cohort, tmp_path / "out", resume=True, **small_parts("csv")) == 1
    assert Stored(tmp_path / "out").run["files"] == files["csv"]


def test_there_must_be_something_to_resume(tmp_path, cohort):
    with pytest.raises(InputError, match="no unfinished run"):
        rank_file(cohort, tmp_path / "out", resume=True)


def test_two_runs_do_not_share_a_folder(tmp_path, cohort):
    """S6."""
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out"), pytest.raises(InputError, match="another run writes there"):
        rank_file(cohort, tmp_path / "out")
    assert rank_file(cohort, tmp_path / "out") == 1


def test_a_folder_that_can_not_be_written_is_told_in_one_line(tmp_path, cohort, capsys):
    """S11."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert run(["rank", str(cohort), "--out", str(tmp_path / "file" / "out")]) == 2
    assert run(["rank", str(cohort), "--out", str(tmp_path / "file")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_used_up_memory_is_told_and_the_run_resumes(tmp_path, cohort, files, monkeypatch):
    """S4."""
    real, calls = stages.decide, []

    def failing(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 5:
            raise MemoryError
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(stages, "decide", failing)
        with pytest.raises(Interrupted, match="memory"):
            rank_file(cohort, tmp_path / "out", **small_parts("csv"))
    assert rank_file(cohort, tmp_path / "out", resume=True, **small_parts("csv")) == 1
    assert Stored(tmp_path / "out").run["files"] == files["csv"]


def test_a_moved_file_was_on_the_disk_first(tmp_path):
    (tmp_path / "a").write_text("x", encoding="utf-8")
    put(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text(encoding="utf-8") == "x" and not (tmp_path / "a").exists()


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
