"""The main walks through the app, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[2]


def fill_scope(one) -> None:
    one.radio("histology", "high-grade conventional osteosarcoma")
    one.radio("prior_map", "completed, relapsed later")
    one.radio("resectability", "not resectable")
    one.type("Age (years)", "34")


def decide(one, option: str = "everolimus + sorafenib") -> None:
    one.go("decision")
    one.page.get_by_text("an everolimus option is named", exact=True).click()
    one.settle()
    one.choose("named_", option)
    box = one.page.get_by_role(
        "textbox", name="Reason (needed whether the board agrees with the ranking or not)"
    )
    box.fill("Trial of the regimen; the family agrees.")
    box.press("Tab")
    one.settle()
    one.choose("roles_", "medical oncology")
    one.page.keyboard.press("Escape")
    one.button("Save the decision")


def test_new_patient_to_saved_decision_to_pdf(visit, tmp_path):
    one = visit()
    one.open()
    one.button("New case")
    one.heading("Patient")
    one.type("Case label (no names, no dates of birth)", "OS-0042")
    fill_scope(one)
    one.button("Rank options")
    one.heading("Read back")
    assert "34\u00a0years" in one.text()
    assert "folded" in one.text(), "meeting mode: the answer is not told before the own view"

    one.go("ranking")
    one.heading("The board's own view first")
    one.choose("own_option", "everolimus + sorafenib")
    one.button("Keep this view and show the ranking")
    one.heading("Ranked options")
    assert "everolimus + sorafenib (O01)" in one.text()

    decide(one)
    text = one.text()
    assert "Saved as version 1" in text, text[-1500:]
    with one.page.expect_download() as coming:
        one.page.get_by_role("button", name="Report as PDF").click()
    saved = tmp_path / "report.pdf"
    coming.value.save_as(saved)
    assert not re.search("OS-0042", coming.value.suggested_filename)
    words = "".join(page.extract_text() for page in PdfReader(saved).pages)
    assert "everolimus + sorafenib" in words
    with one.page.expect_download() as coming:
        one.page.get_by_role("button", name="With the decision, as HTML").click()
    decided = tmp_path / "decided.html"
    coming.value.save_as(decided)
    assert "the family agrees" in decided.read_text(encoding="utf-8")

    one.go("saved")
    assert "OS-0042" in one.text()
    assert "an everolimus option is named (O01)" in one.text()


def test_cohort_upload(visit, tmp_path):
    one = visit()
    one.open("/cohort")
    lines = (ROOT / "examples" / "cohort.csv").read_text(encoding="utf-8").splitlines()
    bad = lines[1].split(",")
    bad[0] = "BROKEN-1"
    age = lines[0].split(",").index("age (years)")
    bad[age] = "12,5".replace(",", ";")
    table = tmp_path / "cohort.csv"
    table.write_text("\n".join([*lines, ",".join(bad)]) + "\n", encoding="utf-8")
    one.page.locator("input[type=file]").set_input_files(table)
    one.settle()
    one.button("Check the table")
    one.heading("Dry run")
    assert f"{len(lines)} rows read, {len(lines) - 1} can be ranked, 1 are refused" in one.text()
    assert "BROKEN-1" in one.text()
    one.button(f"Show the ranking of {len(lines) - 1} patients")
    one.heading("Patients one by one")
    with one.page.expect_download() as coming:
        one.page.get_by_role("button", name="Download the results").click()
    assert coming.value.suggested_filename == "cohort-results.zip"


def test_a_refused_cohort_says_where(visit, tmp_path):
    one = visit()
    one.open("/cohort")
    table = tmp_path / "cohort.csv"
    table.write_text("id,age (years),nonsense\n1,34,x\n", encoding="utf-8")
    one.page.locator("input[type=file]").set_input_files(table)
    one.settle()
    one.button("Check the table")
    assert "unknown column" in one.text()
    assert "Dry run" not in one.text()


ACTIVE = "img[src='x'], a[href^='javascript'], a[href*='192.0.2.1'], img[src*='192.0.2.1']"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "![x](http://192.0.2.1/leak.png) [a](javascript:alert(1))",
    "$\\href{http://192.0.2.1}{x}$ :red[z] **b**",
    "OS-1\u202egnp.exe",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_stay_text(visit, label):
    one = visit()
    one.open()
    one.button("New case")
    one.type("Case label (no names, no dates of birth)", label)
    fill_scope(one)
    one.button("Rank options")
    one.heading("Read back")
    one.go("ranking")
    one.button("No view yet: show the ranking")
    main = one.page.locator("[data-testid=stMain]")
    assert main.locator(ACTIVE).count() == 0
    if label.isprintable():
        assert label in one.text()
    one.go("decision")
    one.page.get_by_text("It is a pseudonym all the same").click() if "pseudonym" in one.text() else None
    one.settle()
    one.button("Save the case without a decision")
    one.go("saved")
    assert main.locator(ACTIVE).count() == 0


def test_reload_and_continue_the_draft(visit):
    from playwright.sync_api import expect

    one = visit()
    one.open()
    one.button("New case")
    one.type("Case label (no names, no dates of birth)", "OS-DRAFT")
    fill_scope(one)
    one.button("Rank options")
    one.heading("Read back")
    one.go("ranking")
    assert "OS-DRAFT" not in one.page.url
    one.page.reload()
    one.button("I have read this")
    assert "No case is ranked yet" in one.text()
    assert "OS-DRAFT, 4 values" in one.text()
    one.page.get_by_role("button", name=re.compile("Continue the draft")).first.click()
    one.settle()
    one.heading("Patient")
    expect(one.page.get_by_role("textbox", name="Case label")).to_have_value("OS-DRAFT")
    expect(one.page.get_by_role("textbox", name="Age (years)")).to_have_value("34")


def test_two_tabs_do_not_overwrite_each_other(visit):
    first = visit()
    first.open()
    first.button("New case")
    first.type("Case label (no names, no dates of birth)", "OS-TABS")
    fill_scope(first)
    first.button("Rank options")
    first.heading("Read back")
    first.go("ranking")
    first.button("No view yet: show the ranking")
    first.go("decision")
    first.button("Save the case without a decision")
    assert "Saved as version 1" in first.text()

    second = visit()
    second.open("/saved")
    second.choose("saved_case", "OS-TABS")
    second.button("Open this case")
    second.type("Age (years)", "35")
    second.button("Rank options")
    second.heading("Read back")
    second.go("decision")
    second.button("No view yet: show the ranking") if "own view first" in second.text() else None
    second.button("Save the case without a decision")
    assert "Saved as version 2" in second.text()

    first.button("Save the case without a decision")
    text = first.text()
    assert "Not saved: the case was changed in the meantime" in text
    assert "version 1 was opened, version 2 was saved since" in text
    first.button("Open the newest version")
    first.go("patient")
    assert first.page.get_by_role("textbox", name="Age (years)").input_value() == "35"
