"""A running app and a browser; skipped with the reason where no Chromium is found."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Names a folder for a picture of the last state of every test.
PICTURES = "CDS_TEST_PICTURES"
TITLES = {
    "start": "Start",
    "patient": "1 Patient",
    "safety": "2 Safety",
    "ranking": "3 Ranking",
    "why": "4 Why",
    "what-if": "5 What if",
    "next-test": "6 Next test",
    "decision": "7 Decision and report",
    "evidence": "Evidence",
    "cohort": "Cohort",
    "saved": "Saved cases",
    "model": "Model card",
}
HEADINGS = {
    **{name: title.lstrip("0123456789 ") for name, title in TITLES.items()},
    "start": "Everolimus options in osteosarcoma",
}


def pytest_collection_modifyitems(items):
    """Every test here needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Running:
    """The app under test."""

    url: str
    data: Path
    log: Path


@pytest.fixture(scope="session")
def running(browser, tmp_path_factory) -> Iterator[Running]:
    """One app for all tests, with a data folder of its own."""
    with app_running(tmp_path_factory.mktemp("app")) as found:
        yield found


@contextmanager
def app_running(folder: Path) -> Iterator[Running]:
    """The app on a free port of this machine, with a data folder of its own."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    environment = {**os.environ, "CDS_DATA_DIR": str(folder / "data")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{url}/_stcore/health", process)
        yield Running(url, folder / "data", folder / "log")
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail("the app did not start")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - this machine
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the app did not answer")


@dataclass
class Visit:
    """One visit of the app in a tab of its own: everything it asked for is recorded."""

    page: object
    url: str
    outside: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, path: str = "/", accept: bool = True) -> None:
        """Open a page by its address, and accept the statement."""
        self.page.goto(self.url + path)
        self.page.get_by_text("RESEARCH ONLY").first.wait_for(timeout=30000)
        if accept:
            self.button("I have read this")

    def settle(self) -> None:
        """Wait until the script has run to its end and the page has been drawn."""
        at_rest = (
            "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState != 'running'"
            " && !document.querySelector('[data-testid=stSpinner], [data-testid=stMain] [data-stale=true]')"
        )
        self.page.wait_for_function(at_rest, timeout=60000)
        self.page.wait_for_timeout(350)

    def go(self, name: str) -> None:
        """Go to a page by the menu."""
        path = "" if name == "start" else name
        link = self.page.locator(f"[data-testid=stSidebarNavLink][href$='/{path}']")
        link.evaluate("element => element.click()")  # also where the menu is folded away
        self.heading(HEADINGS[name])
        self.settle()

    def button(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_timeout(250)
        self.settle()

    def radio(self, marker: str, value: str) -> None:
        """Choose a value of a marker."""
        group = self.page.locator(f"[class*='st-key-m_{marker}_']").get_by_role("radiogroup")
        group.first.get_by_text(value, exact=True).first.click()
        self.page.wait_for_timeout(150)
        self.settle()

    def type(self, label: str, text: str) -> None:
        """Type into a field and leave it."""
        box = self.page.get_by_role("textbox", name=label, exact=True)
        box.fill(text)
        box.press("Tab")
        self.page.wait_for_timeout(250)
        self.settle()

    def choose(self, key: str, text: str) -> None:
        """Choose from a list by typing."""
        box = self.page.locator(f"[class*='st-key-{key}']").get_by_role("combobox")
        box.click()
        box.fill(text)
        self.page.wait_for_timeout(300)
        box.press("Enter")
        self.settle()

    def example(self, name: str = "typical adult", show: bool = True) -> None:
        """Open an invented patient, rank it, and unfold the ranking."""
        self.go("start")
        self.choose("start_example", name)
        self.button("Open the example")
        self.button("Rank options")
        if show:
            self.go("ranking")
            if self.page.get_by_role("button", name="No view yet: show the ranking").count():
                self.button("No view yet: show the ranking")

    def text(self) -> str:
        """All visible text of the page."""
        return self.page.locator("[data-testid=stMain]").inner_text()

    def heading(self, name: str) -> None:
        """Wait for a heading."""
        self.page.get_by_role("heading", name=name, exact=True).wait_for(timeout=30000)


@pytest.fixture
def visit(browser, running, request):
    """A fresh visit; at its end nothing may have left the machine and no script fault may stand."""
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)  # parts of a page come late where the machine is busy
    made: list[Visit] = []

    def fresh(width: int = 1280, height: int = 900, **how) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **how
        )
        one = Visit(context.new_page(), running.url)
        one.page.on("request", lambda request: _note(one, request.url))
        one.page.on("dialog", lambda dialog: (one.dialogs.append(dialog.message), dialog.dismiss()))
        one.page.on("pageerror", lambda error: one.faults.append(str(error)))
        made.append(one)
        return one

    yield fresh
    for number, one in enumerate(made):
        if os.environ.get(PICTURES):
            name = f"{request.node.name[:60]}-{number}.png"
            one.page.screenshot(path=Path(os.environ[PICTURES]) / name, full_page=True)
        one.page.context.close()
        assert not one.outside, one.outside
        assert not one.dialogs, one.dialogs
        assert not one.faults, one.faults


def _note(one: Visit, url: str) -> None:
    if not url.startswith((one.url, one.url.replace("http", "ws"), "data:", "blob:")):
        one.outside.append(url)
