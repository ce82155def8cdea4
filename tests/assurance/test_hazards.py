"""Every hazard has a control, every control a test that exists and runs by default."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from cds.assurance.hazards import CONTROLS, hazard_blocks, hazards
from cds.report.blocks import Table

ROOT = Path(__file__).parents[2]
SEED = (
    "patient", "column", "unit", "unknown", "out of date", "model", "cut off", "colour", "tie",
    "do not cover", "automation", "data leave",
)  # fmt: skip


@cache
def collected(*options: str) -> frozenset[str]:
    """The ids of all tests that pytest finds, by default or with other options."""
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *options]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    ids = [line for line in done.stdout.splitlines() if "::" in line and not line.startswith("ERROR")]
    assert ids, done.stdout[-2000:] + done.stderr[-2000:]
    return frozenset(ids) | {line.partition("[")[0] for line in ids}


def test_there_are_twenty_hazards_or_more_and_the_seed_list_is_among_them():
    log = hazards()
    assert len(log) >= 20
    assert len({hazard.id for hazard in log}) == len(log)
    titles = " | ".join(hazard.title.lower() for hazard in log)
    assert not [word for word in SEED if word not in titles]


def test_every_control_names_tests_of_the_default_run():
    wanted = {test for hazard in hazards() for test in hazard.tests}
    assert not sorted(wanted - collected())


def test_no_control_rests_on_a_test_that_is_marked_to_fail_or_to_be_left_out():
    """A skip inside a test is told by the run itself; a mark on it would not be."""
    for name in {test.partition("::")[0] for hazard in hazards() for test in hazard.tests}:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "mark.xfail" not in text, name


def test_design_stands_before_guards_and_guards_before_words():
    kinds = {control.kind for hazard in hazards() for control in hazard.controls}
    assert kinds == set(CONTROLS)
    only_words = [h.id for h in hazards() if {control.kind for control in h.controls} == {"information"}]
    assert len(only_words) <= len(hazards()) // 10, only_words


def test_the_log_shows_in_the_app_s_blocks():
    [table] = [block for block in hazard_blocks() if isinstance(block, Table)]
    assert [row[0] for row in table.rows] == [hazard.id for hazard in hazards()]
    assert all(all(row) for row in table.rows)


@pytest.mark.long
def test_every_test_that_a_hazard_names_passes():
    """All of them in one run of their own; none may be skipped."""
    names = sorted({test for hazard in hazards() for test in hazard.tests})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", *names],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    last = done.stdout.strip().splitlines()[-1]
    print(f"\n{len(hazards())} hazards, {len(names)} tests named: {last}")
    assert "skipped" not in last
