"""How long a visitor waits. The figures are printed, never a reason to fail: the machine may be busy."""

from __future__ import annotations

import statistics
import time

from tests.browser.conftest import Visit, app_running

ROUNDS = 3


def test_a_change_of_policy_until_the_new_ranking_stands(visit, capsys):
    one = visit()
    one.open()
    one.example()
    times = []
    for word, heading in (
        ("As published", "Ranked options, as published"),
        ("Checked", "Ranked options"),
    ) * ROUNDS:
        one.settle()
        start = time.perf_counter()
        one.page.locator("[data-testid=stSidebar]").get_by_text(word, exact=True).click()
        one.heading(heading)
        times.append(time.perf_counter() - start)
    _tell(capsys, "change of policy to the new ranking on the page", times)


def test_a_cold_start_until_the_first_page_stands(browser, tmp_path, capsys):
    started, shown = [], []
    for number in range(ROUNDS):
        start = time.perf_counter()
        with app_running(tmp_path / str(number)) as running:
            started.append(time.perf_counter() - start)
            context = browser.new_context()
            one = Visit(context.new_page(), running.url)
            one.page.goto(running.url)
            one.page.get_by_role("button", name="I have read this").wait_for(timeout=30000)
            shown.append(time.perf_counter() - start)
            context.close()
    _tell(capsys, "cold start to a server that answers", started)
    _tell(capsys, "cold start to the first page in the browser", shown)


def _tell(capsys, what, times):
    assert times
    with capsys.disabled():
        said = (
            f"{statistics.median(times):.2f} s (median of {len(times)}; {min(times):.2f} to {max(times):.2f})"
        )
        print(f"\n{what}: {said}")
