"""Every hazard has a control, every control a test that exists and runs by default."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cds.assurance.hazards import CONTROLS, hazard_blocks, hazards
from cds.document.blocks import Document, Section, lines
from tests.assurance.collected import ROOT, lacking
from tests.assurance.proofs import LENT, judge, proofs

SEED = (
    "patient", "column", "unit", "unknown", "out of date", "model", "cut off", "colour", "tie",
    "do not cover", "automation", "data leave",
)  # fmt: skip


#: The default run, less the tests that may skip for want of data.
DEFAULT = f"not ({' or '.join(('browser', 'long', 'postgres', 'spark', 'wheel', *sorted(LENT)))})"


def test_there_are_twenty_hazards_or_more_and_the_seed_list_is_among_them():
    log = hazards()
    assert len(log) >= 20
    assert len({hazard.id for hazard in log}) == len(log)
    titles = " | ".join(hazard.title.lower() for hazard in log)
    assert not [word for word in SEED if word not in titles]


def test_every_control_names_tests_of_the_default_run(request: pytest.FixtureRequest):
    assert not lacking(proofs(), request.session, "-m", DEFAULT)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("tests/a.py::test_proof", "failed"),
        ("tests/a.py::test_proof[1]", "failed"),
        ("tests/a.py::test_other", "skipped"),
    ],
)
def test_a_skipped_proof_is_a_failure(name: str, outcome: str):
    report = pytest.TestReport(name, ("", None, ""), {}, "skipped", "no browser", "call")
    judge(report, frozenset(["tests/a.py::test_proof"]))
    assert report.outcome == outcome


def test_design_stands_before_guards_and_guards_before_words():
    kinds = {control.kind for hazard in hazards() for control in hazard.controls}
    assert kinds == set(CONTROLS)
    only_words = [h.id for h in hazards() if {control.kind for control in h.controls} == {"information"}]
    assert len(only_words) <= len(hazards()) // 10, only_words


def test_the_whole_log_is_told_to_whoever_shows_it():
    """Every text of every hazard stands in the blocks that the model card shows."""
    document = Document("", "", "", "", (Section("hazards", "", hazard_blocks()),))
    told = "\n".join(lines(document))
    for hazard in hazards():
        said = (hazard.title, hazard.cause, hazard.sequence, hazard.harm, hazard.residual)
        controls = (text for control in hazard.controls for text in (control.what, *control.tests))
        assert not [text for text in (*said, *controls) if text not in told], hazard.id


@pytest.mark.long
def test_every_test_that_a_hazard_names_passes():
    """All of them in one run of their own; none of them may be skipped."""
    names = sorted(proofs())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", DEFAULT, *names],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[done.stdout.rfind("short test summary") :][:3000]
    last = done.stdout.strip().splitlines()[-1]
    passed = last.partition(" passed")[0]
    print(f"\nfigure: {len(hazards())} hazards, {len(names)} tests named; {passed} passed")
    assert "skipped" not in last
