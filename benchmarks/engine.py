"""The engine alone: rules and points beside zen-engine, growth with rules, and one patient."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import zen

from benchmarks.measure import ROOT, Figure, process
from cds import scoring, truths
from cds.assessment import assess
from cds.cohort import Cohort, decode
from cds.decision import decide
from cds.derivation import States, derive
from cds.intake.cohort_file import CohortReader
from cds.intake.cohort_tables import READING
from cds.intake.formats import tables_of
from cds.intake.patient import read_patient
from cds.intake.source import Source
from cds.plan import plan
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Among, Compared, Condition, Joined, Missing, Not

SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
PATIENT = ROOT / "examples" / "patients" / "typical_adult.yaml"


def cohorts_of(path: Path, book: Rulebook) -> list[Cohort]:
    """A cohort file in memory, in pieces."""
    with Source(path) as source:
        tables = tables_of(source, book, (), READING)
        reader = CohortReader(book, tables.header)
        return [reader.part(table).cohort for table in tables]


def seconds(task: Callable[[], Any]) -> float:
    """How long a task takes once."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


# --- zen-engine ---------------------------------------------------------------------------------


def zen_pair(condition: Condition) -> tuple[str, str]:
    """Two-valued expressions for "is true" and "is false" of a three-valued condition."""
    match condition:
        case Among(marker, values):
            inside = " or ".join(f"{marker} == '{value}'" for value in values)
            return f"({inside})", f"({marker} != null and not ({inside}))"
        case Compared(marker, operator, bound):
            holds = f"{marker} {SIGNS[operator]} {bound!r}"
            return f"({marker} != null and {holds})", f"({marker} != null and not ({holds}))"
        case Missing(marker):
            return f"({marker} == null)", f"({marker} != null)"
        case Not(part):
            true, false = zen_pair(part)
            return false, true
        case Joined(join, parts):
            trues, falses = zip(*map(zen_pair, parts), strict=True)
            every, some = (" and ", " or ") if join == "all" else (" or ", " and ")
            return f"({every.join(trues)})", f"({some.join(falses)})"


def zen_expression(book: Rulebook) -> str:
    """All rules in one list: true and false of each."""
    pairs = [zen_pair(rule.when) for rule in book.rule.values()]
    return "[" + ", ".join(part for pair in pairs for part in pair) + "]"


def contexts(states: States, book: Rulebook, n: int) -> list[dict[str, Any]]:
    """Patients as zen-engine takes them: every marker after derivation, None where unknown."""
    plain = [m for m in book.markers if m.type != "drugs"]
    return [{m.id: decode(m, states.columns[m.id][row]) for m in plain} for row in range(n)]


def against_zen(cohorts: list[Cohort], book: Rulebook, rounds: int, few: int = 2_000) -> Figure:
    """How many times faster the engine is; both start from typed values after derivation."""
    whole = [derive(cohort, book) for cohort in cohorts]
    laid_out = plan(book, book.default_policy)

    def ours(states: list[States]) -> list[tuple[truths.Truths, scoring.Points]]:
        found = []
        for one in states:
            one.evaluator._seen.clear()
            evaluated = truths.evaluate(one, laid_out.rules)
            found.append((evaluated, scoring.score(laid_out, evaluated)))
        return found

    patients = contexts(whole[0], book, few)
    compiled = zen.compile_expression(zen_expression(book))
    rows, ratios = sum(map(len, cohorts)), []
    speeds = []
    for _ in range(rounds):
        theirs: list[Any] = []
        slow = seconds(lambda found=theirs: found.extend(map(compiled.evaluate, patients))) / few
        fast = seconds(lambda: ours(whole)) / rows
        _same(ours(whole[:1])[0][0], theirs)
        ratios.append(slow / fast)
        speeds.append((1 / fast, 1 / slow))
    fast_rate, slow_rate = np.median(np.array(speeds), axis=0)
    note = f"{fast_rate:,.0f} against {slow_rate:,.0f} patients/s; truths equal; ours includes the points"
    return Figure(
        "rules and points, times zen-engine", tuple(ratios), 100, "x", at_most=False, stretch=200, note=note
    )


def _same(found: truths.Truths, theirs: list[list[bool]]) -> None:
    table = np.array(theirs, dtype=bool)
    n = len(table)
    true, false = table[:, 0::2].T, table[:, 1::2].T
    if (found.true[:, :n] != true).any() or (found.unknown[:, :n] != ~(true | false)).any():
        raise RuntimeError("truths differ")


# --- growth with rules --------------------------------------------------------------------------


def with_rules(book: Rulebook, n: int) -> Rulebook:
    """A rulebook of `n` rules: the first ones, or all of them and copies of them under other names."""
    rules = [rule for rule in book.rules if rule.retired is None]
    copies = (rule.model_copy(update={"id": f"{rule.id}.{k}"}) for k in range(1, n) for rule in rules)
    kept = rules[:n] + [rule for rule, _ in zip(copies, range(n - len(rules)), strict=False)]
    values = {field.name: getattr(book, field.name) for field in fields(book)}
    return Rulebook(**values | {"rules": tuple(kept)})


def growth(cohorts: list[Cohort], book: Rulebook, rounds: int) -> list[str]:
    """Time of the whole decision against the number of rules."""
    lines = ["| Rules | Patients/s, both policies | Microseconds a patient |", "|---|---|---|"]
    rows = sum(map(len, cohorts))
    for n in (50, 100, 200, 400, 800):
        other = with_rules(book, n)
        decide(cohorts[0], other)
        best = float(
            np.median([seconds(lambda b=other: [decide(c, b) for c in cohorts]) for _ in range(rounds)])
        )
        lines.append(f"| {n} | {rows / best:,.0f} | {1e6 * best / rows:.2f} |")
    return lines


# --- one patient --------------------------------------------------------------------------------


def one_patient(book: Rulebook, rounds: int) -> Iterator[Figure]:
    """Warm, and from the start of Python."""
    cohort = read_patient(PATIENT, book).cohort(book)
    assess(cohort, book)
    warm = tuple(1000 * seconds(lambda: assess(cohort, book)) for _ in range(20 * rounds))
    yield Figure("one patient, warm: ranking with contributions, both policies", warm, 10, "ms")
    decided = tuple(1000 * seconds(lambda: decide(cohort, book)) for _ in range(20 * rounds))
    yield Figure("one patient, warm: the decision alone", decided, None, "ms")
    for name, arguments, target in (
        ("`cds rank patient.yaml`, cold", ["rank", str(PATIENT)], 0.6),
        ("`cds --help`, cold", ["--help"], 0.25),
    ):
        command = ["-c", "from cds.cli import main; main()", *arguments]
        process(command)
        walls = tuple(process(command).wall for _ in range(2 * rounds + 1))
        yield Figure(name, walls, target, "s")
