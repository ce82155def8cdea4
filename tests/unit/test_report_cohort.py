"""The cohort report: findings first, with patients for a board, or aggregates that give no patient away."""

from __future__ import annotations

import itertools
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cds.batch.run import rank_file
from cds.cli import run
from cds.document import html, markdown, pdf
from cds.document.blocks import Document, Table, lines
from cds.errors import InputError
from cds.intake.template import header
from cds.report import files
from cds.report.cohort import document as cohort
from cds.report.cohort.disclosure import FEW, HIDDEN, LIMIT, OTHERS, Counts
from cds.report.cohort.run import read_run
from tests.unit import report_reading as reading

GIVEN = {
    "histology": "high_grade_conventional",
    "prior_map": "relapsed",
    "resectability": "unresectable",
    "ecog": "1",
    "sex": "male",
}
VARIED = {
    "age (years)": ("34", "51", "15", "19"),
    "rb1_dna": ("intact", "lost", ""),
    "pten_dna": ("intact", "lost", "one_hit", "", ""),
    "cdk4_cn": ("amplified", "not_amplified", ""),
    "pregnancy": ("",),
    "infection": ("none", "none", "none", "active", ""),
    "current_drugs": ("none", "itraconazole", ""),
}


def table(path: Path, n: int, odd: tuple[str, ...] = ()) -> Path:
    """An invented cohort of `n`; `odd` ids stand first, and the last row is refused."""
    draw = random.Random(7)
    columns = header(reading.book())
    rows = [",".join(columns)]
    for number in range(n):
        name = odd[number] if number < len(odd) else f"P{number:05d}"
        cells = GIVEN | {key: draw.choice(values) for key, values in VARIED.items()} | {"id": name}
        quoted = (f'"{cells.get(column, "").replace(chr(34), chr(34) * 2)}"' for column in columns)
        rows.append(",".join(quoted))
    rows.append(",".join(f'"{cell}"' for cell in ["REFUSED-1", *("x" * (c == "ecog") for c in columns[1:])]))
    path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    rank_file(table(folder / "cohort.csv", 80), folder / "out")
    return folder / "out"


def composed(results: Path, shared: bool) -> Document:
    return cohort.cohort_document(read_run(results, reading.book()), reading.book(), shared)


def tables(document: Document) -> dict[str, Table]:
    blocks = [block for section in document.sections for block in section.blocks]
    return {block.caption: block for block in blocks if isinstance(block, Table)}


def test_counts_of_the_board_report_are_those_of_the_summary(results):
    document = composed(results, shared=False)
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    flow = dict(tables(document)["Flow"].rows)
    assert flow == {"Rows read": "81", "Rows refused": "1", "Ranked": "80"}
    read = read_run(results, reading.book())
    for policy in ("checked", "as_published"):
        assert cohort.first(read, policy) == summary["first"][policy]
    assert int(cohort.differ(read).sum()) == summary["policies_differ"]["patients"]
    answers = tables(document)["Answers"].rows
    assert sorted(int(count) for _, count in answers) == sorted(summary["answers"].values())


def test_findings_of_the_board_report_add_up_to_the_cohort(results):
    document = composed(results, shared=False)
    found = next(table for caption, table in tables(document).items() if caption.startswith("Findings that"))
    assert found.rows
    for row in found.rows:
        assert sum(map(int, row[1:])) == 80


def test_the_board_report_lists_patients_and_refused_rows(results):
    told = " ".join(lines(composed(results, shared=False)))
    assert "P00000" in told
    assert "REFUSED-1" in told
    assert "holds patient data" in told


def test_the_shared_report_names_no_patient_and_no_small_number(results):
    document = composed(results, shared=True)
    told = " ".join(lines(document))
    assert not re.search(r"P\d{5}", told)
    assert "REFUSED-1" not in told
    for block in (
        block for section in document.sections for block in section.blocks if isinstance(block, Table)
    ):
        for row in block.rows:
            for column in block.numeric:
                assert not re.fullmatch(r"[0-4]", row[column]), (block.caption, row)
    for form in ("html", "md"):
        (raw,) = files.cohort_files(read_run(results, reading.book()), reading.book(), True, (form,)).values()
        assert not re.search(rb"P\d{5}|REFUSED", raw)


def test_no_small_number_stands_in_a_sentence_of_the_shared_report(results):
    for line in lines(composed(results, shared=True)):
        for count in re.findall(r"(?<![\d<.,])(\d[\d,]*) of 80\b", line):
            assert LIMIT <= int(count) <= 80 - LIMIT, line


@pytest.mark.parametrize("shared", [False, True])
def test_every_format_tells_the_same(results, shared):
    document = composed(results, shared)
    assert reading.mismatch(reading.html_text(html.render(document)), lines(document), between=()) is None
    assert reading.mismatch(reading.markdown_text(markdown.render(document)), lines(document)) is None
    assert pdf.render(document) == pdf.render(document)
    assert pdf.pages(document)["front"] == 1


def test_hostile_ids_are_shown_as_text(tmp_path: Path):
    odd = (
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A1",
        "[x](http://example.org)",
        '#read("/etc/passwd")',
        "骨肉腫",
    )
    rank_file(table(tmp_path / "cohort.csv", 12, odd), tmp_path / "out")
    document = composed(tmp_path / "out", shared=False)
    told = " ".join(lines(document))
    assert all(text in told for text in odd)
    found = reading.read_html(html.render(document))
    assert not {"script", "img"} & {name for name, _ in found.elements}
    assert all(value.startswith("#") for _, name, value in found.attributes if name == "href")
    assert reading.mismatch(reading.markdown_text(markdown.render(document)), lines(document)) is None
    assert b"/URI" not in pdf.render(document)
    assert all(
        re.fullmatch(r"cohort-board-[0-9a-f]{12}\.(html|md)", name)
        for name in files.cohort_files(
            read_run(tmp_path / "out", reading.book()), reading.book(), False, ("html", "md")
        )
    )


def test_a_report_of_ten_thousand_patients_stays_small(tmp_path: Path):
    rank_file(table(tmp_path / "cohort.csv", 10_000), tmp_path / "out")
    made = files.cohort_files(
        read_run(tmp_path / "out", reading.book()), reading.book(), False, ("html", "pdf")
    )
    assert all(len(raw) < 2_000_000 for raw in made.values())


def test_altered_or_foreign_results_are_refused(results, tmp_path: Path):
    copy = tmp_path / "out"
    copy.mkdir()
    for path in results.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "summary.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="not as the run wrote it"):
        read_run(copy, reading.book())
    with pytest.raises(InputError, match="holds no finished run"):
        read_run(tmp_path, reading.book())
    other = json.loads((results / "run.json").read_text(encoding="utf-8")) | {"rulebook_digest": "0" * 64}
    (copy / "run.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(InputError, match="ranked with rulebook 000000000000"):
        read_run(copy, reading.book())


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_results_in_every_format_are_read_alike(results, tmp_path: Path, form: str):
    rank_file(table(tmp_path / "cohort.csv", 60), tmp_path / "one", form="parquet")
    rank_file(tmp_path / "cohort.csv", tmp_path / "other", form=form)
    one, other = (read_run(tmp_path / name, reading.book()) for name in ("one", "other"))
    assert one.ids == other.ids and one.flags == other.flags and one.refused == other.refused
    for part in ("answers", "fired", "unknown", "untested"):
        assert (getattr(one, part) == getattr(other, part)).all(), part


def test_the_command_asks_for_whom_the_report_is(results, tmp_path: Path, capsys):
    assert run(["report", "cohort", str(results), "--out", str(tmp_path)]) == 2
    assert "--board (with patients) or --shared" in capsys.readouterr().err
    assert (
        run(["report", "cohort", str(results), "--shared", "--out", str(tmp_path), "--format", "html,md"])
        == 0
    )
    assert "aggregates only" in capsys.readouterr().out
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".html", ".md"]


# --- what may be shared -------------------------------------------------------------------------

SHARED = Counts(shared=True)


@pytest.mark.parametrize(
    ("count", "total", "said"),
    [
        (0, 90, FEW),
        (4, 90, FEW),
        (5, 90, "5"),
        (85, 90, "85"),
        (86, 90, f"all but {FEW}"),
        (90, 90, f"all but {FEW}"),
    ],
)
def test_a_small_count_and_a_small_complement_are_hidden(count, total, said):
    assert SHARED.one(count, total) == said
    assert Counts(shared=False).one(count, total) == str(count)


def could_be(said: dict[str, str], total: int) -> dict[str, set[int]]:
    """Every value each cell could have for a reader who knows the total and how cells are hidden."""
    spans = [
        range(LIMIT)
        if text == FEW
        else range(LIMIT, total + 1)
        if text == HIDDEN
        else [int(text.replace(",", ""))]
        for text in said.values()
    ]
    found: dict[str, set[int]] = {name: set() for name in said}
    for cells in itertools.product(*spans):
        if sum(cells) == total:
            for name, value in zip(said, cells, strict=True):
                found[name].add(value)
    return found


def test_no_small_cell_can_be_worked_out_from_the_total():
    for cells in itertools.product(range(0, 14), repeat=3):
        total = sum(cells)
        said = SHARED.parts(dict(zip("abc", cells, strict=True)))
        if total < 3 * LIMIT:
            continue  # with so few patients everything is hidden, and the total itself is small
        for name, values in could_be(said, total).items():
            if said[name] == FEW:
                assert len(values) > 1, (cells, said)
            elif said[name] != HIDDEN:
                assert int(said[name]) >= LIMIT


def test_the_first_cells_are_hidden_last():
    assert SHARED.parts({"present": 11, "not known": 1, "absent": 77}) == {
        "present": "11",
        "not known": FEW,
        "absent": HIDDEN,
    }


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"a": 70, "b": 19}, {"a": "70", "b": "19"}),
        ({"a": 70, "b": 19, "c": 1}, {"a": "70", OTHERS: "20"}),
        ({"a": 70, "b": 3, "c": 4}, {"a": "70", OTHERS: "7"}),
        ({"a": 3}, {OTHERS: FEW}),
        ({}, {}),
    ],
)
def test_small_kinds_are_told_together(counts, said):
    assert SHARED.kinds(counts) == said


def test_many_first_options_do_not_push_the_first_page_over(results, monkeypatch):
    read = read_run(results, reading.book())
    monkeypatch.setattr(cohort, "FRONT_OPTIONS", 0)
    document = cohort.cohort_document(read, reading.book(), shared=False)
    assert [section.id for section in document.sections if section.front] == ["findings", "flow"]


def test_the_shared_report_does_not_tell_that_no_row_was_refused(results):
    run = dict(read_run(results, reading.book()).run)
    read = replace(read_run(results, reading.book()), run=run | {"refused": 0})
    told = " ".join(lines(cohort.cohort_document(read, reading.book(), shared=True)))
    assert "No row was refused" not in told
    assert f"Rows refused: {FEW}." in told
