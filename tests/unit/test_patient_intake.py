"""One patient from YAML or JSON: strict, all faults at once, nothing guessed."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from cds.cohort import DrugUse
from cds.errors import InputError
from cds.intake.assumptions import read_assumptions
from cds.intake.patient import Patient, parse_json, patient_from_tree, read_patient
from cds.rulebook.load import load
from cds.rulebook.strict_yaml import parse

BOOK = load()


def from_yaml(text: str) -> Patient:
    return patient_from_tree(parse(text.encode(), "patient.yaml"), BOOK)


def marker(line: str) -> Patient:
    """A patient with one line of markers."""
    return from_yaml(f"id: P1\nmarkers:\n  {line}\n")


def refusal(text: str) -> str:
    with pytest.raises(InputError) as refused:
        from_yaml(text)
    return str(refused.value)


def marker_refusal(line: str) -> str:
    return refusal(f"id: P1\nmarkers:\n  {line}\n")


def test_values_of_every_type_are_read():
    patient = from_yaml(
        "id: P1\nmarkers:\n  histology: other\n  age: 30.5\n"
        "  prior_drugs: [{drug: Nexavar, outcome: progressed}, paracetamol]\n"
    )
    drugs = (DrugUse("paracetamol"), DrugUse("sorafenib", "progressed"))
    assert patient.profile == {"histology": "other", "age": 30.5, "prior_drugs": drugs}
    assert patient.id == "P1"


def test_no_stays_text():
    assert marker("bleeding: no").profile == {"bleeding": "no"}
    assert marker("ecog: 0").profile == {"ecog": "0"}


@pytest.mark.parametrize("word", ["unknown", "NA", "N/A", "nan", '""'])
def test_words_for_not_known_leave_the_marker_out(word: str):
    assert marker(f"bleeding: {word}").profile == {}


def test_a_marker_without_a_value_is_refused_in_yaml():
    assert "patient.yaml:3: bleeding has no value" in marker_refusal("bleeding:")


def test_no_markers_is_a_patient_of_whom_nothing_is_known():
    assert from_yaml("id: P1\nmarkers: {}\n").profile == {}
    assert from_yaml("id: P1\n").profile == {}


def test_none_is_an_empty_drug_list():
    assert marker("prior_drugs: none").profile == {"prior_drugs": ()}


def test_a_duplicate_key_is_refused_with_its_line():
    said = marker_refusal("age: 30\n  age: 31")
    assert "patient.yaml:4" in said
    assert "'age' stands twice" in said


def test_an_unknown_marker_is_refused_with_a_suggestion():
    said = marker_refusal("histolgy: other")
    assert "patient.yaml:3: unknown marker 'histolgy'" in said
    assert "Did you mean histology?" in said


def test_a_value_that_is_not_allowed_is_refused_with_those_that_are():
    said = marker_refusal("bleeding: maybe")
    assert "the entry is not a value" in said
    assert "Use one of: yes, no." in said


def test_two_results_for_one_marker_are_refused():
    said = marker_refusal("platelets: [210, 90]")
    assert "platelets has several results" in said
    assert "Choose one" in said


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("haemoglobin: {value: 12.4, unit: g/dL}", 124.0),
        ("haemoglobin: {value: 124, unit: g/L}", 124.0),
        ("haemoglobin: {value: 124}", 124.0),
        ("bilirubin: {value: 34.2, unit: umol/L}", 1.99957),
        ("platelets: {value: 75000, unit: /uL}", 75.0),
        ("phosphate: {value: 2.5, unit: mg/dL}", 0.80713),
        ("qtc: {value: 0.5, unit: s}", 500.0),
    ],
)
def test_another_unit_is_converted_to_the_canonical_one(line: str, value: float):
    [found] = marker(line).profile.values()
    assert isinstance(found, float) and math.isclose(found, value, rel_tol=1e-4)


def test_an_unknown_unit_is_refused_with_the_known_ones():
    said = marker_refusal("haemoglobin: {value: 12.4, unit: mg/L}")
    assert "unit 'mg/L' is not known" in said
    assert "g/L, g/dL" in said


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("<10", "Limits can't be compared"),
        ("12,5", "decimal point"),
        ("90%", "Leave out the percent sign"),
        ("1 000", "without spaces"),
        ("high", "Write digits"),
        ("inf", "Write digits"),
        ("１２", "Write digits"),
        ("-5", "Check the value and its unit"),
        ("1e9", "Check the value and its unit"),
    ],
)
def test_a_number_outside_the_grammar_or_the_hard_range_is_refused_with_a_remedy(written: str, remedy: str):
    assert remedy in marker_refusal(f"platelets: {written!r}")


def test_a_percent_that_reads_as_a_fraction_is_flagged_and_not_counted():
    patient = marker("lvef: 0.6")
    assert patient.profile == {}
    assert patient.flags == ("lvef: 0.6 looks like a fraction; counted as not known until confirmed",)


def test_a_confirmed_fraction_counts():
    patient = marker("lvef: {value: 0.6, flag: confirmed}")
    assert patient.profile == {"lvef": 0.6}
    assert patient.flags == ()


def test_an_unusual_value_counts_and_is_flagged():
    patient = marker("platelets: 1900")
    assert patient.profile == {"platelets": 1900.0}
    assert "unusual" in patient.flags[0]


def test_details_are_kept_beside_the_value():
    patient = marker(
        "rb1_dna: {value: lost, assay: panel, specimen: lung, date: 2026-10-01, timing: after therapy}"
    )
    details = {"assay": "panel", "specimen": "lung", "date": "2026-10-01", "timing": "after therapy"}
    assert patient.profile == {"rb1_dna": "lost"}
    assert patient.details == {"rb1_dna": details}


def test_a_detail_that_is_not_one_is_refused():
    assert "'colour' is not a detail" in marker_refusal("age: {value: 30, colour: red}")


@pytest.mark.parametrize(
    "body", ["{value: [210, 90]}", "{value: [210], unit: 10^9/L}", "{value: {at: 210}}", "{unit: 10^9/L}"]
)
def test_a_value_with_details_that_is_not_one_word_or_number_is_refused(body: str):
    assert "platelets: the value is not one word or number" in marker_refusal(f"platelets: {body}")


def test_a_derived_marker_that_is_not_enterable_is_refused():
    closed = BOOK.marker["pten"].model_copy(update={"enterable": False})
    book = BOOK.with_parts(markers=tuple(closed if m.id == "pten" else m for m in BOOK.markers))
    with pytest.raises(InputError, match=r"pten is derived and can't be entered\. Enter what it is made of"):
        patient_from_tree(parse(b"id: P1\nmarkers: {pten: lost}\n", "patient.yaml"), book)


@pytest.mark.parametrize(
    ("drugs", "problem"),
    [
        ("[{drug: sorafenib, outcome: better}]", "the entry is not an outcome"),
        ("[{name: sorafenib}]", "expected drug and outcome"),
        ('[""]', "a drug name is empty, too long"),
        ("[[sorafenib]]", "expected drug and outcome"),
    ],
)
def test_drugs_are_read_strictly(drugs: str, problem: str):
    assert problem in marker_refusal(f"prior_drugs: {drugs}")


def test_a_list_of_drugs_with_details_is_refused():
    said = marker_refusal("current_drugs: {value: [itraconazole], date: 2026-11-02}")
    assert "current_drugs: the value is not one word or number" in said


def test_all_faults_come_at_once_each_with_its_line():
    said = refusal(
        "id: ''\n"
        "markers:\n"
        "  histolgy: other\n"
        "  bleeding: maybe\n"
        "  platelets: [210, 90]\n"
        "  haemoglobin: {value: 12, unit: stone}\n"
    )
    assert "5 faults in patient.yaml" in said
    assert [f"patient.yaml:{line}:" in said for line in (1, 3, 4, 5, 6)] == [True] * 5


@pytest.mark.parametrize(
    "text",
    [
        "id: P1\nmarker: {age: 30}\n",
        "markers: {age: 30}\n",
        "- id: P1\n",
        "id: P1\nmarkers: [age]\n",
        "id: [P1]\n",
        f"id: {'x' * 81}\n",
        'id: "a\\u0007b"\n',
    ],
)
def test_a_file_of_another_shape_is_refused(text: str):
    assert "fault" in refusal(text)


@pytest.mark.parametrize("name", ['"\'=x"', "' '", "x" * 81, "[P1]"])
def test_an_id_that_a_cohort_refuses_is_refused(name: str):
    assert "patient.yaml:1: the id" in refusal(f"id: {name}\nmarkers: {{}}\n")


# --- Assumptions for a cohort ---------------------------------------------------------------------


def assumptions_of(path: Path, name: str, other: str) -> dict[str, str]:
    path.write_text(f"why: invented\nmarkers:\n  {name}: {{same_as: {other}}}\n", encoding="utf-8")
    return dict(read_assumptions(path, BOOK).same_as)


def test_a_number_may_be_the_same_as_another(tmp_path: Path):
    assert assumptions_of(tmp_path / "a.yaml", "age", "age_at_diagnosis") == {"age": "age_at_diagnosis"}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("rb1_ihc", "mmr_ihc"),  # two categories: their values need not mean the same
        ("bleeding", "breast_feeding"),
        ("prior_drugs", "current_drugs"),
        ("age", "bleeding"),
        ("bleeding", "age"),
        ("age", "age_at_onset"),
        ("aeg", "age"),
    ],
)
def test_nothing_but_a_number_may_be_the_same_as_another(name: str, other: str, tmp_path: Path):
    with pytest.raises(InputError, match=rf"a\.yaml:3: can't be the same as '{other}'\. Name two numbers"):
        assumptions_of(tmp_path / "a.yaml", name, other)


def test_a_marker_is_told_as_it_is_assumed(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "why: invented\nmarkers:\n  lvef: {value: 55, date: 2026-11-01}\n"
        "  haemoglobin: {value: 13, unit: g/dL}\n  prior_drugs: [{drug: Nexavar, outcome: progressed}]\n"
        "  age: {same_as: age_at_diagnosis}\n  bleeding: unknown\n",
        encoding="utf-8",
    )
    assert read_assumptions(path, BOOK).said == {
        "lvef": "55",
        "haemoglobin": "130",
        "prior_drugs": "sorafenib: progressed",
        "age": "same as age_at_diagnosis",
    }


def test_every_fault_of_the_assumptions_is_told(tmp_path: Path):
    """What would only be flagged in a patient is a fault here: it would not be assumed at all."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "why: invented\nmarkers:\n  lvef: 0.6\n  age: {same_as: [a]}\n  anc: {same_as: bleeding}\n"
        "  platelets: {same_as: anc, flag: confirmed}\n  ecog: 9\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as refused:
        read_assumptions(path, BOOK)
    told = str(refused.value)
    assert [f"a.yaml:{line}: " in told for line in range(3, 8)] == [True] * 5
    assert "lvef: 0.6 looks like a fraction" in told


@pytest.mark.parametrize("body", ["{value: 0.6, flag: confirmed}", "{value: 95, flag: confirmed}"])
def test_a_confirmed_assumption_is_made(body: str, tmp_path: Path):
    (tmp_path / "a.yaml").write_text(f"why: invented\nmarkers:\n  lvef: {body}\n", encoding="utf-8")
    assert "lvef" in read_assumptions(tmp_path / "a.yaml", BOOK).values


# --- JSON -----------------------------------------------------------------------------------------


def from_json(text: str) -> Patient:
    return patient_from_tree(parse_json(text.encode(), "patient.json"), BOOK)


def json_refusal(text: str) -> str:
    with pytest.raises(InputError) as refused:
        from_json(text)
    return str(refused.value)


def test_json_and_yaml_read_the_same():
    markers: dict[str, Any] = {"age": 30.5, "ecog": 1, "bleeding": "no", "prior_drugs": [{"drug": "Nexavar"}]}
    patient = from_json(json.dumps({"id": "P1", "markers": markers}))
    assert patient.profile == from_yaml(json.dumps({"id": "P1", "markers": markers})).profile
    assert patient.profile["ecog"] == "1"


def test_json_with_a_duplicate_key_is_refused():
    assert "appears twice" in json_refusal('{"id": "P1", "markers": {"age": 30, "age": 31}}')


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"id": "P1", "markers": {"age": NaN}}', "NaN is not a JSON value"),
        ('{"id": "P1", "markers": {"bleeding": false}}', "the entry is not a value"),
        ('{"id": "P1", "markers": {"bleeding": null}}', "the entry is not a value"),
        ('{"id": "P1", "markers": {"age": 30}', "patient.json:1"),
        ("[" * 100_000, "patient.json"),
    ],
)
def test_json_is_read_strictly(text: str, problem: str):
    assert problem in json_refusal(text)


def test_files_are_read_by_their_suffix(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("id: P1\nmarkers: {age: 30}\n", encoding="utf-8")
    (tmp_path / "a.json").write_text('{"id": "P1", "markers": {"age": 30}}', encoding="utf-8")
    assert read_patient(tmp_path / "a.yaml", BOOK).profile == read_patient(tmp_path / "a.json", BOOK).profile


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path):
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(InputError, match="not a regular file"):
            read_patient(path, BOOK)


def test_a_fault_in_json_has_its_line():
    text = '{"id": "X",\n "markers": {"age": 3,\n  "pten_dna": "gone", "sex": "male"}}'
    with pytest.raises(InputError, match=r"p\.json:3: pten_dna"):
        patient_from_tree(parse_json(text.encode(), "p.json"), BOOK)


#: What people write by mistake, and what they are told.
SLIPS = [
    ("platlets: 210", "Did you mean platelets?"),
    ("PTEN: lost", "Did you mean pten_dna or pten_ihc"),
    ("Age: 30", "Did you mean age"),
    ("sex: F", "Did you mean female?"),
    ("pten_dna: loss", "Did you mean lost?"),
    ("prior_map: Relapsed", "Did you mean relapsed?"),
    ("resectability: not resectable", "Did you mean unresectable?"),
    ("platelets: {value: 210, unit: G/l}", "Use one of: 10^9/L"),
    ("platelets: 210000", "Is it in /uL? Then name that unit."),
    ("qtc: 0.42", "Is it in s? Then name that unit."),
    ("phosphate: 3,2", "Write a decimal point, not a comma."),
    ("necrosis: 90%", "Leave out the percent sign."),
    ("necrosis: '<90'", "Limits can't be compared"),
    ("prior_drugs: [{drug: sorafenib, outcome: progession}]", "Did you mean progressed?"),
    ("pten_dna: {value: lost, date: 03/04/2025}", "the date is not of the form 2026-11-23"),
    ("pten_dna: {value: lost, date: 2026-02-30}", "the date is not of the form 2026-11-23"),
    ("pten_dna: {value: lost, date: 20250304}", "the date is not of the form 2026-11-23"),
    ("pten_dna: {value: lost, date: 2999-01-01}", "the date lies in the future"),
    ("pten_dna: {value: lost, timing: later}", "Write before therapy or after therapy."),
    ("necrosis: {value: 0.9, flag: sure}", "Write confirmed"),
]


@pytest.mark.parametrize(("line", "told"), SLIPS, ids=[line for line, _ in SLIPS])
def test_a_slip_is_answered_with_what_was_most_likely_meant(line: str, told: str):
    with pytest.raises(InputError) as caught:
        marker(line)
    assert told in str(caught.value)


def test_a_marker_beside_the_markers_is_sent_below_them():
    with pytest.raises(InputError, match=r"'age' stands beside .* Write it below `markers`"):
        patient_from_tree(parse(b"id: X\nage: 30\nmarkers: {sex: male}\n", "p.yaml"), BOOK)


def test_a_tab_is_named_where_yaml_breaks():
    with pytest.raises(InputError, match="Indent by spaces, not tabs"):
        parse(b"id: X\nmarkers:\n\tage: 3\n", "p.yaml")


@pytest.mark.parametrize(
    ("line", "unit"),
    [("haemoglobin: 12.4", "g/dL"), ("albumin: 3.8", "g/dL"), ("fasting_glucose: 5.5", "mmol/L")],
)
def test_a_number_that_reads_as_one_in_another_unit_is_flagged_and_not_counted(line: str, unit: str):
    patient = marker(line)
    assert not patient.profile and f"looks like {unit}" in patient.flags[0]


@pytest.mark.parametrize(
    "line",
    ["haemoglobin: {value: 12.4, unit: g/L}", "haemoglobin: {value: 12.4, flag: confirmed}"],
)
def test_a_number_whose_unit_is_said_counts_as_it_is(line: str):
    assert marker(line).profile == {"haemoglobin": 12.4}


def test_a_drug_that_is_nearly_spelled_like_a_known_one_is_flagged():
    patient = marker("current_drugs: [sorafenb]")
    assert patient.flags[0].startswith(
        "current_drugs: sorafenb (was sorafenib meant?) is not in this rulebook:"
    )
