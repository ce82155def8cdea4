"""The pages made of data are current, and what they trace exists."""

from __future__ import annotations

import sys

import pytest

from tests.assurance.collected import lacking
from tests.assurance.pages import PAGES, ROOT, third_party_page
from tests.assurance.promises import figures, promises, said
from tests.assurance.third_party import PURPOSE, asked_for


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page is not third_party_page])
def test_the_page_is_current(name: str):
    committed = (ROOT / name).read_text(encoding="utf-8")
    assert committed == PAGES[name](), f"run `python -m tests.assurance.pages` ({name})"


def test_the_third_party_page_is_current():
    """Versions come from the lock; what is installed differs between Pythons."""
    committed = (ROOT / "docs/third-party.md").read_text(encoding="utf-8")
    made = third_party_page()
    if sys.version_info[:2] == (3, 11):
        assert committed == made, "run `python -m tests.assurance.pages`"

    def names(page: str) -> list[str]:
        return [" ".join(line.split("|")[1:3]) for line in page.splitlines() if line.startswith("| ")]

    assert names(committed) == names(made)


def test_every_package_that_is_asked_for_has_a_purpose():
    assert not asked_for() - set(PURPOSE)


@pytest.mark.parametrize(
    ("output", "figure"),
    [
        ("...\nfigure: 3 tried, 0 differ\n1 passed in 0.5s\n", "3 tried, 0 differ"),
        ("figure: 5,000 tried, 1 off\nfigure: 5,000 tried, 0 off\n2 passed in 1.0s\n", "10,000 tried, 1 off"),
        ("....\n4 passed, 2 deselected in 12.03s\n", "4 tests pass"),
        ("1 failed, 3 passed in 2.00s\n", None),
        ("3 passed, 1 error in 2.00s\n", None),
        ("no tests ran in 0.01s\n", None),
    ],
)
def test_a_figure_is_what_a_command_printed(output: str, figure: str | None):
    assert said(output) == figure


def test_every_promise_has_tests_that_exist(request: pytest.FixtureRequest):
    wanted = {test for promise in promises() for test in promise.tests}
    assert not lacking(wanted, request.session, "-m", "")
    assert figures().keys() <= {promise.text for promise in promises()}
