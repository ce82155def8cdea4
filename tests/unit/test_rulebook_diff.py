"""Two rulebooks against each other: what changed, and which change moves which patient."""

from __future__ import annotations

import gzip
import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cds.cli import run
from cds.comparison import causes
from cds.comparison.edits import edits, entries
from cds.comparison.moves import compare_rulebooks, moved, recoded
from cds.comparison.words import lines
from cds.decision import decide
from cds.rulebook.book import PARTS
from cds.rulebook.load import load
from tests.brute_force import patients
from tests.naive import Naive
from tests.profiles import RULES, TYPICAL, profiles

ADULT = {**TYPICAL}


@cache
def shipped():
    """The rulebook that ships, read once."""
    return load()


@pytest.fixture
def changed(tmp_path):
    """A copy of the rules with replacements of text: `changed({file: [(old, new), ...]})`."""

    def make(replacements: dict[str, list[tuple[str, str]]]) -> Path:
        folder = tmp_path / "rules"
        shutil.copytree(RULES, folder, dirs_exist_ok=True)
        for name, pairs in replacements.items():
            path = folder / name
            text = path.read_text(encoding="utf-8")
            for old, new in pairs:
                assert text.count(old) >= 1, f"{old!r} is not in {name}"
                text = text.replace(old, new, 1)
            path.write_text(text, encoding="utf-8")
        return folder

    return make


XENO = {"policies/checked.yaml": [("xeno: 6", "xeno: 7")]}
RB1 = {"effects/cell_cycle.yaml": [("when: {rb1: lost}", "when: {rb1: [lost, one_hit]}")]}


def named(found):
    return {(edit.kind, edit.id, edit.how, edit.acts) for edit in found}


def test_the_same_rulebook_has_no_edits():
    assert edits(shipped(), shipped()) == ()


def test_every_entry_of_the_shipped_rulebook_is_compared():
    """No two entries share a name, or a change of one of them would not be seen."""
    book, found = load(), entries(load())
    for shelf in PARTS:
        held = getattr(book, shelf.name)
        assert len(found[shelf.name]) == (len(held) if isinstance(held, tuple) else 1), shelf.name


def test_weights_rules_lines_and_words_are_told_apart(changed):
    """A changed weight and condition act; a reworded label is told and does not."""
    replacements = {
        **XENO,
        **RB1,
        "effects/infection.yaml": [("label: Active infection", "label: An infection")],
    }
    found = edits(shipped(), load(changed(replacements)))
    assert named(found) == {
        ("weights", "checked/xeno", "changed", True),
        ("rules", "x.rb1", "changed", True),
        ("rules", "x.inf", "changed", False),
    }
    [weight] = [edit for edit in found if edit.kind == "weights"]
    assert [(one.field, one.old, one.new) for one in weight.fields] == [("points", "6", "7")]


def test_each_moved_patient_names_the_change_that_moves_it(changed):
    old, new = shipped(), load(changed({**XENO, **RB1}))
    cohort = patients(
        new,
        {**ADULT, "rb1_dna": "one_hit"},
        {**ADULT, "rb1_dna": "lost"},
        {**ADULT, "rb1_dna": "intact"},
        {**ADULT, "infection": "active"},
    )
    diff = compare_rulebooks(old, new).diff([cohort])
    because = {move.patient: move.because for move in diff.moves}
    assert because == {
        "1": ("rules x.rb1", "weights checked/xeno"),
        "3": ("weights checked/xeno",),
    }
    [first] = [move for move in diff.moves if move.patient == "1"]
    lost = next(one for one in first.options if (one.policy, one.option) == ("checked", "O03"))
    assert lost.status == ("hypothesis", "excluded") and lost.rank == (2, None)
    assert diff.alone == {"rules x.rb1": 1, "weights checked/xeno": 2} and diff.patients == 4


def test_moves_equal_two_naive_evaluators(changed):
    """On 150 random patients: who moves, and to which answer, status and rank."""
    folder = changed(
        {**XENO, **RB1, "policies/checked.yaml": [("xeno: 6", "xeno: 7"), ("caution: 2", "caution: 3")]}
    )
    old, new = shipped(), load(folder)
    drawn = list(profiles(RULES, 150, 9))
    diff = compare_rulebooks(old, new).diff([patients(new, *drawn)])
    before, after = Naive(RULES), Naive(folder)
    expected = {}
    for place, profile in enumerate(drawn, 1):
        one, two = before.assess(profile), after.assess(profile)
        options = {
            (policy, option)
            for policy, rows in one["policies"].items()
            for option, row in rows.items()
            if any(row[key] != two["policies"][policy][option][key] for key in ("status", "rank"))
        }
        if options or one["answer"] != two["answer"]:
            expected[str(place)] = ((one["answer"], two["answer"]), options)
    found = {move.patient: (move.answer, {(o.policy, o.option) for o in move.options}) for move in diff.moves}
    assert found == expected and expected


def test_any_pieces_give_the_same_moves(changed):
    old, new = shipped(), load(changed({**XENO, **RB1}))
    cohort = patients(new, *profiles(RULES, 60, 2))
    whole = compare_rulebooks(old, new).diff([cohort])
    parts = compare_rulebooks(old, new).diff([cohort.part(at, at + 7) for at in range(0, 60, 7)])
    assert whole == parts


PAIR = {"policies/checked.yaml": [("pdox: 8", "pdox: 7"), ("xeno: 6", "xeno: 7")]}


def test_what_only_two_changes_do_together_is_said_so(changed):
    """O04 passes O03 only if xenografts gain and orthotopic ones lose; a third change is spared."""
    replacements = {**PAIR, **RB1}
    old, new = shipped(), load(changed(replacements))
    cohort = patients(new, {**ADULT, "doxorubicin_resistance": "yes"}, {**ADULT, "rb1_dna": "one_hit"})
    moves = {move.patient: move for move in compare_rulebooks(old, new).diff([cohort]).moves}
    assert moves["1"].enough == ()
    assert set(moves["1"].together) == {"weights checked/pdox", "weights checked/xeno"}
    assert moves["2"].enough == ("rules x.rb1",) and moves["2"].together == ()


def test_each_set_told_gives_the_new_result_and_none_of_it_can_be_spared(changed):
    """On 60 random patients and five changes; the sets are put in by hand and decided again."""
    replacements = {
        **RB1,
        "policies/checked.yaml": [
            ("xeno: 6", "xeno: 7"),
            ("pdox: 8", "pdox: 7"),
            ("caution: 2", "caution: 3"),
        ],
        "policies/as_published.yaml": [("case: 5", "case: 7")],
    }
    old, new = shipped(), load(changed(replacements))
    comparison = compare_rulebooks(old, new)
    cohort = patients(new, *profiles(RULES, 60, 3))
    found = comparison.diff([cohort]).moves
    assert any(move.together for move in found) and all(move.enough or move.together for move in found)

    def gives(names, row):
        one, between = cohort.part(row, row + 1), comparison.between(tuple(names)) if names else old
        return not moved(decide(recoded(one, new, between), between), decide(one, new))[0]

    for move in found:
        row = int(move.patient) - 1
        assert all(gives([name], row) for name in move.enough)
        assert not move.together or gives(move.together, row)
        assert not any(gives([n for n in move.together if n != name], row) for name in move.together)


def test_all_changes_together_are_the_new_rulebook(changed):
    """Put in one after the other, rules, markers, weights and lines decide as the new rulebook does."""
    longer = load(with_new_marker(changed))
    for old, new in ((shipped(), longer), (longer, shipped())):
        comparison = compare_rulebooks(old, new)
        whole = comparison.between(tuple(comparison.acting))
        cohort = patients(longer, *({**one, "new_marker": "high"} for one in profiles(RULES, 20, 5)))
        here, there = (decide(recoded(cohort, longer, book), book) for book in (whole, new))
        assert not moved(here, there).any()


def test_too_many_sets_leave_a_move_unattributed(changed, monkeypatch):
    monkeypatch.setattr(causes, "MOST_SETS", 0)
    old, new = shipped(), load(changed(PAIR))
    diff = compare_rulebooks(old, new).diff([patients(new, {**ADULT, "doxorubicin_resistance": "yes"})])
    assert diff.moves[0].together == () and "not attributed" in "\n".join(lines(diff))


RULE = """
- id: m.new
  kind: supports
  label: A new marker is high
  options: [O04]
  when: {new_marker: high}
  counts: {checked: {level: m_osx}, as_published: {level: weak}}
  rationale: Invented for a test.
  evidence:
    - {source: own_definition, locator: invented}
  verification: unchecked
  since: "2027.01.0"
"""
MARKER = """
- id: new_marker
  ref: T
  label: New marker
  group: cell_cycle
  concern: tumour
  type: category
  values: {high: high, low: low}
  help: Invented for a test.
"""


def appended(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(
        path.read_text(encoding="utf-8").rstrip("\n") + "\n" + text.lstrip("\n"), encoding="utf-8"
    )


def with_new_marker(changed) -> Path:
    folder = changed({})
    appended(folder, "markers/cell_cycle.yaml", MARKER)
    appended(folder, "effects/cell_cycle.yaml", RULE)
    if (folder / "grades.yaml").is_file():
        (folder / "grades.yaml").unlink()
        (folder / "grade_schemes.yaml").unlink()
    return folder


def test_a_new_marker_moves_nobody_until_a_rule_reads_it(changed):
    """The rule carries the movement; values of a marker the old rulebook lacks are left out there."""
    old, new = shipped(), load(with_new_marker(changed))
    cohort = patients(new, {**ADULT, "new_marker": "high"}, {**ADULT, "new_marker": "low"})
    diff = compare_rulebooks(old, new).diff([cohort])
    assert {move.patient: move.because for move in diff.moves} == {"1": ("rules m.new",)}
    assert ("markers", "new_marker", "added", False) in named(diff.edits)
    assert "new_marker" not in recoded(cohort, new, old).columns


def test_a_rule_that_needs_a_new_value_brings_its_marker(changed):
    source = next(p for p in (RULES / "markers").glob("*.yaml") if "- id: infection\n" in p.read_text())
    text = source.read_text(encoding="utf-8")
    start = text.index("- id: infection\n")
    values = text[start:].split("  values:\n")[1].splitlines()[0]
    replacements = {
        f"markers/{source.name}": [(values + "\n", values + "\n    chronic: chronic\n")],
        "effects/infection.yaml": [("when: {infection: active}", "when: {infection: [active, chronic]}")],
    }
    old, new = shipped(), load(changed(replacements))
    cohort = patients(new, {**ADULT, "infection": "chronic"}, {**ADULT, "infection": "none"})
    diff = compare_rulebooks(old, new).diff([cohort])
    [move] = diff.moves
    assert move.patient == "1" and "rules x.inf" in move.because


def test_recoding_keeps_every_decision(changed):
    """The same patients coded for a copy of the rulebook decide the same."""
    old, new = shipped(), load(changed({}))
    cohort = patients(old, *profiles(RULES, 40, 4))
    one, two = decide(cohort, old), decide(recoded(cohort, old, new), new)
    for policy in one.rankings:
        assert np.array_equal(one.rankings[policy].rank, two.rankings[policy].rank)


def test_a_removed_rule_and_line_are_put_back_one_by_one(changed):
    """Removed entries are attributed as well."""
    folder = with_new_marker(changed)
    longer, shorter = load(folder), shipped()
    cohort = patients(longer, {**ADULT, "new_marker": "high"})
    diff = compare_rulebooks(longer, shorter).diff([cohort], longer)
    assert diff.moves[0].because == ("rules m.new",)
    assert ("rules", "m.new", "removed", True) in named(diff.edits)


def test_command_tells_edits_and_moves(changed, tmp_path, capsys):
    folder = changed({**XENO, **RB1})
    cohort = tmp_path / "cohort.csv"
    cohort.write_text(
        "id,histology,prior_map,resectability,age (years),rb1_dna\n"
        "a,high_grade_conventional,relapsed,unresectable,30,one_hit\n"
        "b,high_grade_conventional,relapsed,resectable,30,\n",
        encoding="utf-8",
    )
    assert run(["rules", "diff", str(RULES), str(folder), "--cohort", str(cohort)]) == 0
    out = capsys.readouterr().out
    assert "* changed weights checked/xeno" in out and "1 of 2 patients are moved" in out
    assert "a: same answer; rules x.rb1 alone is enough" in out
    assert run(["rules", "diff", str(RULES), str(folder), "--json"]) == 0
    assert {edit["id"] for edit in json.loads(capsys.readouterr().out)["edits"]} == {"x.rb1", "checked/xeno"}


TABLE = "id,histology,age (years),rb1_dna\na,high_grade_conventional,30,one_hit\nb,,30,one_hit\n"
ASSUMED = """
why: Invented for a test.
markers:
  prior_map: relapsed
  resectability: unresectable
  histology: high_grade_conventional
"""


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet", "arrow"])
def test_command_takes_every_form_of_cohort_and_assumptions(changed, tmp_path, capsys, form):
    """What `cds rank` takes; what is not known is filled from the assumptions."""
    path, assumed = tmp_path / f"cohort.{form}", tmp_path / "assumed.yaml"
    columns = list(zip(*(line.split(",") for line in TABLE.splitlines()), strict=True))
    table = pa.table({name: [value or None for value in values] for name, *values in columns})
    if form == "parquet":
        pq.write_table(table, path)
    elif form == "arrow":
        with pa.ipc.new_file(path, table.schema) as sink:
            sink.write_table(table)
    else:
        path.write_bytes(gzip.compress(TABLE.encode()) if form.endswith("gz") else TABLE.encode())
    assumed.write_text(ASSUMED, encoding="utf-8")
    arguments = ["rules", "diff", str(RULES), str(changed(RB1)), "--cohort", str(path), "--json"]
    assert run([*arguments, "--assume", str(assumed)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [move["enough"] for move in found["moves"]] == [["rules x.rb1"]] * 2
    assert {move["answer"][0] for move in found["moves"]} == {"can_be_named"}


def test_command_leaves_refused_rows_out_and_says_so(changed, tmp_path, capsys):
    """As `cds rank` does: exit 1, the line and the remedy, and the others compared."""
    cohort = tmp_path / "cohort.csv"
    cohort.write_text("id,rb1_dna\na,perhaps\nb,one_hit\n", encoding="utf-8")
    assert run(["rules", "diff", str(RULES), str(changed(RB1)), "--cohort", str(cohort)]) == 1
    out = capsys.readouterr().out
    assert "1 of 1 patients are moved" in out and "left out, line 2: rb1_dna" in out and "Use one of" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,rb1_dna\na,lost\na,lost\n", "cohort.csv:3: the id on this line stands on line 2 already"),
        ("id,nothing_known\na,1\n", "column"),
    ],
)
def test_command_refuses_a_doubtful_file(tmp_path, capsys, text, said):
    cohort = tmp_path / "cohort.csv"
    cohort.write_text(text, encoding="utf-8")
    assert run(["rules", "diff", str(RULES), str(RULES), "--cohort", str(cohort)]) == 2
    assert said in capsys.readouterr().err


def test_what_the_new_rulebook_finds_wrong_is_told(changed, tmp_path, capsys):
    """Where neither rulebook takes the file: a marker that only the old one lacks is no fault."""
    new = with_new_marker(changed)
    cohort = tmp_path / "cohort.csv"
    cohort.write_text("id,new_marker,nothing_known\na,high,1\n", encoding="utf-8")
    assert run(["rules", "diff", str(RULES), str(new), "--cohort", str(cohort)]) == 2
    told = capsys.readouterr().err
    assert "nothing_known" in told and "new_marker" not in told
