"""Speed of the stability figures, each beside a naive version that must give the same.

    python -m benchmarks.robustness [--quick]

Targets: 4,096 draws with all ranks for one patient within 50 ms warm; ranges, next test and flips
of the typical adult within 0.5 s; 1,000 patients with acceptability within 30 s on two cores.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cds.cohort import Cohort, UNKNOWN
from cds.decision import CHECKED, decide
from cds.intake.patient import read_patient
from cds.robustness.acceptability import accept, cohort_acceptability
from cds.robustness.flips import flips
from cds.robustness.next_test import next_test
from cds.robustness.summary import robustness_of, score_ranges
from cds.robustness.units import Field, fields
from cds.robustness.weight_order import WeightOrder
from cds.robustness.weights import Weights, near, order_of, wide
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

TYPICAL = Path(__file__).parent.parent / "examples" / "patients" / "typical_adult.yaml"
REPEATS = 5


@dataclass(frozen=True)
class Figure:
    """One measured figure: median and range in milliseconds, and the same done naively."""

    what: str
    target_ms: float | None
    times: tuple[float, ...]
    naive_ms: float | None
    equal: str

    def __str__(self) -> str:
        """One row of the table."""
        median = statistics.median(self.times)
        reached = "" if self.target_ms is None else "reached" if median <= self.target_ms else "NOT REACHED"
        target = "" if self.target_ms is None else f"{self.target_ms:,.0f}"
        naive = "" if self.naive_ms is None else f"{self.naive_ms:,.0f}"
        spread = f"{min(self.times):,.1f} to {max(self.times):,.1f}"
        return f"| {self.what} | {median:,.1f} | {spread} | {target} | {reached} | {naive} | {self.equal} |"


def timed(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[tuple[float, ...], Any]:
    """Milliseconds of each repeat, and what the last one gave; one run before is not counted."""
    result, times = work(), []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append((time.perf_counter() - start) * 1000)
    return tuple(times), result


def figures(patients: int) -> Iterator[Figure]:
    """All figures, one after the other."""
    book = load()
    adult = read_patient(TYPICAL, book).cohort(book)
    yield draws(book)
    yield one_patient(book, adult)
    yield ranges_tests_flips(book, adult)
    yield everything(book, adult)
    yield cohort(book, adult, patients)


def draws(book: Rulebook) -> Figure:
    """Drawing the weights, once for each policy and seed; linear extensions counted by recursion."""
    policy = book.policy[CHECKED]
    seeds = itertools.count(1000)
    times, _ = timed(lambda: (wide(policy, seed=next(seeds)), near(policy, seed=next(seeds))))
    start = time.perf_counter()
    counted = naive_extensions(order_of(policy), 0, {})
    same = "equal" if counted == order_of(policy).linear_extensions else "DIFFERENT"
    return Figure("draw 2 x 4,096 weights", None, times, (time.perf_counter() - start) * 1000, f"count {same}")


def naive_extensions(order: WeightOrder, done: int, known: dict[int, int]) -> int:
    """The linear extensions of an order by recursion over what was placed."""
    n = len(order.levels)
    if done == (1 << n) - 1:
        return 1
    if done not in known:
        free = [i for i in range(n) if not done >> i & 1 and order.above[i] & done == order.above[i]]
        known[done] = sum(naive_extensions(order, done | 1 << i, known) for i in free)
    return known[done]


def one_patient(book: Rulebook, adult: Cohort) -> Figure:
    """4,096 draws with all ranks, class and tier held and dropped."""
    field, weights = field_of(book, adult), wide(book.policy[CHECKED])
    times, found = timed(lambda: accept(field_of(book, adult), weights))
    start = time.perf_counter()
    naive = naive_shares(field, weights)
    took = (time.perf_counter() - start) * 1000
    same = np.allclose(found.held, naive[0]) and np.allclose(found.dropped, naive[1])
    return Figure("one patient, 4,096 draws, all ranks", 50, times, took, "equal" if same else "DIFFERENT")


def field_of(book: Rulebook, adult: Cohort) -> Field:
    """The patient's options, from the markers on."""
    decision = decide(adult, book, (CHECKED,))
    [field] = fields(decision.plans[CHECKED], decision.truths, decision.rankings[CHECKED])
    return field


def naive_shares(field: Field, weights: Weights) -> tuple[list[list[float]], list[list[float]]]:
    """Shares of ranks, draw by draw in plain Python: held and dropped."""
    n = len(field.columns)
    held, dropped = ([[0.0] * n for _ in range(n)] for _ in range(2))
    for draw in weights.tolist():
        totals = [sum(u * w for u, w in zip(row, draw, strict=True)) for row in field.units.tolist()]
        banded = list(zip(field.bands, totals, strict=True))
        for shares, keys in ((held, banded), (dropped, totals)):
            for option, key in enumerate(keys):
                above, same = sum(k > key for k in keys), sum(k == key for k in keys)
                for rank in range(above, above + same):
                    shares[option][rank] += 1 / same / len(weights)
    return held, dropped


def ranges_tests_flips(book: Rulebook, adult: Cohort) -> Figure:
    """Ranges under both policies, next test, and both flips; ranges against full enumeration."""

    def work() -> Any:
        decision = decide(adult, book)
        found = [list(score_ranges(decision, policy)) for policy in decision.plans]
        return found, next_test(adult, book), flips(adult, book), flips(adult, book, "eligible")

    times, (found, *_) = timed(work)
    start = time.perf_counter()
    naive = naive_ranges(book, adult)
    took = (time.perf_counter() - start) * 1000
    mine = {one.option: (one.low, one.high) for one in found[0]}
    return Figure(
        "ranges, next test, flips of the typical adult", 500, times, took, "equal" if mine == naive else "DIFFERENT"
    )


def naive_ranges(book: Rulebook, adult: Cohort) -> dict[str, tuple[int, int]]:
    """Score ranges by deciding for every completion of the markers that checked rules count."""
    values = {
        "rb1_dna": ("intact", "one_hit", "lost"), "cdk4_cn": ("amplified", "not_amplified"),
        "ccnd1_cn": ("amplified", "not_amplified"), "ccne1_cn": ("amplified", "not_amplified"),
        "cdkn2a": ("intact", "lost"), "pten_dna": ("intact", "lost"), "pten_ihc": ("retained", "lost"),
        "tsc": ("wild_type", "loss_of_function"), "mtor_mutation": ("wild_type", "activating"),
        "vegfa_cn": ("amplified", "not_amplified"), "p_s6": ("high", "intermediate", "low"),
        "p_4ebp1": ("high", "low"), "p_mtor_s2448": ("high", "low"), "abcb1": ("high", "not_high"),
    }  # fmt: skip
    found: dict[str, list[int]] = {}
    for part in itertools.batched(itertools.product(*values.values()), 4096) if hasattr(itertools, "batched") else _batches(values.values(), 4096):
        columns = {name: np.repeat(column, len(part)) for name, column in adult.columns.items()}
        for place, name in enumerate(values):
            known = tuple(book.marker[name].values)
            columns[name] = np.array([known.index(row[place]) for row in part], dtype=np.int8)
        whole = Cohort(tuple(map(str, range(len(part)))), columns, adult.drug_lists)
        ranking = decide(whole, book, (CHECKED,)).rankings[CHECKED]
        for column, option in enumerate(book.options):
            points = ranking.points[column][ranking.rank[column] > 0]
            if len(points):
                ends = [int(points.min()), int(points.max()), *found.get(option.id, [])]
                found[option.id] = [min(ends), max(ends)]
    return {option: (low, high) for option, (low, high) in found.items()}
