"""Cohort runs: outputs, one digest however a ranking was made, refusals, and reading results back."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cds.assessment import Context, assess
from cds.batch.digest import digest_of
from cds.batch.expand import explanation
from cds.batch.layout import layout_of
from cds.batch.recall import who_used
from cds.batch.results import packed, schema_of, table_of, unpacked
from cds.batch.run import FORMS, rank_file
from cds.batch.stored import Stored
from cds.cli import run
from cds.decision import decide
from cds.errors import InputError, RulebookError
from cds.intake.cohort_tables import Reading
from tests.cohorts import BOOK, HEADER, ROW, cohort_text, patients, pieces
from tests.policies import POLICIES

EXAMPLE = Path(__file__).parents[2] / "examples" / "cohort.csv"
LINES = EXAMPLE.read_text(encoding="utf-8").splitlines()


def ranked(out: Path, source: Path = EXAMPLE, **how: object) -> Stored:
    rank_file(source, out, **how)  # type: ignore[arg-type]
    stored = Stored(out)
    stored.check_files()
    return stored


def digest(stored: Stored) -> str:
    return digest_of(stored.tables(), stored.layout)


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Stored:
    return ranked(tmp_path_factory.mktemp("batch") / "out")


@pytest.fixture(scope="module")
def one(stored) -> str:
    return digest(stored)


# --- one digest ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"form": "csv"},
        {"form": "jsonl"},
        {"threads": 1},
        {"chunk": 1},
        {"chunk": 7},
        {"chunk": 1000},
        {"reading": Reading(fast=False)},
        {"reading": Reading(block=256, rows=1)},
        {"reading": Reading(block=1000, rows=7)},
        {"reading": Reading(block=512, rows=1), "form": "csv"},
        {"reading": Reading(block=512, rows=1), "form": "jsonl"},
    ],
    ids=str,
)
def test_the_digest_does_not_depend_on_how_it_was_made(tmp_path, one, how):
    assert digest(ranked(tmp_path / "out", **how)) == one


def test_the_digest_does_not_depend_on_the_order_of_rows(tmp_path, one):
    rows = LINES[1:]
    random.Random(3).shuffle(rows)
    (tmp_path / "cohort.csv").write_text("\n".join([LINES[0], *rows]) + "\n", encoding="utf-8")
    assert digest(ranked(tmp_path / "out", tmp_path / "cohort.csv")) == one


def test_the_digest_does_not_depend_on_the_input_format(tmp_path, one):
    frame = pl.read_csv(EXAMPLE, infer_schema=False)
    typed = pl.read_csv(EXAMPLE, infer_schema_length=None)
    frame.write_parquet(tmp_path / "text.parquet")
    typed.write_parquet(tmp_path / "typed.parquet")
    arrow = typed.with_columns(pl.col("sex").cast(pl.Categorical)).to_arrow()
    with pa.ipc.new_file(tmp_path / "cohort.arrow", arrow.schema) as writer:
        writer.write_table(arrow)
    (tmp_path / "cohort.csv.gz").write_bytes(gzip.compress(EXAMPLE.read_bytes()))
    for name in ("text.parquet", "typed.parquet", "cohort.arrow", "cohort.csv.gz"):
        assert digest(ranked(tmp_path / f"out-{name}", tmp_path / name)) == one, name


def test_one_by_one_is_the_batch(tmp_path, one):
    """Each patient alone, as a file of one row; the tables together have the digest of the batch."""
    tables, layout = [], layout_of(BOOK, POLICIES)
    for line in LINES[1:]:
        (tmp_path / "one.csv").write_text(f"{LINES[0]}\n{line}\n", encoding="utf-8")
        [piece] = pieces(tmp_path / "one.csv")
        tables.append(table_of(decide(piece.cohort, BOOK), layout, piece.flags))
    assert digest_of(tables, layout) == one


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"}, {"TZ": "Asia/Tokyo", "LANG": "C"},
     {"LC_ALL": "tr_TR.UTF-8"}, {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}],
    ids=str,
)  # fmt: skip
def test_the_digest_does_not_depend_on_the_environment(tmp_path, stored, environment):
    """S12: and neither do the bytes of the ranking."""
    command = [
        sys.executable,
        "-c",
        "from cds.cli import main; main()",
        "rank",
        str(EXAMPLE),
        "--out",
        str(tmp_path / "out"),
    ]
    subprocess.run(command, env=os.environ | environment, check=True, cwd=Path(__file__).parents[2])
    again = Stored(tmp_path / "out")
    assert again.run["files"]["ranking.parquet"] == stored.run["files"]["ranking.parquet"]


def test_the_digest_tells_another_ranking(tmp_path, one):
    text = (
        EXAMPLE.read_text(encoding="utf-8")
        .replace("hepatitis_b", "hepatitis_b", 1)
        .replace(",relapsed,", ",ongoing,", 1)
    )
    (tmp_path / "cohort.csv").write_text(text, encoding="utf-8")
    assert digest(ranked(tmp_path / "out", tmp_path / "cohort.csv")) != one


# --- outputs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_outputs_carry_notice_versions_and_their_own_digests(tmp_path, form):
    stored = ranked(tmp_path / "out", form=form)
    assert sorted(path.name for path in stored.out.iterdir()) == sorted([*stored.run["files"], "run.json"])
    for name in ("run.json", "summary.json", "contributions.json"):
        said = json.loads((stored.out / name).read_text(encoding="utf-8"))
        assert said["research_only"].startswith("RESEARCH ONLY") and said["rulebook_digest"] == BOOK.digest
    if form == "parquet":
        metadata = pq.read_schema(stored.ranking).metadata
        assert metadata[b"research_only"].startswith(b"RESEARCH ONLY")
    else:
        text = stored.ranking.read_text(encoding="utf-8").splitlines()
        assert all("RESEARCH ONLY" in line for line in text[form == "csv" :])


def test_the_summary_counts_what_the_table_holds(stored):
    counts = json.loads((stored.out / "summary.json").read_text(encoding="utf-8"))
    table = pa.concat_tables(stored.tables())
    assert counts["read"] == counts["scored"] + counts["refused"] == len(table) == len(LINES) - 1
    assert sum(counts["answers"].values()) == len(table)
    for policy in POLICIES:
        first = {
            option: sum(rank == 1 for rank in table[name].to_pylist())
            for option, _, _, name in stored.layout.fields(policy)
        }
        assert counts["first"][policy] == {option: n for option, n in first.items() if n}


def test_the_summary_tells_where_policies_differ_and_because_of_which_claims(stored):
    """Against the assessments of the patients one by one."""
    [piece] = pieces(EXAMPLE)
    assessments = [assess(piece.cohort, BOOK, row) for row in range(len(piece.cohort))]
    counts = json.loads((stored.out / "summary.json").read_text(encoding="utf-8"))["policies_differ"]
    differing = [a for a in assessments if a.first_place_differs]
    assert counts["patients"] == len(differing)
    claims: dict[str, int] = {}
    for assessment in differing:
        said = {c for b in assessment.differs_because if b.startswith("contradicted") for c in b.split()[1:]}
        for claim in said:
            claims[claim] = claims.get(claim, 0) + 1
    assert claims.items() <= counts["because_of_claims"].items()


def test_csv_is_readable_and_neutralised(tmp_path):
    """O1: no cell starts like a formula, and the ids come back as they were."""
    names = ["=1+1", "+1", "-2", "@x", "＝y", "plain", "'quoted"]
    (tmp_path / "cohort.csv").write_bytes(cohort_text(f"{name},{ROW}" for name in names))
    stored = ranked(tmp_path / "out", tmp_path / "cohort.csv", form="csv")
    with stored.ranking.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["'=1+1", "'+1", "'-2", "'@x", "'＝y", "plain", "'quoted"]
    assert all(cell[:1] not in "=+@\t\r" or not cell for row in rows for cell in row.values())
    assert [name for table in stored.tables() for name in table["id"].to_pylist()] == names
    assert " > " in rows[0]["checked_order"] and rows[0]["fired"] == rows[5]["fired"] != ""


def test_masks_come_back_as_they_were_packed():
    import numpy as np

    planes = np.random.default_rng(5).random((171, 500)) < 0.3
    assert (unpacked(packed(list(planes), 500), 171) == planes).all()
    assert (unpacked(packed(list(planes), 500).slice(3, 9), 171) == planes[:, 3:12]).all()


def test_one_policy_alone_is_the_same_ranking(tmp_path, stored):
    alone = ranked(tmp_path / "out", policies=("checked",))
    table, both = pa.concat_tables(alone.tables()), pa.concat_tables(stored.tables())
    assert table.column_names == schema_of(alone.layout).names
    assert table.equals(both.select(table.column_names))


# --- refusals -----------------------------------------------------------------------------------


def test_refused_rows_are_told_and_do_not_stop_the_others(tmp_path):
    rows = [f"P{n},{ROW}" for n in range(5)]
    rows[2] = rows[2].replace("210", "<5").replace(",34,", ",old,")
    rows[4] = rows[4].replace("P4", "")
    (tmp_path / "c.csv").write_bytes(cohort_text(rows))
    assert rank_file(tmp_path / "c.csv", tmp_path / "out") == 1
    with (tmp_path / "out" / "refused.csv").open(encoding="utf-8", newline="") as file:
        told = [(row["line"], row["id"], row["code"]) for row in csv.DictReader(file)]
    assert told == [("4", "P2", "not_a_number"), ("4", "P2", "not_a_number"), ("6", "", "id_empty")]
    counts = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert (counts["read"], counts["scored"], counts["refused"]) == (5, 3, 2)
    assert counts["refused_by_reason"] == {"not_a_number": 2, "id_empty": 1}


def test_all_rows_may_be_refused(tmp_path):
    (tmp_path / "c.csv").write_bytes(cohort_text([f",{ROW}"]))
    assert rank_file(tmp_path / "c.csv", tmp_path / "out") == 1
    assert len(pl.read_parquet(tmp_path / "out" / "ranking.parquet")) == 0


@pytest.mark.parametrize("how", [{}, {"reading": Reading(block=200, rows=1)}], ids=["whole", "in parts"])
def test_an_id_that_stands_twice_refuses_the_file_with_both_lines(tmp_path, how):
    """C7."""
    rows = [f"P{n},{ROW}" for n in range(40)]
    rows[37] = f"P5,{ROW}"
    rows[38] = f'"P6",{ROW}'
    (tmp_path / "c.csv").write_bytes(cohort_text(rows))
    with pytest.raises(InputError) as caught:
        rank_file(tmp_path / "c.csv", tmp_path / "out", **how)
    assert "c.csv:39: the id on this line stands on line 7 already" in str(caught.value)
    assert "c.csv:40: the id on this line stands on line 8 already" in str(caught.value)
    assert "P5" not in str(caught.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", patients(2) + b"P9,x\n", patients(2).replace(b",", b";")])
def test_nothing_is_written_for_a_refused_file(tmp_path, content):
    (tmp_path / "c.csv").write_bytes(content)
    for out in (tmp_path / "new", tmp_path / "there"):
        if out.name == "there":
            out.mkdir()
        with pytest.raises(InputError):
            rank_file(tmp_path / "c.csv", out)
        assert not out.exists() or not list(out.iterdir())


def test_a_refused_file_leaves_earlier_results_alone(tmp_path):
    (tmp_path / "c.csv").write_bytes(patients(3))
    before = digest(ranked(tmp_path / "out", tmp_path / "c.csv"))
    (tmp_path / "c.csv").write_bytes(patients(3) + b"x\n")
    with pytest.raises(InputError):
        rank_file(tmp_path / "c.csv", tmp_path / "out")
    assert digest(Stored(tmp_path / "out")) == before


def test_a_new_run_takes_the_place_of_an_old_one_in_another_format(tmp_path):
    (tmp_path / "c.csv").write_bytes(patients(3))
    ranked(tmp_path / "out", tmp_path / "c.csv", form="csv")
    ranked(tmp_path / "out", tmp_path / "c.csv")
    assert not (tmp_path / "out" / "ranking.csv").exists()


# --- reading results back -----------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_an_explanation_from_masks_is_the_assessment(tmp_path, form):
    """Every patient of the example: statuses, reasons, contributions, what would decide, notes."""
    stored = ranked(tmp_path / "out", form=form)
    [piece] = pieces(EXAMPLE)
    for row, name in enumerate(piece.cohort.ids):
        if form != "parquet" and row % 10:
            continue
        found = explanation(stored, name, BOOK)
        wanted = assess(piece.cohort, BOOK, row, Context())
        same = ("patient", "answer", "answer_because", "first_place_differs", "differs_because", "policies",
                "differences", "notes", "information", "not_tested")  # fmt: skip
        for part in same:
            assert getattr(found, part) == getattr(wanted, part), (name, part)
        assert [conflict.code for conflict in found.conflicts] == [c.code for c in wanted.conflicts]


@pytest.mark.parametrize("form", FORMS)
def test_what_looks_odd_is_kept_and_explained_in_words(tmp_path, form):
    (tmp_path / "c.csv").write_bytes(
        cohort_text(["A1,0.6,1900", "A2,60,200"], "id,lvef (%),platelets (10^9/L)")
    )
    stored = ranked(tmp_path / "out", tmp_path / "c.csv", form=form)
    flags = [flag for table in stored.tables() for flag in table["flags"].to_pylist()]
    assert flags == ["fraction:lvef;unusual:platelets", None]
    said = explanation(stored, "A1", BOOK).flags
    assert len(said) == 2 and said[0].endswith("reads as a fraction of 1, counted as not known")
    assert explanation(stored, "A2", BOOK).flags == ()


@pytest.mark.parametrize("text", ["[]", "{}", '{"layout": {"version": 4}}', "null"])
def test_a_foreign_run_file_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no finished run"):
        Stored(tmp_path)


def test_an_explanation_needs_the_rulebook_of_the_run(tmp_path, stored):
    from cds.rulebook.load import load

    toy = load(Path(__file__).parents[1] / "toy_rulebook")
    with pytest.raises(RulebookError, match="not those of this run"):
        explanation(stored, "INVENTED-0000001", toy)


def test_a_changed_table_is_not_explained(tmp_path):
    stored = ranked(tmp_path / "out")
    table = pq.read_table(stored.ranking)
    points = pa.array([n + 1 for n in table["checked_O01_points"].to_pylist()], pa.int16())
    changed = table.set_column(
        table.schema.get_field_index("checked_O01_points"), "checked_O01_points", points
    )
    pq.write_table(changed, stored.ranking)
    with pytest.raises(InputError, match="does not agree with its own masks"):
        explanation(stored, "INVENTED-0000001", BOOK)
    with pytest.raises(InputError, match="not as the run wrote it"):
        stored.check_files()


def test_an_unfinished_or_foreign_folder_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="no finished run"):
        Stored(tmp_path / "out")


def test_recall_lists_every_patient_a_rule_touched(stored):
    table = pa.concat_tables(stored.tables())
    fired = unpacked(table["fired"].combine_chunks(), len(stored.layout.rules))
    names = table["id"].to_pylist()
    for rule in ("x.rb1", "g.paed", "m.treg"):
        plane = fired[stored.layout.rules.index(rule)]
        wanted = {name for name, true in zip(names, plane, strict=True) if true}
        found = list(who_used([stored.out], rule=rule))
        assert {touched.patient for touched in found if touched.how == "fired"} == wanted
    assert len(list(who_used([stored.out], rulebook=BOOK.digest[:12]))) == len(names)
    assert not list(who_used([stored.out], rulebook="0000")) and not list(
        who_used([stored.out], model="cox-1")
    )


# --- the command line ---------------------------------------------------------------------------


def test_the_commands_speak_about_a_finished_run(tmp_path, capsys):
    out = str(tmp_path / "out")
    assert run(["rank", str(EXAMPLE), "--out", out, "--format", "csv"]) == 0
    assert "60 patients ranked" in capsys.readouterr().out
    assert run(["digest", out]) == 0
    assert len(capsys.readouterr().out.strip()) == 64
    assert run(["summary", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scored"] == 60
    assert run(["explain", out, "--patient", "INVENTED-0000002", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["patient"] == "INVENTED-0000002"
    assert run(["explain", out, "--patient", "INVENTED-0000002"]) == 0
    assert "RESEARCH ONLY" in capsys.readouterr().out
    assert run(["explain", out, "--patient", "nobody"]) == 2
    assert run(["who-used", out, "--rule", "x.rb1"]) == 0
    assert capsys.readouterr().out.startswith("run,id,how")
    assert run(["who-used", out]) == 2


def test_exit_codes(tmp_path, capsys):
    path, out = tmp_path / "c.csv", str(tmp_path / "out")
    path.write_bytes(patients(2) + f",{ROW}\n".encode())
    assert run(["rank", str(path), "--out", out]) == 1
    assert run(["rank", str(path)]) == 2
    assert run(["rank", str(path), "--out", out, "--format", "xlsx"]) == 2
    assert run(["rank", str(tmp_path / "none.csv"), "--out", out]) == 2
    assert run(["rank", str(path), "--out", out, "--rules", str(tmp_path)]) == 3
    capsys.readouterr()


def test_nothing_of_a_patient_stands_on_the_terminal(tmp_path, capsys):
    """L1: the canary is an id and a value; it may stand in the results, nowhere else."""
    canary = "CANARY-77"
    path, out = tmp_path / "c.csv", str(tmp_path / "out")
    for rows in (
        [f"{canary},{ROW}"],
        [f"{canary},{ROW}".replace("relapsed", canary)],
        [f"{canary},{ROW}", f"{canary},{ROW}"],
        [f"{canary},{ROW},x"],
        [f'{canary},"{ROW}'],
    ):
        path.write_bytes(cohort_text(rows, HEADER))
        run(["rank", str(path), "--out", out])
        said = capsys.readouterr()
        assert canary not in said.out + said.err
