"""Drafts, uploads and labels: what is typed is read strictly, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.errors import InputError
from cds.intake.draft import Draft, draft_from_tree, read_draft
from cds.intake.patient import read_patient
from cds.intake.upload import kind_of, read_case
from cds.rulebook.load import load
from cds.store.labels import label_fault, looks_personal
from tests.unit.test_cases_store import MARKERS

BOOK = load()


def test_a_draft_is_read_like_the_file_of_the_same_patient(tmp_path):
    draft = Draft("OS-1", dict(MARKERS))
    draft.put("bilirubin", "17", "umol/L")
    draft.put_drugs("prior_drugs", {"sorafenib": "progressed", "regorafenib": None})
    path = tmp_path / "patient.json"
    import json

    path.write_text(json.dumps(draft.tree()), encoding="utf-8")
    read, typed = read_patient(path, BOOK), read_draft(draft, BOOK)
    assert typed.patient == read
    assert not typed.faults
    assert draft_from_tree(draft.tree()) == draft


def test_faults_stand_with_their_field_and_the_rest_is_read():
    draft = Draft("OS-1", {"age": "old", "platelets": "99999", "sex": "male"})
    reading = read_draft(draft, BOOK)
    assert {fault.marker for fault in reading.faults} == {"age", "platelets"}
    assert dict(reading.patient.profile) == {"sex": "male"}


def test_an_emptied_field_is_not_known_again():
    draft = Draft()
    draft.put("age", "34")
    draft.say("age", "date", "2026-01-01")
    draft.put("age", "  ")
    assert draft.markers == {}


def test_a_new_value_drops_the_confirmation_of_the_old_one():
    draft = Draft()
    draft.put("necrosis", "0.9")
    draft.say("necrosis", "flag", "confirmed")
    assert read_draft(draft, BOOK).patient.profile == {"necrosis": 0.9}
    draft.put("necrosis", "0.8")
    assert "flag" not in draft.details("necrosis")
    assert read_draft(draft, BOOK).back[0].understood == "not used"


@pytest.mark.parametrize("date", ["03/04/2026", "2999-01-01", "3-Sep", "2026-13-01"])
def test_dates_beside_values_are_checked(date):
    draft = Draft("OS-1", {"age": {"value": "34", "date": date}})
    assert [fault.marker for fault in read_draft(draft, BOOK).faults] == ["age"]


def test_a_drug_the_rulebook_does_not_know_is_said():
    draft = Draft()
    draft.put_drugs("current_drugs", {"wonderdrug": None})
    assert "wonderdrug is not in this rulebook" in read_draft(draft, BOOK).back[0].remark


def test_digests_tell_drafts_apart():
    one, other = Draft("OS-1", {"age": "34"}), Draft("OS-1", {"age": "35"})
    assert one.digest != other.digest
    assert one.digest == Draft("OS-1", {"age": "34"}).digest


@given(st.text(max_size=60))
def test_any_text_in_a_number_field_is_read_or_refused_and_never_raises(text):
    draft = Draft("OS-1", {"platelets": text})
    reading = read_draft(draft, BOOK)
    value = reading.patient.profile.get("platelets")
    assert value is None or 0 <= value <= 5000
    assert reading.faults or value is not None or text in ("", "NA", "N/A", "nan", "unknown")


@given(st.text(max_size=60))
def test_any_label_is_judged_without_raising(label):
    label_fault(label)
    looks_personal(label)


# --- one case from a file -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "kind"),
    [
        ("a.yml", b"", "yaml"),
        ("a.CSV", b"", "csv"),
        ("pasted", b' {"id": 1}', "json"),
        ("pasted", b"id,age\n", "csv"),
        ("pasted", b"id: 1\n", "yaml"),
        ("a.exe", b"id: 1\n", "yaml"),
    ],
)
def test_the_kind_of_a_file(name, raw, kind):
    assert kind_of(name, raw) == kind


@pytest.mark.parametrize(
    "raw",
    [
        b"id,age (years)\r\nOS-1,34\r\n",
        b"\xef\xbb\xbfid,age (years)\nOS-1,34\n",
        b'id,age (years)\n"OS-1","34"\n',
    ],
)
def test_one_row_is_read(raw):
    assert read_case("a.csv", raw, BOOK) == Draft("OS-1", {"age": "34"})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"id,age (years)\n",
        b"id,age (years)\nOS-1,34\nOS-2,34\n",
        b"id;age (years)\nOS-1;34\n",
        b"id,age (years)\nOS-1,34,\n",
        b"id,age\nOS-1,34\n",
        b"id,age (years)\nOS-1,34\0\n",
        b"id,age (years)\nOS-1,3\xff4\n",
        b"id,platelets (10^9/L),platelets (/uL)\nOS-1,200,200000\n",
        b"PK\x03\x04nonsense",
        b"{",
        b"[1, 2]",
        b"id: 1\nmarkers: {age: {value: 3, value: 4}}\n",
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "pasted"])
def test_what_is_doubtful_is_refused(name, raw):
    with pytest.raises(InputError):
        read_case(name, raw, BOOK)


# --- labels -------------------------------------------------------------------------------------

PERSONAL = [
    "Anna", "Anna Schmidt", "Schmidt, Anna", "anna schmidt", "J. Miller", "Dr X", "Mr. 12", "12.03.1987",
    "1987-03-12", "12/03/87", "19870312", "12031987", "12 Mar 1987", "12mar87", "OS-1 1987-03-12", "a@b.org",
    "Müller 7", "Jean-Luc",
]  # fmt: skip
CODES = [
    "OS-0042", "42", "case 7", "patient 12", "OS_2024_001", "A-17", "typical-adult", "sorafenib-progressed",
    "TARGET-40-PAAAA", "PT 3", "board 2026-11", "rb1-lost", "x9",
]  # fmt: skip


@pytest.mark.parametrize("label", PERSONAL)
def test_labels_that_look_personal(label):
    assert looks_personal(label)


@pytest.mark.parametrize("label", CODES)
def test_labels_that_are_codes(label):
    assert looks_personal(label) is None
    assert label_fault(label) is None


@pytest.mark.parametrize("label", ["", "  ", "x" * 81, "OS\u202e1", "OS\n1", "OS\u200b1"])
def test_labels_that_cannot_be_kept(label):
    assert label_fault(label)
