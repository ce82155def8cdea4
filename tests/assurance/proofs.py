"""The tests that the hazard log names as proofs, and what counts as one."""

from __future__ import annotations

from functools import cache

import pytest

from cds.assurance.hazards import hazards

#: Marks of tests whose data can't stand in the repository. They may skip, so they prove nothing alone.
LENT = frozenset(("corpora", "real_data", "review"))


def is_lent(item: pytest.Item) -> bool:
    """Whether a test needs data that are not in the repository."""
    return not LENT.isdisjoint(mark.name for mark in item.iter_markers())


@cache
def proofs() -> frozenset[str]:
    """Their ids, as pytest prints them; without brackets where all parameters are meant."""
    return frozenset(test for hazard in hazards() for test in hazard.tests)


def judge(report: pytest.TestReport, named: frozenset[str]) -> None:
    """A skipped proof proves nothing: it is made a failure."""
    if report.skipped and named & {report.nodeid, report.nodeid.partition("[")[0]}:
        report.outcome = "failed"
        report.longrepr = "the control of a hazard rests on this test, so it may not be skipped"
