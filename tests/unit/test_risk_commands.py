"""`cds train`, `cds evaluate`, `cds model ...` and `cds rank --model`, as one calls them."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from cds.cli import run
from tests import toy_cohort

ROOT = Path(__file__).resolve().parents[2]
RULES = str(ROOT / "tests" / "toy_rulebook")


def as_text(data: object) -> object:
    """Flags and absent fields as the strict YAML reader wants them."""
    if isinstance(data, dict):
        return {key: as_text(value) for key, value in data.items() if value not in (None, (), [], {})}
    return [as_text(item) for item in data] if isinstance(data, (list, tuple)) else data


def declaration(folder: Path, **more: object) -> Path:
    declared = toy_cohort.per_option(subgroups=[], comparisons=[], **more)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "declaration.yaml"
    path.write_text(yaml.safe_dump(as_text(declared.model_dump(mode="json"))), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("shelf")
    path = declaration(root / "SIMULATED-toy")
    data = toy_cohort.write(root / "cohort.csv", 300)
    assert run(["train", str(path), "--data", str(data), "--date", "2026-11-23", "--rules", RULES]) == 0
    return path.parent


def test_training_writes_model_plots_and_card(trained, capsys):
    names = {path.name for path in trained.rglob("*") if path.is_file()}
    plots = {
        f"{name}.svg"
        for name in ("calibration", "decision-curve", "importance", "kaplan-meier", "learning-curve")
    }
    assert {
        "model.skops",
        "manifest.json",
        "validation.json",
        "golden.json",
        "card.md",
        "digests.txt",
    } | plots <= names
    assert json.loads((trained / "manifest.json").read_bytes())["trained_on"] == "2026-11-23"


def test_a_cohort_that_is_too_small_ends_with_3_and_writes_nothing(tmp_path, capsys):
    path = declaration(tmp_path / "SIMULATED-toy")
    data = toy_cohort.write(tmp_path / "small.csv", 25)
    assert run(["train", str(path), "--data", str(data), "--rules", RULES]) == 3
    assert "too small" in capsys.readouterr().err
    assert [p.name for p in path.parent.iterdir()] == ["declaration.yaml"]


@pytest.mark.parametrize(
    "arguments", [["--date", "yesterday"], ["--out", "elsewhere"], ["--data", "nothing.csv"]]
)
def test_bad_usage_ends_with_2(tmp_path, arguments, capsys):
    path = declaration(tmp_path / "SIMULATED-toy")
    data = toy_cohort.write(tmp_path / "c.csv", 60)
    assert run(["train", str(path), "--data", str(data), "--rules", RULES, *arguments]) == 2


def test_a_model_is_evaluated_and_the_result_stored(trained, tmp_path, capsys):
    import shutil

    folder = Path(shutil.copytree(trained, tmp_path / trained.name))
    other = toy_cohort.write(tmp_path / "other.csv", 250, seed=3)
    asked = [
        "evaluate",
        str(folder),
        "--data",
        str(other),
        "--name",
        "other",
        "--about",
        "a draw",
        "--rules",
        RULES,
    ]
    assert run(asked) == 0
    said = capsys.readouterr().out
    assert "C-index" in said and "its card now shows it" in said
    assert (folder / "external" / "other.json").is_file()
    assert run(["model", "show", str(folder)]) == 0
    assert "External validation: other" in capsys.readouterr().out


def test_the_training_cohort_is_no_external_validation(trained, capsys):
    data = str(trained.parent / "cohort.csv")
    assert run(["evaluate", str(trained), "--data", data, "--rules", RULES]) == 0
    said = capsys.readouterr().out
    assert "the figures are apparent" in said and "as many patients and events as the training" in said
    assert run(["evaluate", str(trained), "--data", data, "--name", "x", "--rules", RULES]) == 2
    assert "not an external validation" in capsys.readouterr().err


def test_a_tampered_model_ends_with_3(trained, tmp_path, capsys):
    import shutil

    folder = Path(shutil.copytree(trained, tmp_path / trained.name))
    (folder / "card.md").write_text("all is well", encoding="utf-8")
    assert run(["model", "show", str(folder)]) == 3
    assert "was changed" in capsys.readouterr().err


def test_a_cohort_gets_figures_and_shares_on_request(trained, tmp_path, capsys):
    lines = toy_cohort.rows(6, seed=1)
    keep = [
        at
        for at, name in enumerate(toy_cohort.HEADER.split(","))
        if name not in ("regimen", "months", "event")
    ]
    table = [[line.split(",")[at] for at in keep] for line in (toy_cohort.HEADER, *lines)]
    table[2][0], table[3][1] = "=evil()", "119"
    cohort, out = tmp_path / "c.csv", tmp_path / "out.csv"
    cohort.write_text("\n".join(map(",".join, table)) + "\n", encoding="utf-8")
    assert (
        run(["model", "apply", str(trained), str(cohort), "--out", str(out), "--explain", "--rules", RULES])
        == 0
    )
    assert "predictions each" in capsys.readouterr().err
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 18 and {row["option"] for row in rows} == {"T1", "T2", "T4"}
    for row in rows:
        if row["abstains"]:
            assert row["abstains"] == "outside_range:age" and row["percent"] == ""
            continue
        shares = [float(row[name]) for name in row if name.startswith("share_")]
        assert float(row["base"]) + sum(shares) == pytest.approx(float(row["percent"]), abs=1e-6)
    assert sum(bool(row["abstains"]) for row in rows) == 3
    assert any(row["id"] == "'=evil()" for row in rows)


def test_a_foreign_pickle_is_imported_only_with_its_digest(tmp_path, capsys):
    import joblib
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x = (rng.random((200, 6)) > 0.5).astype(float)
    file = tmp_path / "theirs.joblib"
    joblib.dump(LogisticRegression().fit(x, rng.random(200) < 0.2 + 0.5 * x[:, 0]), file)
    path = declaration(tmp_path / "d", estimator="logistic")
    data, out = toy_cohort.write(tmp_path / "c.csv", 200), tmp_path / "SIMULATED-toy"
    asked = ["model", "import", str(file), "--declaration", str(path), "--data", str(data), "--out", str(out)]
    assert run([*asked, "--trust-sha256", "0" * 64, "--rules", RULES]) == 3
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run([*asked, "--trust-sha256", digest, "--rules", RULES]) == 0
    capsys.readouterr()
    assert run(["model", "show", str(out)]) == 0
    assert "trained elsewhere" in capsys.readouterr().out
    assert not list(out.glob("*.joblib")) + list(out.glob("*.pkl"))


def test_the_shelf_is_listed(capsys):
    assert run(["model", "list"]) == 0
    said = capsys.readouterr().out
    assert "SIMULATED" in said and "target-os" in said


def test_an_invented_registry_is_drawn(tmp_path, capsys):
    plan = ROOT / "models" / "SIMULATED-regimen" / "simulation.yaml"
    out = tmp_path / "registry.csv"
    assert run(["model", "simulate", str(plan), "--out", str(out)]) == 0
    assert "SIMULATED" in capsys.readouterr().out and out.read_text(encoding="utf-8").count("SIM-") == 4000


@pytest.mark.parametrize("place", ["nowhere/x.csv", ""])
def test_what_can_t_be_written_ends_with_2(trained, place, tmp_path, capsys):
    """A folder that does not exist, or a folder in place of a file."""
    plan = str(ROOT / "models" / "SIMULATED-regimen" / "simulation.yaml")
    cohort = tmp_path / "c.csv"
    cohort.write_text("id,age (years)\nA,30\n", encoding="utf-8")
    out = ["--out", str(tmp_path / place)]
    for asked in (
        ["model", "simulate", plan, *out],
        ["model", "apply", str(trained), str(cohort), *out, "--rules", RULES],
        ["template", str(tmp_path / place)],
    ):
        assert run(asked) == 2 and "Name a place in a folder that exists" in capsys.readouterr().err


def test_a_model_is_not_trained_into_a_file(tmp_path, capsys):
    path = declaration(tmp_path / "SIMULATED-toy")
    data = toy_cohort.write(tmp_path / "c.csv", 300)
    (tmp_path / "file").write_text("", encoding="utf-8")
    out = str(tmp_path / "file" / "SIMULATED-toy")
    assert run(["train", str(path), "--data", str(data), "--rules", RULES, "--out", out]) == 2
    assert "not a directory" in capsys.readouterr().err


def test_a_patient_is_ranked_beside_a_model(capsys):
    patient = str(ROOT / "examples" / "patients" / "typical_adult.yaml")
    assert run(["rank", patient, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert run(["rank", patient, "--json", "--model", "SIMULATED-regimen@1.0.0"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["policies"] == plain["policies"] and "model" not in plain
    assert told["model"]["simulated"] is True and len(told["model"]["policies"]) == 2
    assert run(["rank", patient, "--json", "--model", "target-os"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"]["abstains"][0]["code"] == "outside_population:prior_map"
    assert told["policies"] == plain["policies"]


@pytest.mark.parametrize("name", ["nothing", "target-os@9.9.9", "../../etc"])
def test_an_unknown_model_ends_without_a_ranking(name, capsys):
    patient = str(ROOT / "examples" / "patients" / "typical_adult.yaml")
    assert run(["rank", patient, "--model", name]) in (2, 3)
    assert not capsys.readouterr().out
