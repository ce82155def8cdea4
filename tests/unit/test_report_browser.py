"""HTML reports in a real browser: no request, no script, no barrier, nothing cut at any width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds.document import html
from cds.document.blocks import lines
from tests.unit import report_reading as reading
from tests.unit.test_report_hostile import OWN, everywhere

pytestmark = pytest.mark.browser
CUT = """[...document.querySelectorAll('td,th,dd,p,li')].filter(
    element => getComputedStyle(element).textOverflow === 'ellipsis').length"""
SCROLLING = """[...document.querySelectorAll('.scroll')].filter(
    element => element.scrollWidth > element.clientWidth).length"""
SHOWN = """(() => {
    const main = document.querySelector('main').cloneNode(true);
    main.querySelectorAll('svg').forEach(picture => picture.remove());
    return main.textContent;
})()"""


def opened(browser: Any, text: str, folder: Path, width: int = 1280) -> tuple[Any, list[str]]:
    """A page with the report, and the addresses that it asked for."""
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    page.goto(path.as_uri())
    return page, [address for address in asked if address != path.as_uri()]


@pytest.mark.parametrize("name", reading.MAIN)
def test_no_barrier_and_no_request(browser, tmp_path, name):
    from axe_playwright_python.sync_playwright import Axe

    page, asked = opened(browser, reading.made(name)["html"].decode(), tmp_path)
    found = Axe().run(page).response["violations"]
    assert not [(fault["id"], fault["impact"], fault["nodes"][0]["html"][:120]) for fault in found]
    assert not asked


@pytest.mark.parametrize("width", [320, 640, 1280])
@pytest.mark.parametrize("name", reading.MAIN[:2])
def test_nothing_scrolls_sideways_at_any_width_or_zoom(browser, tmp_path, name, width):
    """320 px is a telephone, 640 px is a window of 1280 px at 200 %."""
    page, _ = opened(browser, reading.made(name)["html"].decode(), tmp_path, width)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(CUT) == 0
    assert page.evaluate(SCROLLING) == 0


def test_a_narrow_table_keeps_its_roles_and_tells_the_head_of_each_cell(browser, tmp_path):
    page, _ = opened(browser, reading.made("typical_adult")["html"].decode(), tmp_path, 390)
    table = page.get_by_role("table", name="Ranking, policy checked").first
    assert table.get_by_role("columnheader").count() == 8
    assert table.get_by_role("cell").count() > 20
    said = "getComputedStyle(document.querySelector('#ranking tbody td'), '::before').content"
    assert page.evaluate(said) == '"Option"'


def test_hostile_labels_show_as_text_and_run_nothing(browser, tmp_path):
    document = everywhere([text if text.strip() else f"({text})" for text in OWN])
    page, asked = opened(browser, html.render(document), tmp_path)
    assert not asked
    shown = page.evaluate(SHOWN)
    head = page.evaluate("document.querySelector('header').textContent")
    assert reading.mismatch(reading.squeezed(head + shown), lines(document), between=()) is None
    assert page.evaluate("document.querySelectorAll('script, img, iframe, a:not([href^=\"#\"])').length") == 0


def test_the_research_line_stays_on_the_screen(browser, tmp_path):
    page, _ = opened(browser, reading.made("typical_adult")["html"].decode(), tmp_path)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
    box = page.locator("header.head strong").bounding_box()
    assert 0 <= box["y"] < 60


def test_the_body_starts_on_a_new_page_in_print(browser, tmp_path):
    page, _ = opened(browser, reading.made("typical_adult")["html"].decode(), tmp_path)
    made = page.pdf(format="A4", prefer_css_page_size=True)
    texts = [reading.squeezed(sheet.extract_text()) for sheet in reading.pdf_reader(made).pages]
    starts = [text for text in texts if text.startswith("Choiceswithouteverolimus")]
    assert len(starts) == 1
    assert texts.index(starts[0]) <= 2
