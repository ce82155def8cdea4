"""`cds report verify`: a report made again is the same, and whatever was changed is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds.cli import run
from cds.errors import InputError
from cds.report import envelope, files
from cds.report.verification import compare, verify
from cds.rulebook.load import load
from tests.unit import report_reading as reading


@pytest.fixture(params=["typical_adult"])
def made(request, tmp_path: Path) -> dict[str, Path]:
    found = {f"report.{form}": raw for form, raw in reading.made(request.param).items()}
    return {path.name.partition(".")[2]: path for path in files.write(tmp_path, found)}


@pytest.mark.parametrize("form", ["html", "pdf", "json"])
def test_a_report_is_reproduced(made, form):
    verdict = verify(made[form], reading.book())
    assert verdict.reproduced, verdict.lines
    assert "reproduced" in verdict.lines[-1]


def test_text_changed_in_a_report_is_told(made):
    path = made["html"]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("RESEARCH ONLY", "FOR TREATMENT", 1), encoding="utf-8")
    verdict = verify(path, reading.book())
    assert not verdict.reproduced
    assert "altered after it was made" in verdict.lines[-1]


def test_data_changed_in_a_report_are_refused(made):
    path = made["html"]
    text = path.read_text(encoding="utf-8")
    head, _, data = text.partition('<pre id="report-data"')
    path.write_text(head + '<pre id="report-data"' + data.replace("refused", "eligible", 1), encoding="utf-8")
    with pytest.raises(InputError, match="do not match their own digest"):
        verify(path, reading.book())


def test_a_value_changed_in_the_json_shows_what_follows_from_it(made):
    path = made["json"]
    data = json.loads(path.read_text(encoding="utf-8"))
    data["policies"][0]["options"][0]["points"] += 2
    path.write_text(json.dumps(data), encoding="utf-8")
    verdict = verify(path, reading.book())
    assert not verdict.reproduced
    assert any("policies[checked].options[O01].points" in line for line in verdict.lines)


def test_an_input_changed_in_the_json_changes_the_digest(made):
    path = made["json"]
    data = json.loads(path.read_text(encoding="utf-8"))
    age = next(value for value in data["entered"] if value["marker"] == "age")
    age["value"] = "61"
    path.write_text(json.dumps(data), encoding="utf-8")
    lines = verify(path, reading.book()).lines
    assert any("input_digest" in line for line in lines)


def test_a_byte_changed_in_a_pdf_is_told(made):
    path = made["pdf"]
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"/Marked true", b"/Marked fals"))
    verdict = verify(path, reading.book())
    assert not verdict.reproduced
    assert "bytes of the PDF differ" in verdict.lines[-1]


def test_another_rulebook_is_named(made):
    verdict = verify(made["json"], load(reading.ROOT / "tests" / "toy_rulebook"))
    assert not verdict.reproduced
    assert any("another rulebook" in line for line in verdict.lines)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.docx", b"PK\x03\x04", "neither HTML, PDF nor JSON"),
        ("x.html", b"<!doctype html><p>no data", "holds no data of a report"),
        ("x.pdf", b"%PDF-1.7\nnothing", "holds no data of a report"),
        ("x.json", b"{", "no valid JSON"),
        ("x.json", b'{"a": 1, "a": 2}', "no valid JSON"),
        ("x.json", b"{}", "do not fit the schema"),
        ("x.json", b"[" * 100_000, "neither HTML, PDF nor JSON"),
        ("x.json", b'{"a":' + b"[" * 100_000, "no valid JSON"),
        ("x.pdf", b"%PDF-1.7\n<</Type/EmbeddedFile>>\nstream\nnot zlib", "holds no data of a report"),
        ("x", b"", "neither HTML, PDF nor JSON"),
    ],
)
def test_what_is_no_report_is_refused_with_a_reason(tmp_path: Path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        verify(path, reading.book())


def test_a_fhir_bundle_points_to_the_files_that_can_be_verified(made):
    with pytest.raises(InputError, match="Verify the HTML, PDF or JSON"):
        verify(made["fhir.json"], reading.book())


def test_a_number_changed_in_a_picture_is_told(made):
    path = made["html"]
    head, picture, rest = path.read_text(encoding="utf-8").partition("<svg")
    path.write_text(head + picture + rest.replace("+49", "+94", 1), encoding="utf-8")
    assert "altered after it was made" in verify(path, reading.book()).lines[-1]


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path):
    for path in (tmp_path, tmp_path / "none.pdf"):
        with pytest.raises(InputError, match="not a regular file"):
            verify(path, reading.book())


def test_the_data_come_out_as_they_went_in():
    for name in reading.MAIN:
        kept = reading.assessed(name)
        assert envelope.unpack("json", envelope.pack(kept).encode(), name) == kept


def test_differences_are_named_by_what_they_are_of():
    old = {"a": [{"option": "O01", "rank": 1}, {"option": "O02", "rank": 2}], "b": 1}
    new = {"a": [{"option": "O01", "rank": 1}, {"option": "O02", "rank": 3}], "c": 1}
    assert list(compare(old, new)) == [
        "a[O02].rank: recorded 2, now 3",
        "b: recorded 1, now None",
        "c: recorded None, now 1",
    ]


def test_the_command_line_makes_and_verifies_reports(tmp_path: Path, capsys):
    patient = reading.ROOT / "examples" / "patients" / "typical_adult.yaml"
    out = tmp_path / "out"
    asked = ["report", "case", str(patient), "--out", str(out), "--format", "html,pdf,docx,md,json,fhir"]
    assert run([*asked, "--date", "2026-11-23"]) == 0
    made = sorted(path.name.partition(".")[2] for path in out.iterdir())
    assert made == ["docx", "fhir.json", "html", "json", "md", "pdf"]
    for path in out.iterdir():
        if path.name.endswith((".html", ".pdf")) or (path.name.count(".") == 1 and path.suffix == ".json"):
            assert run(["report", "verify", str(path)]) == 0
    assert "reproduced" in capsys.readouterr().out
    assert run(["report", "case", str(patient), "--out", str(out), "--format", "exe"]) == 2
    assert run(["report", "case", str(patient), "--out", str(out), "--date", "23.11.2026"]) == 2
    assert run(["report", "verify", str(next(out.glob("*.docx")))]) == 2
