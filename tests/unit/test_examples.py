"""The examples: invented patients whose comment states the answer, and the assumptions for TARGET."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cds
from cds.assessment import Context, assess
from cds.cohort import cohort_from_profiles
from cds.intake.assumptions import read_assumptions
from cds.intake.patient import read_patient
from cds.rulebook.load import load

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENTS = sorted((EXAMPLES / "patients").glob("*.yaml"))
BOOK = load()


@pytest.mark.parametrize("path", PATIENTS, ids=lambda path: path.stem)
def test_an_example_ranks_with_the_answer_its_comment_states(path: Path):
    patient = read_patient(path, BOOK)
    assessment = assess(patient.cohort(BOOK), BOOK, context=Context(patient.details, patient.flags))
    stated = re.search(r"^# Answer: (\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert stated and assessment.answer == stated[1]
    assert bool(patient.flags) == (path.stem == "unknown_drug")


@pytest.mark.parametrize("path", PATIENTS, ids=lambda path: path.stem)
def test_an_example_says_first_that_it_is_invented(path: Path):
    assert path.read_text(encoding="utf-8").startswith("# Invented; not a real person.\n")
    assert read_patient(path, BOOK).id == path.stem.replace("_", "-")


def test_there_are_ten_examples_or_more_and_some_carry_details():
    assert len(PATIENTS) >= 10
    details = [read_patient(path, BOOK).details for path in PATIENTS]
    said = {key for patient in details for marker in patient.values() for key in marker}
    assert {"unit", "assay", "specimen", "date", "timing", "stated_by"} <= said


def test_the_assumptions_clear_every_safety_fact_of_the_first_option():
    """A tumour with its age at diagnosis alone: with the assumptions nothing is left unverified."""
    assumed = read_assumptions(EXAMPLES / "assumptions" / "target_relapsed.yaml", BOOK)
    cohort = cohort_from_profiles(
        BOOK, [{"age_at_diagnosis": 30.0, "sex": "female"}, {"age_at_diagnosis": 15.0}]
    )
    adult, child = (assess(assumed.fill(cohort, BOOK), BOOK, row) for row in range(2))
    first, paediatric = adult.policy("checked").of("O01"), child.policy("checked").of("O01p")
    assert (adult.answer, first.status, first.unverified) == ("can_be_named", "eligible", ())
    assert (child.answer, paediatric.status, paediatric.unverified) == ("only_hypotheses", "hypothesis", ())
    assert adult.conflicts == ()


def test_assumptions_fill_only_what_is_not_known():
    assumed = read_assumptions(EXAMPLES / "assumptions" / "target_relapsed.yaml", BOOK)
    known = {"age": 40.0, "age_at_diagnosis": 12.0, "platelets": 60.0, "histology": "other"}
    filled = assumed.fill(cohort_from_profiles(BOOK, [known]), BOOK)
    kept = {name: filled.value(BOOK.marker[name], 0) for name in known}
    assert kept == known
    assert filled.value(BOOK.marker["prior_map"], 0) == "relapsed"


def test_the_python_of_the_readme_runs(capsys, monkeypatch):
    root = EXAMPLES.parent
    [code] = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(root)
    exec(code, {})  # noqa: S102 - our own README
    assert capsys.readouterr().out.startswith("1 everolimus + sorafenib 49 ['O01.trial'")


def test_every_exported_name_is_there():
    assert all(getattr(cds, name) is not None for name in cds.__all__)
