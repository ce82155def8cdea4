"""What all tests share: one Chromium, and no hazard whose proof is skipped.

A second Chromium beside the first in the same process is refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator

import pytest

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    """Chromium, once for all tests; they skip where none is installed."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium is on the path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test proves nothing: where a hazard rests on it, skipping is failing."""
    report = yield
    if report.skipped:
        from tests.assurance.proofs import is_lent, judge, proofs

        if not is_lent(item):
            judge(report, proofs())
    return report
