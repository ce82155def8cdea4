"""Pictures of every page of the app, with an invented patient: `make screenshots`.

All go to `test-results/screenshots/` (not kept); two of them are kept in `docs/` for the README.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "test-results" / "screenshots"
#: Page -> the file in `docs/`, and the heading that is scrolled to.
KEPT = {"ranking": ("app-ranking.png", "Ranked options"), "patient": ("app-patient.png", "Patient")}
PAGES = {
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
EXAMPLE = "hypertension low phosphate"
WIDTHS = (1280, 390)
LONGEST = 6000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main() -> int:
    """Start the app, open an invented patient, and take the pictures."""
    chromium = next(
        (found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None
    )
    if chromium is None:
        print("No Chromium was found: install it first (Debian: apt-get install chromium).")
        return 2
    from playwright.sync_api import sync_playwright

    OUT.mkdir(parents=True, exist_ok=True)
    with _app() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            _walk(page, url, width)
        browser.close()
    print(f"{2 * len(PAGES) * len(WIDTHS)} pictures in {OUT.relative_to(ROOT)}, two of them in docs/.")
    return 0


@contextmanager
def _app() -> Iterator[str]:
    """The app on a free port, with a data folder that goes afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as data:
        process = subprocess.Popen(  # noqa: S603 - our own app
            command, cwd=ROOT, env={**os.environ, "CDS_DATA_DIR": data}, stdout=subprocess.DEVNULL
        )
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - this machine
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The app did not start.")


def _walk(page: Any, url: str, width: int) -> None:
    page.goto(url)
    page.get_by_role("button", name="I have read this").click()
    _rest(page)
    chooser = page.locator("[class*='st-key-start_example']").get_by_role("combobox")
    chooser.fill(EXAMPLE)
    _rest(page)
    chooser.press("Enter")
    _rest(page)
    for button in ("Open the example", "Rank options"):
        page.get_by_role("button", name=button).click()
        _rest(page)
    page.get_by_role("heading", name="Read back").wait_for()
    _go(page, "ranking")
    page.get_by_role("button", name="No view yet").click()
    _rest(page)
    for name in PAGES:
        _go(page, name)
        page.screenshot(path=OUT / f"{name}-{width}-top.png")
        if name in KEPT and width == WIDTHS[0]:
            _keep(page, *KEPT[name])
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(height + 60, LONGEST)})
        page.wait_for_timeout(300)
        page.screenshot(path=OUT / f"{name}-{width}.png")
        page.set_viewport_size({"width": width, "height": 900})


def _keep(page: Any, file: str, heading: str) -> None:
    """The picture for the README: the page from this heading on, under its banner."""
    place = page.get_by_role("heading", name=heading, exact=True)
    place.evaluate("element => element.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(300)
    page.screenshot(path=ROOT / "docs" / file)


def _go(page: Any, name: str) -> None:
    path = "" if name == "start" else name
    page.locator(f"[data-testid=stSidebarNavLink][href$='/{path}']").evaluate("element => element.click()")
    _rest(page)


def _rest(page: Any) -> None:
    page.wait_for_timeout(400)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState != 'running'", timeout=60000
    )
    page.wait_for_timeout(400)


if __name__ == "__main__":
    sys.exit(main())
