"""The rulebook in the terminal: each shelf is listed, and each entry told with its sources."""

from __future__ import annotations

import pytest

from cds.cli import run
from cds.report.rulebook.tables import SHELVES, rulebook_table
from cds.rulebook.load import load

BOOK = load()


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints, its lines joined."""
    assert run(list(words)) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("shelf", SHELVES)
def test_a_shelf_is_listed_whole(shelf, capsys):
    entries = len(rulebook_table(BOOK, shelf).rows)
    assert f"{entries} of {entries}." in said(capsys, shelf, "list")


@pytest.mark.parametrize("shelf", [shelf for shelf in SHELVES if shelf != "rules"])
def test_a_shelf_by_itself_is_the_list(shelf, capsys):
    assert said(capsys, shelf) == said(capsys, shelf, "list")


def test_a_list_can_be_narrowed(capsys):
    assert "18 of 154." in said(capsys, "claims", "list", "--verification", "contradicted")
    readers = [rule.id for rule in BOOK.rule.values() if "platelets" in str(rule.when)]
    assert f"{len(readers)} of" in said(capsys, "rules", "list", "--marker", "platelets")
    assert "O04.lm8" in said(capsys, "claims", "list", "--option", "O04")


def test_a_rule_is_told_with_source_check_review_and_date(capsys):
    told = said(capsys, "rules", "show", "c.acei")
    for part in (
        "True when: ACE inhibitor is taken now",
        "Counted, checked: level caution",
        "evr_label_us, section 17, patient counselling",
        "Source check: ● CONFIRMED",
        "Read on a secondary copy only: yes",
        "Reviewed: no clinician has reviewed this",
        "Since: 2026.11.0",
        "Stands in rules/effects/interactions.yaml:",
    ):
        assert part in told


def test_a_cut_is_told_with_its_source(capsys):
    told = said(capsys, "markers", "show", "necrosis")
    assert "necrosis_series, definition of good response" in told.replace("│ ", "")


def test_a_published_dose_is_told_as_published_and_no_other(capsys):
    assert "Sorafenib 800 mg a day with everolimus 5 mg a day" in said(capsys, "options", "show", "O01")
    assert "Human dose, as published: none shown" in said(capsys, "options", "show", "O03")


def test_a_drug_is_found_by_its_brand(capsys):
    assert "Is: moderate CYP3A4 inhibitor" in said(capsys, "drugs", "show", "Diflucan")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("markers", "show", "plateletts"), "Did you mean platelets?"),
        (("drugs", "show", "fluconazol"), "Did you mean fluconazole?"),
        (("rules", "list", "--option", "O1"), "Did you mean O"),
        (("claims", "list", "--verification", "contradictd"), "Did you mean contradicted?"),
        (("claims", "list", "--verification", "ed"), "unknown verification"),
        (("markers", "list", "--verification", "contradicted"), "markers carry none. Ask claims"),
        (("options", "list", "--verification", "confirmed"), "options carry none"),
    ],
)
def test_a_name_that_is_none_is_refused_with_a_suggestion(words, remedy, capsys):
    assert run(list(words)) == 2
    assert remedy in capsys.readouterr().err
