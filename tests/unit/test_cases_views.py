"""What the app shows of rulebook, cases and cohorts: facets, cases side by side, units, progress."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import pytest

from app.components.uploaded_cohort import rank_upload
from cds.batch.run import rank_file
from cds.report.board.versions import compared
from cds.report.rulebook.facets import facets
from cds.report.rulebook.tables import SHELVES, rulebook_table
from cds.rulebook.load import load
from cds.store.cases import Version
from cds.store.places import clear_left, working_folder
from cds.wording import printed
from tests.unit.test_cases_store import content, ranked

BOOK = load()
ROOT = Path(__file__).resolve().parents[2]
COHORT = ROOT / "examples" / "cohort.csv"


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "data"


@pytest.mark.parametrize("shelf", SHELVES)
def test_every_entry_of_a_shelf_has_its_facets(shelf):
    assert set(facets(BOOK, shelf)) == {row[0] for row in rulebook_table(BOOK, shelf).rows}


def test_a_rule_is_found_by_its_options_its_markers_and_what_they_are_made_of():
    rule = facets(BOOK, "rules")["x.sinh"]
    assert rule.fit({"option": "O01", "marker": "cyp3a4_strong_inhibitor", "type": "excludes"})
    assert rule.fit({"marker": "current_drugs", "policy": "checked"})
    assert not rule.fit({"option": "O01", "type": "supports"})


def test_a_claim_that_only_the_review_counts_is_found_under_that_policy():
    claim = facets(BOOK, "claims")["C104"]
    assert claim.option == {"O10"}
    assert claim.policy == {"as_published"}


def test_a_drug_is_found_by_the_facts_that_are_read_from_it():
    drug = facets(BOOK, "drugs")["itraconazole"]
    assert drug.fit({"marker": "cyp3a4_strong_inhibitor", "option": "O01"})


def version(label: str, **markers: str) -> Version:
    held = dataclasses.replace(BARE, case_id=label, content=content(label, **markers))
    return held if markers else dataclasses.replace(held, content=ranked(label)[0])


BARE = Version("", 1, "2026-11-23T12:00:00.000000Z", "tester", "", content(), 1)


def test_two_cases_show_where_they_differ_and_nothing_else():
    table = compared(version("OS-1", age="34"), version("OS-2", age="19", rb1_ihc="lost"), BOOK)
    assert table.columns == ("Item", "OS-1", "OS-2")
    assert table.caption == "2 lines in which the two differ"
    assert ("Age", "34\u00a0years", "19\u00a0years") in table.rows
    assert ("RB1 IHC", "not known", "lost, with a positive inner control") in table.rows


def test_a_case_beside_itself_differs_in_nothing():
    assert compared(version("OS-1"), version("OS-1"), BOOK).rows == ()


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("10^9/L", "×10⁹/L"),
        ("mg/m2", "mg/m²"),
        ("x ULN", "× ULN"),
        ("umol/L", "µmol/L"),
        ("/uL", "/µL"),
        ("mmol/L", "mmol/L"),
        ("mut/Mb", "mut/Mb"),
    ],
)
def test_units_are_set_as_in_print(unit, shown):
    assert printed(unit) == shown


def test_an_upload_tells_how_far_it_got(data):
    heard = []
    rank_upload("cohort.csv", COHORT.read_bytes(), BOOK, lambda share, rows: heard.append((share, rows)))
    assert heard
    assert heard[-1] == (1.0, 60)
    assert heard == sorted(heard)


def test_an_upload_stands_in_the_data_folder_for_its_owner_and_only_while_it_is_ranked(data):
    seen = []
    rank_upload("cohort.csv", COHORT.read_bytes(), BOOK, lambda *_: seen.extend(data.iterdir()))
    assert seen
    assert data.stat().st_mode & 0o077 == 0
    assert not list(data.iterdir())


def test_an_upload_is_ranked_once_and_its_csv_is_that_of_the_command(data, tmp_path, monkeypatch):
    runs = []
    monkeypatch.setattr(
        "app.components.uploaded_cohort.rank_file",
        lambda *given, **how: runs.append(rank_file(*given, **how)),
    )
    found = rank_upload("cohort.csv", COHORT.read_bytes(), BOOK)
    assert len(runs) == 1
    rank_file(COHORT, tmp_path / "out", form="csv")
    assert found.files["ranking.csv"] == (tmp_path / "out" / "ranking.csv").read_bytes()


def test_what_a_killed_upload_left_is_cleared_and_what_is_at_work_stays(data):
    with working_folder() as at_work:
        left = data / "working-left"
        left.mkdir()
        (left / "cohort.csv").write_text("id\n")
        clear_left()
        assert not left.exists()
        assert at_work.exists()
    assert not at_work.exists()
