"""What a reviewer would try by hand, and no other test holds."""

from __future__ import annotations

import pytest

from tests.browser.conftest import TITLES
from tests.browser.test_walks import ACTIVE, fill_scope


@pytest.mark.parametrize("name", TITLES)
def test_every_page_opens_by_its_address_and_asks_for_nothing_outside(visit, name):
    one = visit()
    one.open(f"/{'' if name == 'start' else name}")
    one.page.locator("h1").first.wait_for()
    assert one.page.locator("h1").count() == 1
    assert not one.outside


def test_a_change_after_the_ranking_is_said_on_every_case_page(visit):
    one = visit()
    one.open()
    one.example()
    one.go("patient")
    one.type("Age (years)", "33")
    for name in ("safety", "ranking", "why", "next-test", "decision"):
        one.go(name)
        assert "The form was changed after this ranking" in one.text(), name


def test_a_normal_result_looks_unlike_a_marker_that_was_not_tested(visit):
    one = visit()
    one.open()
    one.button("New case")
    fill_scope(one)
    one.button("Rank options")
    one.go("why")
    one.button("No view yet: show the ranking")
    assert "0 of 15 nodes of the pathway are tested" in one.text()
    one.go("patient")
    one.type("Find a marker", "RB1")
    one.radio("rb1_ihc", "retained")
    one.button("Rank options")
    one.go("why")
    assert "1 of 15 nodes of the pathway are tested; none altered" in one.text()


def test_links_hold_ids_and_open_the_same_view(visit):
    one = visit()
    one.open("/?policy=as_published")
    one.example()
    assert "policy=as_published" in one.page.url
    one.heading("Ranked options, as published")
    one.page.locator("[data-testid=stSidebar]").get_by_text("Checked", exact=True).click()
    one.heading("Ranked options")
    one.page.get_by_role("link", name="Why 2: everolimus + palbociclib").click()
    one.heading("everolimus + palbociclib")
    assert one.page.url.endswith("/why?option=O03")
    other = visit()
    other.open("/evidence?shelf=rules&by_option=O03&verification=unchecked")
    text = other.text()
    assert "○ UNCHECKED" in text
    assert "● CONFIRMED" not in text
    assert "palbociclib" in text


HOSTILE = "![x](//192.0.2.1/leak.png) **b** $x$ <img src=x onerror=alert(1)>"


def test_the_name_of_a_drug_stays_text_wherever_it_is_shown(visit):
    one = visit()
    one.open()
    one.page.get_by_role("link", name="1 Patient").click()
    one.heading("Patient")
    one.page.get_by_text("Load a case: from a file").click()
    one.page.get_by_role("textbox", name="Or paste its text").fill(
        f'{{"id": "OS-1", "markers": {{"prior_drugs": [{{"drug": "{HOSTILE}", "outcome": "progressed"}}]}}}}'
    )
    one.button("Read the case")
    one.page.get_by_text("Read 1 value,").wait_for()
    one.page.get_by_text("Open all groups").click()
    one.page.get_by_text("What became of").wait_for()
    main = one.page.locator("[data-testid=stMain]")
    assert f"What became of {HOSTILE}" in one.text()
    assert main.locator(ACTIVE).count() == 0
    one.button("Rank options")
    assert HOSTILE in one.text()
    assert main.locator(ACTIVE).count() == 0


def test_the_what_if_band_stays_in_view_and_nothing_can_be_saved_there(visit):
    one = visit()
    one.open()
    one.example()
    one.go("what-if")
    band = one.page.locator(".st-key-banner").get_by_text("WHAT IF: not the patient's data")
    one.page.locator("[data-testid=stMain]").evaluate("element => element.scrollTo(0, element.scrollHeight)")
    one.page.wait_for_timeout(200)
    assert 0 <= band.bounding_box()["y"] < 300
    words = one.page.locator("[data-testid=stMain]").get_by_role("button").all_inner_texts()
    assert not [word for word in words if "Save" in word or "Report" in word]


def test_pictures_can_be_read_on_a_phone(visit):
    """They keep their size and scroll in a frame of their own; the page itself does not scroll sideways."""
    one = visit(width=390)
    one.open()
    one.example()
    one.go("why")
    sizes = one.page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] img')]
          .map(one => [one.clientWidth, one.parentElement.clientWidth])"""
    )
    assert sizes
    assert all(picture >= 500 and frame <= 390 for picture, frame in sizes), sizes
