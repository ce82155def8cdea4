"""Conditions: the language, three-valued truth, what would decide, and outside authorities."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cds.cohort import Cohort, cohort_from_profiles
from cds.conditions import Evaluator, deciding, words
from cds.derivation import derive
from cds.rulebook.conditions import markers_of, parse, unparse
from cds.rulebook.load import load

TOY = Path(__file__).parents[1] / "toy_rulebook"
BOOK = load(TOY)
Truth = bool | None

#: One marker for each operand of a logical expression, and how its truths are entered.
OPERANDS = ("signal_a", "signal_b", "gene_stain")
WORD = {
    "signal_a": {True: "high", False: "low"},
    "signal_b": {True: "high", False: "low"},
    "gene_stain": {True: "retained", False: "lost"},
}
LEAF = {name: {name: said[True]} for name, said in WORD.items()}


def patient(operands: tuple[Truth, ...] = (), **values: Any) -> Cohort:
    told = [(name, said) for name, said in zip(OPERANDS, operands, strict=False) if said is not None]
    entered = {name: WORD[name][said] for name, said in told}
    return cohort_from_profiles(BOOK, [entered | values])


def truth(tree: Any, cohort: Cohort) -> Truth:
    """The truth of a condition for one patient: True, False or None."""
    found = derive(cohort, BOOK).evaluator.truth(parse(tree))
    assert not (found.true & found.false).any()
    return None if found.unknown[0] else bool(found.true[0])


# --- Kleene ---------------------------------------------------------------------------------------

TRUTHS: tuple[Truth, ...] = (True, False, None)


@pytest.mark.parametrize("operands", list(itertools.product(TRUTHS, repeat=3)), ids=str)
def test_all_any_and_not_follow_kleene(operands: tuple[Truth, ...]):
    parts = [LEAF[name] for name in OPERANDS]
    both = None if None in operands else all(operands)
    either = None if None in operands else any(operands)
    assert truth({"all": parts}, patient(operands)) is (False if False in operands else both)
    assert truth({"any": parts}, patient(operands)) is (True if True in operands else either)
    first = operands[0]
    assert truth({"not": parts[0]}, patient(operands)) is (None if first is None else not first)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("lt", 74.9, True), ("lt", 75.0, False), ("lt", 75.1, False),
        ("le", 74.9, True), ("le", 75.0, True), ("le", 75.1, False),
        ("gt", 74.9, False), ("gt", 75.0, False), ("gt", 75.1, True),
        ("ge", 74.9, False), ("ge", 75.0, True), ("ge", 75.1, True),
        ("lt", None, None), ("le", None, None), ("gt", None, None), ("ge", None, None),
    ],
)  # fmt: skip
def test_a_comparison_is_exact_at_its_bound_and_unknown_without_a_value(
    operator: str, value: float | None, expected: Truth
):
    entered = {} if value is None else {"platelets": value}
    assert truth({"platelets": {operator: "75"}}, patient(**entered)) is expected


def test_two_bounds_are_joined_by_and():
    between = {"platelets": {"ge": "75", "lt": "100"}}
    found = [truth(between, patient(platelets=value)) for value in (74.0, 75.0, 99.0, 100.0)]
    assert found == [False, True, True, False]


def test_membership_of_several_values():
    tree = {"gene_dna": ["intact", "vus"]}
    found = [truth(tree, patient(gene_dna=value)) for value in ("intact", "vus", "lost")]
    assert found == [True, True, False]
    assert truth(tree, patient()) is None


def test_missing_is_never_unknown():
    assert truth({"missing": "age"}, patient()) is True
    assert truth({"missing": "age"}, patient(age=0.0)) is False
    assert truth({"missing": "gene"}, patient(gene_stain="lost")) is False  # asked after derivation


def test_a_cohort_gives_each_patient_its_own_truth():
    cohort = cohort_from_profiles(BOOK, [{"age": 17.0}, {"age": 18.0}, {}])
    found = derive(cohort, BOOK).evaluator.truth(parse({"age": {"lt": "18"}}))
    assert (found.true.tolist(), found.false.tolist()) == ([True, False, False], [False, True, False])


def test_equal_parts_are_computed_once():
    evaluator = Evaluator(derive(patient(), BOOK).columns, BOOK.marker)
    assert evaluator.truth(parse(LEAF["signal_a"])) is evaluator.truth(parse(LEAF["signal_a"]))


# --- What would decide ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operands", "tree", "expected"),
    [
        ((None, None), {"all": [LEAF["signal_a"], LEAF["signal_b"]]}, {"signal_a", "signal_b"}),
        ((True, None), {"all": [LEAF["signal_a"], LEAF["signal_b"]]}, {"signal_b"}),
        ((False, None), {"all": [LEAF["signal_a"], LEAF["signal_b"]]}, set()),
        ((True, None), {"any": [LEAF["signal_a"], LEAF["signal_b"]]}, set()),
        ((False, None), {"any": [LEAF["signal_a"], LEAF["signal_b"]]}, {"signal_b"}),
        ((None,), {"not": LEAF["signal_a"]}, {"signal_a"}),
        (
            (None, False),
            {"any": [LEAF["signal_a"], {"all": [LEAF["signal_b"], {"missing": "age"}]}]},
            {"signal_a"},
        ),
    ],
)
def test_the_markers_that_would_decide(operands: tuple[Truth, ...], tree: Any, expected: set[str]):
    evaluator = derive(patient(operands), BOOK).evaluator
    assert deciding(parse(tree), evaluator, 0) == expected


def test_a_derived_marker_counts_as_itself():
    evaluator = derive(patient(), BOOK).evaluator
    assert deciding(parse({"gene": "lost"}), evaluator, 0) == {"gene"}


# --- The language ---------------------------------------------------------------------------------

TREES = [
    {"gene": "lost"},
    {"gene_dna": ["intact", "vus"]},
    {"age": {"lt": "18"}},
    {"platelets": {"ge": "75", "lt": "100"}},
    {"missing": "age"},
    {"not": {"gene": "lost"}},
    {"all": [{"gene": "lost"}, {"any": [{"signal_a": "high"}, {"not": {"missing": "age"}}]}]},
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_a_condition_written_out_reads_the_same(tree: Any):
    condition = parse(tree)
    assert parse(unparse(condition)) == condition


def test_markers_of_a_condition_come_once_in_order():
    assert markers_of(parse(TREES[-1])) == ("gene", "signal_a", "age")


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"gene": "lost"}, "Gene is lost"),
        ({"age": {"lt": "18"}}, "Age below 18 years"),
        ({"missing": "age"}, "Age is not known"),
        ({"not": {"gene": "lost"}}, "not (Gene is lost)"),
        (
            {"all": [{"gene": "lost"}, {"any": [{"signal_a": "high"}, {"age": {"ge": "18"}}]}]},
            "Gene is lost, and (Signal A is high, or Age at least 18 years)",
        ),
    ],
)
def test_a_condition_in_words(tree: Any, said: str):
    assert words(parse(tree), BOOK.marker) == said


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ({"gene": "lost", "age": "old"}, "exactly one key"),
        ("gene", "exactly one key"),
        ({"all": []}, "at least one condition"),
        ({"any": {"gene": "lost"}}, "at least one condition"),
        ({"gene": []}, "an empty list is never true"),
        ({"gene": ""}, "expected a word"),
        ({"missing": ["age"]}, "expected a word"),
        ({"age": {}}, "a comparison needs"),
        ({"age": {"under": "18"}}, "unknown operator 'under'"),
        ({"age": {"lt": "old"}}, "'old' is not a number"),
    ],
)
def test_a_condition_that_is_none_is_refused(tree: Any, problem: str):
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse(tree)


# --- Outside authorities --------------------------------------------------------------------------
# The truth tables of Clinical Quality Language and of Decision Model and Notation. An adapter writes
# their expressions with the operators of this language; what it can't write is counted, never skipped.

LITERAL: dict[str, Truth] = {"true": True, "false": False, "null": None}
OPERATOR = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
N = r"(-?\d+(?:\.\d+)?)"
Written = tuple[Any, Cohort]


def _and(a: Any, b: Any) -> Any:
    return {"all": [a, b]}


def _or(a: Any, b: Any) -> Any:
    return {"any": [a, b]}


JOINED: dict[str, Callable[[Any, Any], Any]] = {
    "and": _and,
    "or": _or,
    "xor": lambda a, b: _and(_or(a, b), {"not": _and(a, b)}),
    "implies": lambda a, b: _or({"not": a}, b),
}
A, B = LEAF["signal_a"], LEAF["signal_b"]
ASKED: dict[str, Any] = {
    "IsNull": {"missing": "signal_a"},
    "IsTrue": _and({"not": {"missing": "signal_a"}}, A),
    "IsFalse": _and({"not": {"missing": "signal_a"}}, {"not": A}),
    "not": {"not": A},
}


def write(expression: str, inputs: dict[str, Truth]) -> Written | None:
    """The expression as a condition tree and its patient; None if it can't be written."""
    text, known = expression.strip(), LITERAL | inputs
    if joined := re.fullmatch(r"(\w+) (and|or|xor|implies) (\w+)", text):
        return _logical(JOINED[joined[2]](A, B), [joined[1], joined[3]], known)
    if asked := re.fullmatch(r"(IsNull|IsTrue|IsFalse|not)(?: |\()(\w+)\)?", text):
        return _logical(ASKED[asked[1]], [asked[2]], known)
    return _of_numbers(text)


def _logical(tree: Any, operands: list[str], known: dict[str, Truth]) -> Written | None:
    if not set(operands) <= set(known):
        return None
    return tree, patient(tuple(known[name] for name in operands))


def _of_numbers(text: str) -> Written | None:
    """`5 between 1 and 10`, `1 < 2`, `1 = 2`, `1 in [0..2)` and `1 in <= 2`, numbers only."""
    if m := re.fullmatch(rf"{N} between {N} and {N}", text):
        return {"age": {"ge": m[2], "le": m[3]}}, patient(age=float(m[1]))
    if m := re.fullmatch(rf"{N} (?:in )?(<=|>=|<|>) ?{N}", text):
        return {"age": {OPERATOR[m[2]]: m[3]}}, patient(age=float(m[1]))
    if m := re.fullmatch(rf"{N} (=|!=) {N}", text):
        same = {"age": {"ge": m[3], "le": m[3]}}
        return same if m[2] == "=" else {"not": same}, patient(age=float(m[1]))
    if m := re.fullmatch(rf"{N} in ([\[(]){N} ?\.\. ?{N}([\])])", text):
        low, high = ("ge" if m[2] == "[" else "gt"), ("le" if m[5] == "]" else "lt")
        return {"age": {low: m[3], high: m[4]}}, patient(age=float(m[1]))
    return None


@dataclass
class Tally:
    """What became of the cases of one file."""

    passed: list[str]
    failed: list[str]
    unsupported: list[str]


def lines_of(name: str) -> list[dict[str, Any]]:
    text = (Path(os.environ["CDS_CORPORA"]) / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def run(cases: list[tuple[str, dict[str, Truth], Any]]) -> Tally:
    """Answer every case and say what became of it."""
    tally = Tally([], [], [])
    for expression, inputs, expected in cases:
        written = write(expression, inputs)
        if written is None:
            tally.unsupported.append(expression)
        elif truth(*written) is expected:
            tally.passed.append(expression)
        else:
            tally.failed.append(f"{expression} {inputs}: {truth(*written)}, not {expected}")
    return tally


def report(name: str, tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    counts = (len(tally.passed), len(tally.failed), len(tally.unsupported))
    with capsys.disabled():
        print("\n{}: {} passed, {} failed, {} unsupported".format(name, *counts))


needs_corpora = pytest.mark.skipif(not os.environ.get("CDS_CORPORA"), reason="CDS_CORPORA is not set")


@pytest.mark.corpora
@needs_corpora
def test_truth_tables_of_clinical_quality_language(capsys: pytest.CaptureFixture[str]):
    rows = lines_of("cql_three_valued.jsonl")
    logical = [row for row in rows if row["file"] == "CqlLogicalOperatorsTest.xml"]
    tally = run([(row["expression"], {}, expected_of(row)) for row in rows])
    report("CQL", tally, capsys)
    assert not tally.failed
    assert len(tally.passed) + len(tally.unsupported) == len(rows) == 177
    assert {row["expression"] for row in logical} <= set(tally.passed)
    assert len(logical) == 39


@pytest.mark.corpora
@needs_corpora
def test_truth_tables_of_decision_model_and_notation(capsys: pytest.CaptureFixture[str]):
    rows = lines_of("dmn_three_valued.jsonl")
    folders = ("0064", "0065", "0066", "0106", "0107")
    pure = [row for row in rows if row["dir"].startswith(folders) and is_pure(row)]
    tally = run([(row["feel"], row["inputs"], row["expected"]) for row in rows])
    report("DMN", tally, capsys)
    assert not tally.failed
    assert len(tally.passed) + len(tally.unsupported) == len(rows) == 594
    assert len(run([(row["feel"], row["inputs"], row["expected"]) for row in pure]).passed) == len(pure) == 42


def expected_of(row: dict[str, Any]) -> Any:
    """The truth that the authority gives, or the text of what is no truth."""
    [said] = row["output"] or ["an error"]
    return LITERAL.get(said, said)


def is_pure(row: dict[str, Any]) -> bool:
    """Whether only truths stand in the expression, no number and no text."""
    operands = set(re.findall(r'"[^"]*"|\w+', row["feel"])) - {"and", "or", "not"}
    return operands <= {*LITERAL, *row["inputs"]}
