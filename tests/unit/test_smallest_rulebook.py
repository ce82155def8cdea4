"""The smallest rulebook runs as a cohort, in every format and with helpers: one option, marker and policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.batch.digest import digest_of
from cds.batch.expand import explanation
from cds.batch.run import FORMS, rank_file
from cds.batch.stored import Stored
from cds.cli import run
from cds.rulebook.load import load

FILES = {
    "rulebook.yaml": """
id: smallest
version: 1.0.0
released: 2026-01-01
review_by: 2027-01-01
title: One invented regimen
subject: an invented option
scope: An invented disease.
meaning: Points order invented evidence and mean nothing.
predictive_markers: No marker of this invented disease predicts anything.
verification: unchecked
""",
    "sources.yaml": "- {key: own, type: definition, title: Set for this test, identity: unchecked}",
    "groups.yaml": "- {id: facts, label: Facts, help: What is known.}",
    "tiers.yaml": "- {id: A, nameable: true, label: a trial}",
    "levels.yaml": '- {id: trial, sign: "+", of: regimen, label: Trial, means: A trial of the regimen.}',
    "answers.yaml": """
- {id: profile_incomplete, role: incomplete, sentence: "No answer: a fact is missing."}
- {id: can_be_named, role: nameable, sentence: "{first} ranks first and can be named for discussion."}
- {id: only_hypotheses, role: only_hypotheses, sentence: "No option can be named; {count} hypotheses remain."}
- {id: all_excluded, role: all_excluded, sentence: "No option can be named: every option is excluded."}
""",
    "policies/plain.yaml": """
id: plain
label: Plain
sentence: As it is.
default: true
weights: {trial: 30}
order: [class, points]
needs_positive_evidence: false
keeps_hypotheses_apart: false
""",
    "markers/facts.yaml": """
- {id: fit, ref: M-1, label: Fit, group: facts, concern: safety, type: category,
   values: {yes: fit, no: not fit}, help: Whether the patient is fit.}
""",
    "options/T1.yaml": """
id: T1
label: Alphanib
short: alphanib
partners: [alphanib]
tags: [alpha]
tier: A
tier_because: It has a trial.
dose: {text: One a day., evidence: [{source: own, locator: this file}], verification: unchecked}
cannot_claim: [That it cures.]
lines:
  - id: T1.trial
    text: The trial
    counts: {plain: {level: trial}}
    evidence: [{source: own, locator: this file}]
    verification: unchecked
""",
}
RULE = """
- id: x.unfit
  kind: excludes
  label: Not fit
  options: [T1]
  when: {fit: no}
  rationale: It needs a fit patient.
  recoverable: treat
  since: 1.0.0
  evidence: [{source: own, locator: this file}]
  verification: unchecked
"""


@pytest.fixture(params=[0, 1], ids=["no rule", "one rule"])
def rules(request, tmp_path) -> Path:
    for name, text in (FILES | ({"effects/fit.yaml": RULE} if request.param else {})).items():
        (tmp_path / "rules" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "rules" / name).write_text(text, encoding="utf-8")
    return tmp_path / "rules"


@pytest.fixture
def cohort(tmp_path) -> Path:
    (tmp_path / "c.csv").write_text("id,fit\nP1,yes\nP2,no\nP3,\n", encoding="utf-8")
    return tmp_path / "c.csv"


def digest(stored: Stored) -> str:
    stored.check_files()
    return digest_of(stored.tables(), stored.layout)


@pytest.mark.parametrize("helped", [False, True], ids=["alone", "helped"])
@pytest.mark.parametrize("form", FORMS)
def test_every_format_holds_the_same_ranking(tmp_path, rules, cohort, form, helped):
    assert rank_file(cohort, tmp_path / "out", form=form, rules=rules, alone_up_to=0 if helped else 99) == 0
    assert rank_file(cohort, tmp_path / "plain", rules=rules) == 0
    assert digest(Stored(tmp_path / "out")) == digest(Stored(tmp_path / "plain"))


@pytest.mark.parametrize("form", FORMS)
def test_each_patient_is_explained_from_the_masks(tmp_path, rules, cohort, form):
    rank_file(cohort, tmp_path / "out", form=form, rules=rules)
    book = load(rules)
    found = [explanation(Stored(tmp_path / "out"), name, book) for name in ("P1", "P2", "P3")]
    statuses = [str(one.policy("plain").options[0].status) for one in found]
    assert statuses == (["eligible", "excluded", "caution"] if book.rules else ["eligible"] * 3)


def test_the_commands_run_on_it(tmp_path, rules, cohort, capsys):
    out = str(tmp_path / "out")
    for command in (["rank", str(cohort), "--out", out], ["summary", out]):
        assert run([*command, "--rules", str(rules)]) == 0
    assert "Alphanib" in capsys.readouterr().out
