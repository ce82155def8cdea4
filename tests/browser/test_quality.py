"""What every page must be: reachable by keyboard, readable, whole at any width, and silent to the outside."""

from __future__ import annotations

import time

import pytest

from cds.rulebook.load import load
from tests.browser.conftest import TITLES

CASE_PAGES = ("start", "patient", "safety", "ranking", "why", "what-if", "next-test", "decision")
#: What axe says of Streamlit's own parts, not of our pages: rule and part.
NOT_OURS = {"presentation-role-conflict": "stFileUploaderDropzone"}


@pytest.fixture(scope="module")
def ranked(browser, running):
    """One visit with a ranked case, used by tests that only look."""
    from tests.browser.conftest import Visit, _note

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    one = Visit(context.new_page(), running.url)
    one.page.on("request", lambda request: _note(one, request.url))
    one.open()
    one.example("hypertension low phosphate")
    yield one
    context.close()
    assert not one.outside, one.outside


@pytest.mark.parametrize("name", TITLES)
def test_axe_finds_nothing(ranked, name):
    from axe_playwright_python.sync_playwright import Axe

    ranked.go(name)
    found = Axe().run(ranked.page).response["violations"]
    told = [
        f"{fault['id']} ({fault['impact']}): {node['html'][:200]}"
        for fault in found
        for node in fault["nodes"]
        if NOT_OURS.get(fault["id"], "nothing") not in node["html"]
    ]
    assert not told, "\n".join(told)


#: Contrast of each piece of visible text with what lies behind it, by WCAG's formula.
CONTRAST = """() => {
  const parse = text => {
    const n = (text.match(/[\\d.]+/g) || []).map(Number);
    return {r: n[0] || 0, g: n[1] || 0, b: n[2] || 0, a: n.length > 3 ? n[3] : 1};
  };
  const over = (top, low) => ({
    r: top.r * top.a + low.r * (1 - top.a), g: top.g * top.a + low.g * (1 - top.a),
    b: top.b * top.a + low.b * (1 - top.a), a: 1});
  const light = c => [c.r, c.g, c.b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement)
      layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((low, top) => over(top, low), {r: 255, g: 255, b: 255, a: 1});
  };
  const opacity = element => {
    let all = 1;
    for (let at = element; at; at = at.parentElement) all *= parseFloat(getComputedStyle(at).opacity);
    return all;
  };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement, text = node.textContent.trim();
    if (!text || !element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if (element.closest('[disabled], [aria-disabled=true]')) continue;
    const style = getComputedStyle(element), ground = behind(element), ink = parse(style.color);
    ink.a *= opacity(element);
    const a = light(over(ink, ground)), b = light(ground);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${style.color} ${text.slice(0, 50)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("name", TITLES)
def test_text_stands_out_from_what_lies_behind_it(ranked, name):
    ranked.go(name)
    assert not ranked.page.evaluate(CONTRAST)


@pytest.mark.parametrize("name", TITLES)
def test_the_research_line_is_in_view_and_the_case_stays_in_view(ranked, name):
    ranked.go(name)
    line = ranked.page.get_by_text("RESEARCH ONLY: not for treatment decisions").first
    main = ranked.page.locator("[data-testid=stMain]")
    main.evaluate("element => element.scrollTo(0, 0)")
    assert line.bounding_box()["y"] < 200
    main.evaluate("element => element.scrollTo(0, element.scrollHeight)")
    ranked.page.wait_for_timeout(200)
    assert 0 <= line.bounding_box()["y"] < 200
    banner = ranked.page.locator(".st-key-banner").inner_text()
    if name in CASE_PAGES:
        tumour = sum(one.concern == "tumour" and not one.is_derived for one in load().markers)
        for word in ("hypertension-low-phosphate", "years", "checked", f" of {tumour}"):
            assert word in banner, banner
    else:
        assert "hypertension" not in banner


@pytest.mark.parametrize("width", [320, 390, 640])
@pytest.mark.parametrize("name", TITLES)
def test_nothing_scrolls_sideways_or_is_cut(narrow, name, width):
    one = narrow(name, width)
    wide = one.page.evaluate(
        """() => {
          const main = document.querySelector('[data-testid=stMain]');
          const cut = [...main.querySelectorAll('p, td, th, dd, dt, li, label, button')].filter(element => {
            const style = getComputedStyle(element);
            return style.textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth + 1
              && element.clientWidth > 0;
          }).map(element => element.textContent.slice(0, 60));
          return {over: main.scrollWidth - main.clientWidth, cut: cut};
        }"""
    )
    assert wide["over"] <= 0, wide
    assert not wide["cut"], wide


@pytest.fixture(scope="module")
def narrow(browser, running):
    """A ranked case in a window that can be made narrow: 320 px is 1280 at 400 %, 640 px at 200 %."""
    from tests.browser.conftest import Visit

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    one = Visit(context.new_page(), running.url)
    one.open()
    one.example("sorafenib progressed")

    def at(name: str, width: int) -> Visit:
        one.page.set_viewport_size({"width": width, "height": 800})
        one.go(name)
        return one

    yield at
    context.close()


def test_a_whole_case_by_keyboard_alone(visit):
    """From the statement to the ranking, seven values, without a pointer."""
    one = visit()
    one.open(accept=False)
    keys = one.page.keyboard
    start = time.monotonic()

    def reach(role: str, name: str, most: int = 120, inside: str = "") -> None:
        """Tab until an element of this role and name has the focus, or one inside a widget of this key."""
        for _ in range(most):
            keys.press("Tab")
            if one.page.evaluate(
                """([role, name, inside]) => {
                  const at = document.activeElement;
                  if (inside) return !!at.closest(`[class*='st-key-${inside}']`);
                  const label = at.getAttribute('aria-label') || at.textContent || '';
                  const kind = at.getAttribute('role') || at.tagName.toLowerCase();
                  return label.trim() === name && kind.includes(role);
                }""",
                [role, name, inside],
            ):
                return
        raise AssertionError(f"{role} {name} was not reached by Tab")

    def seen() -> None:
        box = one.page.evaluate(
            """() => {
              const at = document.activeElement.getBoundingClientRect();
              const banner = document.querySelector('.st-key-banner').getBoundingClientRect();
              const foot = document.querySelector('[data-testid=stBottom]')?.getBoundingClientRect();
              const end = foot ? foot.top : innerHeight;
              return {top: at.top, bottom: at.bottom, banner: banner.bottom, foot: end};
            }"""
        )
        assert box["bottom"] > box["banner"], box
        assert box["top"] < box["foot"], box

    def radio(marker: str, downs: int) -> None:
        for _ in range(150):
            keys.press("Tab")
            inside = one.page.evaluate(
                "marker => !!document.activeElement.closest(`[class*='st-key-m_${marker}_']`)"
                " && document.activeElement.type === 'radio'",
                marker,
            )
            if inside:
                break
        else:
            raise AssertionError(f"{marker} was not reached by Tab")
        seen()
        for _ in range(downs):
            keys.press("ArrowDown")
            one.page.wait_for_timeout(250)
            one.settle()
        at = f"[class*='st-key-m_{marker}_'] input[type=radio]"
        assert one.page.locator(at).nth(downs).is_checked(), marker

    reach("button", "I have read this")
    keys.press("Enter")
    one.settle()
    reach("button", "New case")
    keys.press("Enter")
    one.heading("Patient")
    one.settle()
    reach("input", "Case label (no names, no dates of birth)")
    keys.type("OS-KEYS")
    radio("histology", 1)
    radio("prior_map", 4)
    radio("resectability", 2)
    reach("input", "Age (years)")
    keys.type("34")
    radio("sex", 1)
    radio("ecog", 2)
    reach("button", "Rank options")
    keys.press("Enter")
    one.page.wait_for_timeout(300)
    one.settle()
    one.heading("Read back")
    for word in (
        "high-grade conventional",
        "completed, relapsed later",
        "not resectable",
        "34",
        "female",
        "fully active",
    ):
        assert word in one.text()
    reach("a", "Go on to 3 Ranking")
    keys.press("Enter")
    one.settle()
    reach("button", "No view yet: show the ranking")
    keys.press("Enter")
    one.settle()
    one.heading("Ranked options")
    assert time.monotonic() - start < 120
    reach("a", "7 Decision and report")
    keys.press("Enter")
    one.heading("Decision of the board")
    one.settle()
    reach("input", "", inside="kind_")
    keys.press("Space")
    keys.press("ArrowDown")
    one.settle()
    assert "This decision, compared with the ranking: differs" in one.text()
    reach("textarea", "Reason (needed whether the board agrees with the ranking or not)")
    keys.type("Regorafenib was never given")
    reach("combobox", "Persons, by role")
    keys.type("medical onc")
    keys.press("Enter")
    one.settle()
    keys.press("Escape")
    reach("button", "Save the decision")
    keys.press("Enter")
    one.page.get_by_text("Saved as version 1").wait_for()


#: How the focused control and what surrounds it look, with the focus and a moment after it is gone.
LOOKS = """async () => {
  const at = document.activeElement, near = new Set([at]);
  for (let up = at.parentElement, i = 0; up && i < 4; up = up.parentElement, i++) near.add(up);
  at.closest('label')?.querySelectorAll('*').forEach(one => near.add(one));
  const look = () => [...near].map(one => {
    const style = getComputedStyle(one);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor].join(' ');
  }).join('|');
  const rest = () => new Promise(done => setTimeout(done, 250));
  await rest();
  const focused = look();
  at.blur(); await rest();
  const plain = look();
  at.focus();
  return {seen: focused !== plain, what: at.outerHTML.slice(0, 160)};
}"""


def test_the_focus_can_be_seen(ranked):
    """Every control that takes the focus looks otherwise with it: outline, shadow or border."""
    ranked.go("patient")
    ranked.page.locator("h1").first.click()
    blind = []
    for _ in range(30):
        ranked.page.keyboard.press("Tab")
        said = ranked.page.evaluate(LOOKS)
        if not said["seen"]:
            blind.append(said["what"])
    assert not blind, "\n".join(blind)


@pytest.mark.parametrize("typed", ["99999", "12,5", "-1"])
def test_a_wrong_number_is_told_beside_its_field_and_stays_in_it(visit, typed):
    one = visit()
    one.open()
    one.button("New case")
    one.type("Age (years)", typed)
    assert "Not used:" in one.text()
    assert one.page.get_by_role("textbox", name="Age (years)").input_value() == typed
    one.button("Rank options")
    assert "No ranking was made" in one.text()


def test_a_link_with_nonsense_shows_the_default(visit):
    one = visit()
    one.open("/why?policy=Nonsense&option=O99")
    assert "policy that does not exist" in one.text()
    one.example("typical adult", show=False)
    one.go("why")
    one.button("No view yet: show the ranking")
    one.heading("everolimus + sorafenib")
    assert "Nonsense" not in one.page.url


def test_no_patient_value_stands_in_an_address(ranked):
    for name in TITLES:
        ranked.go(name)
        assert "hypertension" not in ranked.page.url
        assert "=" not in ranked.page.url.partition("?")[2].replace("policy=", "")


def test_the_log_of_the_app_holds_no_value(ranked, running):
    ranked.go("ranking")
    log = running.log.read_text(encoding="utf-8")
    assert "hypertension" not in log
    assert "Traceback" not in log


def test_alternatives_of_pictures_are_the_visible_sentences(ranked):
    ranked.go("ranking")
    ranked.page.evaluate(
        "document.querySelectorAll('[data-testid=stMain] details').forEach(d => d.open = true)"
    )
    pictures = ranked.page.locator("[data-testid=stMain] img")
    assert pictures.count() >= 1
    text = ranked.text()
    for index in range(pictures.count()):
        sentence = pictures.nth(index).get_attribute("alt")
        assert sentence
        assert sentence in text
