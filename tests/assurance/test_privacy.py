"""No word of a patient stands where nobody looks for it.

Each patient carries words that occur nowhere else: the id, a drug, a specimen, a note, a wrong
entry. Every command is run on them, also where it fails. They may stand on stdout and in the files
asked for, nowhere else. Names of columns and of markers are no words of a patient: a fault names
them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from cds.cli import app
from cds.commands import browse
from cds.store.cases import open_store
from cds.store.record import Content
from tests.assurance.canary import Trace, command, watched

ROOT = Path(__file__).parents[2]
BASE = ROOT / "examples" / "patients" / "typical_adult.yaml"
CANARY = "QZXCANARY"
ID, DRUG, NOTE, VALUE, LABEL = (f"{CANARY}{word}" for word in ("ID", "DRUG", "NOTE", "VALUE", "LABEL"))
MODEL = ROOT / "models" / "target-os"
ASSUME = ROOT / "examples" / "assumptions" / "target_relapsed.yaml"


def patient(folder: Path, name: str = "patient.yaml", more: str = "") -> Path:
    """A patient of whom everything that is free text is a canary."""
    text = BASE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("id:", "  current_drugs"))]
    lines.insert(0, f"id: {ID}")
    at = lines.index("markers:") + 1
    lines[at:at] = [
        f"  current_drugs: [{DRUG}]",
        "  current_drugs_complete: no",
        f"  mir99a: {{value: low, assay: {NOTE}, specimen: {NOTE}}}",
    ]
    path = folder / name
    path.write_text("\n".join(lines) + f"\n{more}", encoding="utf-8")
    return path


HEADER = "id,age (years),histology,prior_map,resectability,sex,necrosis (%),current_drugs,note"
ROWS = (
    f"{ID}1,34,high_grade_conventional,relapsed,unresectable,female,40,{DRUG},{NOTE}",
    f"{ID}2,61,high_grade_conventional,relapsed,unresectable,male,95,none,{NOTE}",
    f"{ID}3,12,high_grade_conventional,relapsed,unresectable,male,0.4,{DRUG}: {NOTE},{NOTE}",
)


def cohort(folder: Path, *rows: str, header: str = HEADER, name: str = "cohort.csv") -> Path:
    """A cohort of canaries."""
    path = folder / name
    path.write_text("\n".join([header, *(rows or ROWS)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for the store, for temporary files and for the working directory."""
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path / "store"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def quiet(trace: Trace, *allowed: Path) -> None:
    """Nothing of the patient stands outside of what was asked for."""
    found = list(trace.leaks(CANARY, *allowed))
    assert not found, "\n".join(found)
    assert "Traceback" not in trace.stderr


PATIENT_COMMANDS = {
    "rank": ["rank", "{p}"],
    "rank full": ["rank", "{p}", "--full"],
    "rank json": ["rank", "{p}", "--json"],
    "rank assume": ["rank", "{p}", "--assume", str(ASSUME)],
    "rank why robustness": ["rank", "{p}", "--why", "--robustness"],
    "rank model": ["rank", "{p}", "--model", "target-os"],
    "next-test": ["next-test", "{p}"],
    "flip": ["flip", "{p}", "--recoverable", "--up-to", "1"],
    "contrast": ["contrast", "{p}", "O01", "O03"],
    "report case": [
        "report",
        "case",
        "{p}",
        "--short",
        "--format",
        "html,pdf,docx,md,json,fhir",
        "--out",
        "{out}",
    ],
}


@pytest.mark.parametrize("arguments", PATIENT_COMMANDS.values(), ids=PATIENT_COMMANDS)
def test_commands_on_one_patient(arguments: list[str], home: Path):
    path, out = patient(home), home / "out"
    trace = command([part.format(p=path, out=out) for part in arguments], home / "tmp")
    assert trace.code == 0, trace.stderr
    quiet(trace, out)
    if arguments[0] in ("rank", "report"):
        told = trace.stdout + "".join(p.read_text(errors="ignore") for p in out.rglob("*") if p.is_file())
        assert CANARY in told, "the canary did not fly at all"


@pytest.fixture
def ranked(home: Path) -> Path:
    """A finished run on the canaries."""
    out = home / "ranked"
    trace = command(["rank", str(cohort(home)), "--out", str(out), "--ignore", "note"], home / "tmp")
    assert trace.code in (0, 1), trace.stderr
    quiet(trace, out)
    return out


RUN_COMMANDS = {
    "summary": ["summary", "{run}"],
    "summary json": ["summary", "{run}", "--json"],
    "explain": ["explain", "{run}", "--patient", f"{ID}1"],
    "digest": ["digest", "{run}"],
    "who-used": ["who-used", "{run}", "--rule", "g.adult"],
    "board report": [
        "report",
        "cohort",
        "{run}",
        "--board",
        "--format",
        "html,pdf,docx,md",
        "--out",
        "{out}",
    ],
    "shared report": [
        "report",
        "cohort",
        "{run}",
        "--shared",
        "--format",
        "html,pdf,docx,md",
        "--out",
        "{out}",
    ],
}


@pytest.mark.parametrize("arguments", RUN_COMMANDS.values(), ids=RUN_COMMANDS)
def test_commands_on_a_finished_run(arguments: list[str], home: Path, ranked: Path):
    out = home / "out"
    trace = command([part.format(run=ranked, out=out) for part in arguments], home / "tmp")
    assert trace.code == 0, trace.stderr
    quiet(trace, out)


def test_a_report_with_follow_up_and_stability(home: Path, ranked: Path):
    """The ranked file and the follow-up hold patients as well; both taken, and the second refused."""
    follow = home / "follow.csv"
    source = ["--source", str(home / "cohort.csv"), "--ignore", "note"]
    for text in (f"id,time,event\n{ID}1,12,1\n{ID}2,30,0\n", f"id,time,event\n{ID}1,{VALUE},1\n"):
        follow.write_text(text, encoding="utf-8")
        extra = ["--follow-up", str(follow), "--model", "target-os"]
        report = ["report", "cohort", str(ranked), "--board", "--format", "html", "--out", str(home / "out")]
        for arguments in ([*report, *source], [*report, *source, *extra]):
            quiet(command(arguments, home / "tmp"), home / "out")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_other_formats_of_a_run(form: str, home: Path):
    out = home / "out"
    arguments = ["rank", str(cohort(home)), "--out", str(out), "--ignore", "note", "--format", form]
    quiet(command(arguments, home / "tmp"), out)


def test_a_shared_report_names_nobody(home: Path, ranked: Path):
    out = home / "shared"
    command(
        ["report", "cohort", str(ranked), "--shared", "--format", "html,md", "--out", str(out)], home / "tmp"
    )
    assert [path for path in out.rglob("*") if path.is_file()]
    assert not [path for path in out.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_the_case_store(home: Path):
    """Saved, listed, exported, taken in again, copied, checked, and refused."""
    store = open_store(actor="tester")
    store.create(Content(label=f"{LABEL}-1", markers={"age": "34"}), now=dt.datetime.now(dt.UTC))
    store.engine.dispose()
    out, copy = home / "out" / "cases.json", home / "out" / "copy.sqlite"
    out.parent.mkdir()
    store_folder = home / "store"
    for arguments in (["list"], ["verify"], ["agreement"]):
        quiet(command(["cases", *arguments], home / "tmp"), store_folder)
    quiet(command(["cases", "export", str(out)], home / "tmp"), home / "out", store_folder)
    quiet(command(["cases", "backup", str(copy)], home / "tmp"), home / "out", store_folder)
    quiet(command(["cases", "import", str(out)], home / "tmp"), store_folder)
    bent = home / "bent.json"
    bent.write_text(out.read_text(encoding="utf-8").replace("34", "35"), encoding="utf-8")
    quiet(command(["cases", "import", str(bent)], home / "tmp"), store_folder)


def test_a_store_put_back_from_its_backup(home: Path):
    store = open_store(actor="tester")
    store.create(Content(label=f"{LABEL}-1", markers={"age": "34"}), now=dt.datetime.now(dt.UTC))
    store.engine.dispose()
    copy = home / "out" / "copy.sqlite"
    copy.parent.mkdir()
    for word in ("backup", "restore"):
        trace = command(["cases", word, str(copy)], home / "tmp")
        assert trace.code == 0, trace.stderr
        quiet(trace, home / "store", copy.parent)


# --- imports ----------------------------------------------------------------------------------------------

CLINICAL = f"PATIENT_ID\tSAMPLE_ID\tSEX\tAGE\n{ID}1\t{ID}S1\tFemale\t34\n{ID}2\t{ID}S2\t{VALUE}\t{VALUE}\n"
VARIANTS = (
    "Hugo_Symbol\tVariant_Classification\tHGVSp_Short\tTumor_Sample_Barcode\tMutation_Status\n"
    f"RB1\tNonsense_Mutation\tp.R320*\t{ID}S1\tSomatic\nPIK3CA\t{VALUE}\t{VALUE}\t{ID}S2\t{VALUE}\n"
)


def study(folder: Path, clinical: str = CLINICAL, variants: str = VARIANTS) -> Path:
    """A study folder of canaries: patients, samples and variants."""
    folder.mkdir()
    for kind, data, name, text in (
        ("CLINICAL", "SAMPLE_ATTRIBUTES", "data_clinical.txt", clinical),
        ("MUTATION_EXTENDED", "MAF", "data_mutations.txt", variants),
    ):
        meta = f"cancer_study_identifier: invented\ngenetic_alteration_type: {kind}\ndatatype: {data}\n"
        (folder / f"meta_{name}").write_text(f"{meta}data_filename: {name}\n", encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    return folder


RAGGED = VARIANTS + f"RB1\t{VALUE}\n"


@pytest.mark.parametrize("variants", [VARIANTS, RAGGED, VARIANTS.replace("HGVSp_Short", VALUE)])
def test_imports_of_studies_and_variants(variants: str, home: Path):
    """Taken in or refused: ids and values stand in the table and its report, nowhere else."""
    source, out = study(home / "study", variants=variants), home / "out"
    out.mkdir()
    maf = ["import", "maf", str(source / "data_mutations.txt"), "--out", str(out / "maf.csv")]
    clinical = ["--clinical", str(source / "data_clinical.txt")]
    whole = ["import", "cbioportal", str(source), "--out", str(out / "study.csv")]
    for arguments in (maf, [*maf[:-1], str(out / "both.csv"), *clinical], whole):
        trace = command(arguments, home / "tmp")
        assert trace.code in (0, 2), trace.stderr
        quiet(trace, out)
    assert (out / "study.csv").exists() is (variants != RAGGED)


def test_models_and_rulebooks(home: Path):
    path, out = cohort(home), home / "out"
    out.mkdir()
    applied = ["model", "apply", "target-os", str(path), "--ignore", "note", "--out", str(out / "m.csv")]
    trained = ["train", str(MODEL / "declaration.yaml"), "--data", str(path), "--out", str(out / "model")]
    evaluated = ["evaluate", "target-os", "--data", str(path)]
    compared = ["rules", "diff", str(ROOT / "rules"), str(ROOT / "rules"), "--cohort", str(path)]
    pickle = home / "theirs.joblib"
    pickle.write_bytes(VALUE.encode())
    declared = ["--declaration", str(MODEL / "declaration.yaml"), "--data", str(path)]
    imported = [
        "model",
        "import",
        str(pickle),
        *declared,
        "--out",
        str(out / "m"),
        "--trust-sha256",
        "0" * 64,
    ]
    for arguments in (applied, trained, evaluated, compared, imported):
        quiet(command(arguments, home / "tmp"), out)


# --- failures -------------------------------------------------------------------------------------------

BROKEN_PATIENTS = {
    "a value of a marker that is none": f"  histology_2: {VALUE}\n",
    "a broken line": f"  {VALUE}: [\n",
    "a duplicate key": f"id: {VALUE}\n",
    "a detail that is none": f"  huvos: {{value: I, remark: {VALUE}}}\n",
    "a number that is none": f"  dlco: {VALUE}\n",
    "a category that is none": f"  msi: {VALUE}\n",
    "an outcome that is none": f"  drug_allergies: [{{drug: {DRUG}, outcome: {VALUE}}}]\n",
    "a tag": f"  msi: !!python/object:os.system {VALUE}\n",
}


@pytest.mark.parametrize("more", BROKEN_PATIENTS.values(), ids=BROKEN_PATIENTS)
@pytest.mark.parametrize("name", ["rank", "report case", "flip"])
def test_refused_patients(name: str, more: str, home: Path):
    path = patient(home, more=more)
    arguments = [part.format(p=path, out=home / "out") for part in PATIENT_COMMANDS[name]]
    trace = command(arguments, home / "tmp")
    assert trace.code == 2, trace.stderr
    quiet(trace)


BROKEN_COHORTS: dict[str, Callable[[Path], Path]] = {
    "ragged": lambda folder: cohort(folder, f"{ID}1,34,{VALUE}"),
    "twice": lambda folder: cohort(folder, ROWS[0], ROWS[0]),
    "unknown column": lambda folder: cohort(folder, f"{ID},{VALUE}", header="id,remark"),
    "bare quote": lambda folder: cohort(folder, ROWS[0].replace(NOTE, f'{NOTE}"x')),
    "headerless": lambda folder: cohort(folder, ROWS[1], header=ROWS[0]),
    "NUL": lambda folder: cohort(folder, ROWS[0].replace("34", "3\0004")),
    "other encoding": lambda folder: _latin(folder),
}


def _latin(folder: Path) -> Path:
    path = cohort(folder)
    path.write_bytes(path.read_bytes().replace(DRUG.encode(), DRUG.encode() + b"\xe9"))
    return path


@pytest.mark.parametrize("make", BROKEN_COHORTS.values(), ids=BROKEN_COHORTS)
def test_refused_cohorts(make: Callable[[Path], Path], home: Path):
    trace = command(["rank", str(make(home)), "--out", str(home / "out"), "--ignore", "note"], home / "tmp")
    assert trace.code == 2, trace.stderr
    quiet(trace)
    assert not (home / "out").exists()


def test_refused_rows(home: Path):
    """Some rows, and all rows: told by line and column, on the terminal without what stood there."""
    wrong = (ROWS[0].replace("34", VALUE), ROWS[2])
    for name, rows in (("some", (*wrong, ROWS[1])), ("all", wrong)):
        out = home / name
        trace = command(
            ["rank", str(cohort(home, *rows)), "--out", str(out), "--ignore", "note"], home / "tmp"
        )
        assert trace.code == 1, trace.stderr
        quiet(trace, out)


def test_refused_reports(home: Path):
    out = home / "out"
    command(
        ["report", "case", str(patient(home)), "--short", "--format", "json", "--out", str(out)], home / "tmp"
    )
    [report] = out.glob("*.json")
    for bent in (report.read_text(encoding="utf-8")[:-30], json.dumps({"patient": VALUE})):
        path = home / "bent.json"
        path.write_text(bent, encoding="utf-8")
        quiet(command(["report", "verify", str(path)], home / "tmp"))


def test_an_internal_fault_tells_nothing(home: Path, monkeypatch: pytest.MonkeyPatch):
    """Even a fault of ours, whose message holds a value, is told without it."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"could not convert {VALUE}")

    monkeypatch.setattr("cds.assessment.decide", broken)
    trace = command(["rank", str(patient(home))], home / "tmp")
    assert trace.code == 70
    quiet(trace)


def test_the_watch_sees_what_it_should(home: Path):
    """The test itself works: a token on stderr, in a file elsewhere and in a file name is seen."""
    with watched(home / "work") as trace:
        (home / "work" / f"{CANARY}.txt").write_text(CANARY, encoding="utf-8")
        print(CANARY, file=__import__("sys").stderr)
    assert len(list(trace.leaks(CANARY))) == 3
    assert not list(trace.leaks(CANARY + "!"))


#: Commands that read no patient, or whose patients are invented by the command itself.
WITHOUT_PATIENTS = {
    "template", "schema", "doctor", "rules check", "rules schema",
    "model list", "model show", "model simulate",
    *(f"{shelf} {does}" for shelf in ("rules", *browse.SHELVES) for does in ("list", "show")),
}  # fmt: skip
#: Tested with canaries in this file.
WITH_CANARIES = {
    "rank", "next-test", "flip", "contrast", "summary", "explain", "digest", "who-used", "train", "evaluate",
    "report case", "report cohort", "report verify", "rules diff", "model apply",
    "cases list", "cases verify", "cases export", "cases import", "cases backup", "cases agreement",
    "cases restore", "model import", "import cbioportal", "import maf",
}  # fmt: skip


def names(group: Any, before: str = "") -> set[str]:
    found: set[str] = set()
    for name, entry in group.commands.items():
        found |= names(entry, f"{before}{name} ") if hasattr(entry, "commands") else {f"{before}{name}"}
    return found


def test_no_command_is_forgotten():
    assert names(typer.main.get_command(app)) == WITHOUT_PATIENTS | WITH_CANARIES
