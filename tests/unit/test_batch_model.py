"""A cohort with a named model: a table of risks beside a ranking that stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds.assessment import assess
from cds.batch import risks as module
from cds.batch.digest import digest_of
from cds.batch.expand import explanation
from cds.batch.recall import who_used
from cds.batch.run import FORMS, rank_file
from cds.batch.stored import Stored
from cds.cli import run
from cds.commands.train import store_model
from cds.comparison.with_model import with_model
from cds.errors import InputError, Interrupted, ModelError
from cds.result import ModelSection
from cds.risk.shelf import named
from cds.risk.training import train
from tests import toy_cohort
from tests.cohorts import pieces
from tests.toy_cohort import TODAY

RULES = Path(__file__).parents[1] / "toy_rulebook"
KINDS = ("toy", "SIMULATED-toy", "SIMULATED-toy@1.0.0")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    """A prognostic and a per-option model, stored."""
    root = tmp_path_factory.mktemp("shelf")
    scope = {"disease": ["in_scope"]}
    declared = toy_cohort.declared(subgroups=[], comparisons=[], applies_to=scope)
    for made in (declared, toy_cohort.per_option(subgroups=[], comparisons=[])):
        path = toy_cohort.write(root / "training.csv", 300, regimen=made.needs_regimen)
        trained = train(made, toy_cohort.cohort(path, made), toy_cohort.book(), today=TODAY)
        store_model(root / made.id, trained, b"# declared in a test\n")
    return root


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    """44 patients; some have no age, some are too old, some have another disease, one has a formula's id."""
    path = tmp_path_factory.mktemp("cohort") / "cohort.csv"
    lines = [line.split(",")[:6] for line in toy_cohort.rows(44, seed=5)]
    diseases, ages = ("in_scope", "in_scope", "other", ""), {3: "", 4: "119", 7: "8", 8: "12.5"}
    for at, line in enumerate(lines):
        line[0] = "=P0" if at == 0 else line[0]
        line[1] = ages.get(at % 11, line[1])
        line.append(diseases[at % 4])
    header = [*toy_cohort.HEADER.split(",")[:6], "disease"]
    path.write_text("\n".join(map(",".join, [header, *lines])) + "\n", encoding="utf-8")
    return path


def ranked(cohort: Path, out: Path, model: Path | str | None, form: str = "parquet", **how: object) -> Stored:
    rank_file(cohort, out, form=form, rules=RULES, model=model and str(model), **how)
    stored = Stored(out)
    stored.check_files()
    return stored


def told(section: ModelSection) -> dict[str, object]:
    """What a section says, without the shares."""
    policies = {p.policy: [(o.option, o.rank, o.points) for o in p.options] for p in section.policies}
    figures = {(e.option, e.percent, e.low, e.high, e.flags) for e in section.estimates}
    head = section.model_dump(include={"id", "version", "digest", "pinned", "says", "cannot_say", "validity"})
    return head | {
        "figures": figures,
        "abstains": {(r.code, r.label) for r in section.abstains},
        "policies": policies,
        "not_counted": section.not_counted,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_is_what_the_patient_alone_gets(shelf, cohort, tmp_path, kind):
    stored = ranked(cohort, tmp_path / "out", shelf / kind, "jsonl")
    book = toy_cohort.book()
    model, pinned = named(str(shelf / kind), book)
    some = 0
    for piece in (each.cohort for each in pieces(cohort, book=book)):
        for row, name in enumerate(piece.ids):
            one = piece.part(row, row + 1)
            alone = with_model(assess(one, book), one, book, model, pinned)
            stands = explanation(stored, name, book)
            assert told(stands.model) == told(alone.model)
            assert stands.provenance.model_digest == model.digest
            some += len(stands.model.estimates)
    assert some > 10


@pytest.mark.parametrize("form", FORMS)
def test_the_ranking_beside_it_does_not_change_by_a_byte(shelf, cohort, tmp_path, form):
    bare = ranked(cohort, tmp_path / "bare", None, form)
    with_ = ranked(cohort, tmp_path / "with", shelf / "SIMULATED-toy@1.0.0", form)
    for name in (f"ranking.{form}", "refused.csv"):
        assert bare.run["files"][name] == with_.run["files"][name]
    assert digest_of(bare.tables(), bare.layout) == digest_of(with_.tables(), with_.layout)
    assert bare.run["model"] is None and not bare.risk.exists()
    assert "risk" not in json.loads((bare.out / "summary.json").read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_all_formats_hold_the_same_rows_whatever_the_pieces(shelf, cohort, tmp_path, kind, monkeypatch):
    tables = [ranked(cohort, tmp_path / form, shelf / kind, form).risks().collect() for form in FORMS]
    monkeypatch.setattr(module, "ROWS", 7)
    tables.append(ranked(cohort, tmp_path / "pieces", shelf / kind).risks().collect())
    names = [name for name in tables[0].columns if name not in ("notice", "rulebook")]
    empty = {"": None}
    rows = [[tuple(empty.get(cell, cell) for cell in row) for row in t.select(names).rows()] for t in tables]
    assert rows[0] == rows[1] == rows[2] == rows[3] and len(rows[0]) == 44


def test_an_interrupted_second_pass_leaves_nothing(shelf, cohort, tmp_path, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(module.Risks, "table_of", stop)
        ranked(cohort, tmp_path / "out", shelf / "toy", "csv")
    assert not list(tmp_path.iterdir())


def test_a_later_run_without_a_model_leaves_no_risks_behind(shelf, cohort, tmp_path):
    assert ranked(cohort, tmp_path / "out", shelf / "toy", "csv").risk.exists()
    assert not (ranked(cohort, tmp_path / "out", None).out / "risk.csv").exists()


def test_a_changed_model_is_refused_before_anything_is_written(shelf, cohort, tmp_path):
    import shutil

    folder = Path(shutil.copytree(shelf / "toy", tmp_path / "toy"))
    (folder / "golden.json").write_bytes(b"[]")
    with pytest.raises(ModelError):
        ranked(cohort, tmp_path / "out", folder)
    assert not (tmp_path / "out").exists()


def test_risks_that_were_changed_are_not_explained(shelf, cohort, tmp_path):
    stored = ranked(cohort, tmp_path / "out", shelf / "SIMULATED-toy@1.0.0", "csv")
    text = stored.risk.read_text(encoding="utf-8")
    stored.risk.write_text(text.replace("T1 > T2", "T2 > T1").replace("T2 = T1", "T1 > T2"), encoding="utf-8")
    assert text != stored.risk.read_text(encoding="utf-8")
    refused = 0
    for name in stored.risks().collect()["id"].to_list():
        try:
            explanation(stored, name, toy_cohort.book())
        except InputError:
            refused += 1
    assert refused


def test_who_used_a_model_tells_of_whom_it_spoke(shelf, cohort, tmp_path):
    out = ranked(cohort, tmp_path / "out", shelf / "toy", "csv").out
    found = list(who_used([out], model="toy"))
    assert found == list(who_used([out], model="toy@1.0.0")) and len(found) == 44
    assert {each.how for each in found} == {"figure", "no figure"} and found[0].patient == "=P0"
    assert not list(who_used([out], model="toy@2.0.0")) and not list(who_used([out], model="other"))


def test_the_command_says_of_whom_the_model_speaks(shelf, cohort, tmp_path, capsys):
    asked = ["rank", str(cohort), "--out", str(tmp_path / "o"), "--rules", str(RULES)]
    assert run([*asked, "--model", str(shelf / "SIMULATED-toy@1.0.0")]) == 0
    said = capsys.readouterr().out
    assert "SIMULATED: the model was trained on invented patients" in said
    assert "risk.parquet beside it" in said and "of 44 patients, beside the ranking" in " ".join(said.split())
    assert run(["explain", str(tmp_path / "o"), "--patient", "P1", "--rules", str(RULES)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "SIMULATED-toy 1.0.0" in said and "No risk model" not in said
