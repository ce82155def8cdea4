"""Stored models: whatever is off is refused before anything in it is understood."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cds.commands import train as command
from cds.errors import InputError, ModelError
from cds.files import canonical_lines, read_json
from cds.risk import artefact
from cds.risk.artefact import DIGESTS, MANIFEST, load_model, read_record, seal
from cds.risk.foreign import open_foreign
from cds.risk.invented import invent, patients_from
from cds.risk.manifest import GOLDEN, MODEL, VALIDATION
from cds.risk.shelf import folder_of, named, shelved
from cds.risk.training import train
from tests import toy_cohort

TODAY = dt.date(2026, 11, 23)


def made(root: Path, **more: object) -> Path:
    declared = toy_cohort.per_option(subgroups=[], comparisons=[], **more)
    path = toy_cohort.write(root / "cohort.csv", 240)
    trained = train(declared, toy_cohort.cohort(path, declared), toy_cohort.book(), today=TODAY)
    folder = root / declared.id
    command.store_model(folder, trained, b"id: as declared\n")
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return made(tmp_path_factory.mktemp("models"))


@pytest.fixture
def folder(original, tmp_path) -> Path:
    return Path(shutil.copytree(original, tmp_path / original.name))


def load(folder: Path):
    return load_model(folder, toy_cohort.book())


def refused(folder: Path, word: str) -> None:
    with pytest.raises(ModelError, match=word):
        load(folder)


def test_what_was_stored_is_what_is_loaded(original):
    model = load(original)
    rows = patients_from(invent(model.inputs, 40, 99), model.inputs)
    again = load(original)
    assert model.percent(rows).tolist() == again.percent(rows).tolist()
    assert model.digest == hashlib.sha256((original / MANIFEST).read_bytes()).hexdigest()
    assert len(model.refits) == 20 and "outside: not available" in model.validity


def test_one_row_and_a_table_give_the_same_figures(original):
    """To 9 decimals and to the last bit: a row's figure does not depend on its neighbours."""
    model = load(original)
    rows = patients_from(invent(model.inputs, 101, 5), model.inputs)
    alone = [model.percent(rows.take(np.array([row])))[0] for row in range(101)]
    assert alone == model.percent(rows).tolist()


@pytest.mark.parametrize("name", [MODEL, MANIFEST, GOLDEN, VALIDATION, "card.md", "declaration.yaml"])
def test_a_changed_file_is_refused_by_its_digest(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    refused(folder, "its digest differs")


def test_a_missing_and_an_added_file_are_refused(folder):
    (folder / "note.txt").write_text("hello", encoding="utf-8")
    refused(folder, "not listed")
    (folder / "note.txt").unlink()
    (folder / MODEL).unlink()
    refused(folder, "is missing")


def test_a_link_is_refused(folder, tmp_path):
    target = tmp_path / "elsewhere"
    shutil.move(folder / MODEL, target)
    (folder / MODEL).symlink_to(target)
    refused(folder, "not a regular file")


def test_a_folder_of_another_name_is_refused(folder, tmp_path):
    shutil.move(folder, tmp_path / "other")
    refused(tmp_path / "other", "holds the model")


def test_no_folder_no_model(tmp_path):
    refused(tmp_path / "nothing", "no such model")


def rewrite(folder: Path, change) -> None:
    """Change the manifest and seal the folder again, as somebody with bad intent or a bad tool would."""
    data = json.loads((folder / MANIFEST).read_bytes())
    change(data)
    (folder / MANIFEST).write_bytes(canonical_lines(data))
    seal(folder)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda m: m.update(format=2), "another format"),
        (lambda m: m.update(surprise=1), "another format"),
        (lambda m: m.pop("inputs"), "another format"),
        (lambda m: m["columns"].pop(), "columns are not those"),
        (lambda m: m["declaration"]["features"].pop(), "columns are not those"),
        (lambda m: m["inputs"].pop(0), "not described"),
        (lambda m: m["inputs"][2].update(unit="days"), "another type or unit"),
        (lambda m: m["inputs"][0]["counts"].update(gone=9), "no value"),
        (lambda m: m["declaration"]["features"][0].update(any_of=["gone"]), "not a value"),
        (lambda m: m["declaration"]["features"][0].update(any_of=["intact"]), "golden row"),
        (lambda m: m["declaration"]["features"].reverse(), "columns are not those"),
        (lambda m: m.update(resamples=19), "refits"),
        (lambda m: m["files"].update({MODEL: "0" * 64}), "not the file the manifest names"),
        (lambda m: m["declaration"].update(estimator="boosting"), "can't be read|columns|another"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_though_sealed(folder, change, word):
    rewrite(folder, change)
    refused(folder, word)


def test_a_model_of_other_numbers_is_caught_by_its_golden_rows(folder):
    """Digests and manifest are right; the model is another one."""
    from skops import io

    stored = io.loads((folder / MODEL).read_bytes(), trusted=[])
    stored["fitted"]["coef"] = stored["fitted"]["coef"] + 1e-9
    raw = io.dumps(stored)
    (folder / MODEL).write_bytes(raw)
    rewrite(folder, lambda m: m["files"].update({MODEL: hashlib.sha256(raw).hexdigest()}))
    refused(folder, "golden row")


def test_a_model_file_that_holds_an_object_is_refused(folder):
    from sklearn.linear_model import LogisticRegression
    from skops import io

    raw = io.dumps({"fitted": LogisticRegression(), "refits": {}})
    (folder / MODEL).write_bytes(raw)
    rewrite(folder, lambda m: m["files"].update({MODEL: hashlib.sha256(raw).hexdigest()}))
    refused(folder, "can't be read")


def test_a_pickle_in_place_of_the_model_is_refused_and_not_opened(folder, tmp_path):
    import pickle

    flag = tmp_path / "ran"

    class Payload:
        def __reduce__(self):
            return (Path.touch, (flag,))

    raw = pickle.dumps(Payload())
    (folder / MODEL).write_bytes(raw)
    rewrite(folder, lambda m: m["files"].update({MODEL: hashlib.sha256(raw).hexdigest()}))
    refused(folder, "can't be read")
    assert not flag.exists()


def flips(folder: Path, tries: int, seed: int) -> None:
    """Single bits of any file, the list of digests included: refused, or nothing changed at all."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes = np.array([path.stat().st_size for path in files], dtype=float)
    rng = np.random.default_rng(seed)
    for _ in range(tries):
        path = files[int(rng.choice(len(files), p=np.sqrt(sizes) / np.sqrt(sizes).sum()))]
        raw = path.read_bytes()
        at, bit = int(rng.integers(len(raw))), int(rng.integers(8))
        path.write_bytes(raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :])
        with pytest.raises(ModelError):
            load(folder)
        path.write_bytes(raw)
    load(folder)


def test_a_thousand_flipped_bits_are_refused(folder):
    flips(folder, 1000, 0)


@pytest.mark.long
def test_flipped_bits_are_refused_though_sealed_again(folder):
    """Even with digests made anew a flipped bit of the model is refused, or leaves every figure equal."""
    model = load(folder)
    rows = patients_from(invent(model.inputs, 50, 3), model.inputs)
    expected, raw, rng = model.percent(rows).tolist(), (folder / MODEL).read_bytes(), np.random.default_rng(2)
    manifest = (folder / MANIFEST).read_bytes()
    for _ in range(300):
        at, bit = int(rng.integers(len(raw))), int(rng.integers(8))
        flipped = raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :]
        (folder / MODEL).write_bytes(flipped)
        rewrite(folder, lambda m, f=flipped: m["files"].update({MODEL: hashlib.sha256(f).hexdigest()}))
        with contextlib.suppress(ModelError):
            assert load(folder).percent(rows).tolist() == expected
        (folder / MANIFEST).write_bytes(manifest)


def test_boosting_of_another_version_of_the_library_is_refused(tmp_path):
    plan = {"seed": 1, "strengths": [0.1], "folds": 2, "repeats": 1, "resamples": 20}
    folder = made(tmp_path, estimator="boosting", plan=plan)
    model = load(folder)
    assert np.isfinite(model.percent(model.background)).all()
    rewrite(folder, lambda m: m["libraries"].update({"scikit-learn": "1.2.3"}))
    refused(folder, "was made with scikit-learn 1.2.3")


def test_golden_rows_are_twenty_at_least_and_invented(original):
    golden = json.loads((original / GOLDEN).read_bytes())
    assert len(golden) >= 20
    assert all(set(row["given"]) <= {"gene", "signal_a", "age", "regimen"} for row in golden)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, '{"a": 1'])
def test_json_is_read_strictly(text):
    with pytest.raises(ValueError, match=r"."):
        read_json(text.encode())


# --- the shelf -------------------------------------------------------------------------------------


def test_a_model_is_found_by_name_and_pinned_by_version_or_digest(original):
    book, root = toy_cohort.book(), original.parent
    assert [path.name for path in shelved(root)] == ["SIMULATED-toy"]
    model, pinned = named("SIMULATED-toy", book, root)
    assert not pinned
    assert named("SIMULATED-toy@1.0.0", book, root)[1]
    assert named(f"SIMULATED-toy@{model.digest[:12]}", book, root)[1]


@pytest.mark.parametrize(
    "text", ["nothing", "SIMULATED-toy@2.0.0", "SIMULATED-toy@ffffffffffff", "..", "a b"]
)
def test_another_name_or_version_is_refused(original, text):
    with pytest.raises(InputError):
        named(text, toy_cohort.book(), original.parent)


def test_a_digest_that_is_too_short_does_not_pin(original):
    model, _ = named("SIMULATED-toy", toy_cohort.book(), original.parent)
    with pytest.raises(InputError):
        named(f"SIMULATED-toy@{model.digest[:8]}", toy_cohort.book(), original.parent)


def test_an_empty_shelf_is_fine(tmp_path):
    assert shelved(tmp_path) == () == shelved(tmp_path / "none")
    with pytest.raises(InputError, match="none"):
        folder_of("toy", tmp_path)


def test_an_external_validation_is_stored_beside_the_model(folder, tmp_path):
    from cds.risk.external import evaluate

    record, model = read_record(folder), load(folder)
    other = toy_cohort.cohort(toy_cohort.write(tmp_path / "other.csv", 200, seed=7), model.declaration)
    found = evaluate(model, record.validation, other, name="other", description="a draw", today=TODAY)
    command.store_external(folder, "other", found.model_dump(mode="json"))
    assert load(folder).digest == model.digest
    assert "other 0." in load(folder).validity
    assert "External validation: other" in (folder / "card.md").read_text(encoding="utf-8")
    with pytest.raises(InputError):
        command.store_external(folder, "../x", {})


def test_an_external_validation_of_another_model_is_refused(folder, tmp_path):
    test_an_external_validation_is_stored_beside_the_model(folder, tmp_path)
    path = folder / "external" / "other.json"
    data = json.loads(path.read_bytes()) | {"model_digest": "0" * 64}
    path.write_bytes(canonical_lines(data))
    seal(folder)
    refused(folder, "of another model")


# --- foreign files ---------------------------------------------------------------------------------


def foreign(path: Path, model: object) -> str:
    import joblib

    joblib.dump(model, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fitted_logistic(columns: int = 4):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, columns))
    return LogisticRegression().fit(x, x[:, 0] > 0), x


def test_a_trusted_pickle_is_turned_into_plain_numbers(tmp_path):
    from cds.risk.estimators import restore

    model, x = fitted_logistic()
    digest = foreign(tmp_path / "m.joblib", model)
    fitted = restore(open_foreign(tmp_path / "m.joblib", digest))
    assert fitted.risk(x) == pytest.approx(model.predict_proba(x)[:, 1], abs=1e-12)


def test_a_pickle_without_its_digest_is_not_opened(tmp_path):
    foreign(tmp_path / "m.joblib", fitted_logistic()[0])
    with pytest.raises(ModelError, match="not the one named"):
        open_foreign(tmp_path / "m.joblib", "0" * 64)


class Harm:
    """Runs a program when it is opened."""

    def __reduce__(self):
        return (subprocess.call, (["touch", "harm-was-done"],))


def test_what_a_pickle_wants_to_run_is_held_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digest = foreign(tmp_path / "m.joblib", Harm())
    with pytest.raises(ModelError, match="scikit-learn that opens"):
        open_foreign(tmp_path / "m.joblib", digest)
    assert not (tmp_path / "harm-was-done").exists()


def test_another_object_is_not_a_model(tmp_path):
    digest = foreign(tmp_path / "m.joblib", {"a": 1})
    with pytest.raises(ModelError):
        open_foreign(tmp_path / "m.joblib", digest)


def test_nothing_of_ours_opens_a_pickle():
    """Only the opener's own process names joblib.load, and nothing names pickle."""
    root = Path(artefact.__file__).parent.parent
    sources = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*.py")}
    assert [
        name for name, text in sources.items() if re.search(r"^\s*(import|from) c?pickle", text, re.M)
    ] == []
    assert [name for name, text in sources.items() if "joblib.load" in text] == ["risk/foreign.py"]


def test_digests_cover_every_file(original):
    listed = (original / DIGESTS).read_text(encoding="utf-8")
    files = [p.relative_to(original).as_posix() for p in original.rglob("*") if p.is_file()]
    assert all(name in listed for name in files if name != DIGESTS)
    assert "figures/calibration.svg" in files and "card.md" in files
