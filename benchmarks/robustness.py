"""Speed of the stability figures, each beside a naive version that must give the same.

    python -m benchmarks.robustness [--quick]

The clock is held against the targets; the time of the processors says what the work is worth where
others load the machine. Targets: 4,096 draws with all ranks for one patient within 50 ms warm;
ranges, next test and flips of the typical adult within 0.5 s; 1,000 patients with acceptability
within 30 s on two cores.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from cds.cells import combinations
from cds.cohort import Cohort, Value
from cds.comparison.cohort_source import open_cohort
from cds.decision import decide
from cds.derivation import derive
from cds.intake.patient import read_patient
from cds.robustness.acceptability import accept, cohort_acceptability
from cds.robustness.flips import flips
from cds.robustness.next_test import next_test
from cds.robustness.prior_shares import cohort_prior_shares
from cds.robustness.summary import robustness_of, score_ranges
from cds.robustness.units import Field, fields
from cds.robustness.weight_order import WeightOrder
from cds.robustness.weights import Weights, near, order_of, wide
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load
from cds.stability import Flips, NextTest

EXAMPLES = Path(__file__).parent.parent / "examples"
TYPICAL = EXAMPLES / "patients" / "typical_adult.yaml"
REPEATS = 5
T = TypeVar("T")
#: Tumour markers that rules of the checked policy count, with one value for each thing they can say.
COUNTED: dict[str, tuple[Value, ...]] = {
    "rb1_dna": ("intact", "one_hit", "lost"), "cdk4_cn": ("amplified", "not_amplified"),
    "ccnd1_cn": ("amplified", "not_amplified"), "ccne1_cn": ("amplified", "not_amplified"),
    "cdkn2a": ("intact", "lost"), "pten_dna": ("intact", "lost"), "pten_ihc": ("retained", "lost"),
    "tsc": ("wild_type", "loss_of_function"), "mtor_mutation": ("wild_type", "activating"),
    "vegfa_cn": ("amplified", "not_amplified"), "p_s6": ("high", "intermediate", "low"),
    "p_4ebp1": ("high", "low"), "p_mtor_s2448": ("high", "low"), "abcb1": ("high", "not_high"),
}  # fmt: skip


class Times(NamedTuple):
    """Milliseconds of each repeat, by the clock and of the processors."""

    clock: tuple[float, ...]
    processors: tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """One measured figure: medians and range in milliseconds, and the same done naively."""

    what: str
    target_ms: float | None
    times: Times
    naive_ms: float | None
    equal: str

    def __str__(self) -> str:
        """One row of the table."""
        median, work = statistics.median(self.times.clock), statistics.median(self.times.processors)
        reached = "" if self.target_ms is None else "reached" if median <= self.target_ms else "NOT REACHED"
        target = "" if self.target_ms is None else f"{self.target_ms:,.0f}"
        naive = "" if self.naive_ms is None else f"{self.naive_ms:,.0f}"
        spread = f"{min(self.times.clock):,.1f} to {max(self.times.clock):,.1f}"
        cells = (self.what, f"{median:,.1f}", spread, f"{work:,.1f}", target, reached, naive, self.equal)
        return f"| {' | '.join(cells)} |"


def timed(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[Times, Any]:
    """Milliseconds of each repeat, and what the last one gave; one run before is not counted."""
    result, clock, processors = work(), list[float](), list[float]()
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        result = work()
        clock.append((time.perf_counter() - start) * 1000)
        processors.append((time.process_time() - busy) * 1000)
    return Times(tuple(clock), tuple(processors)), result


def figures(patients: int) -> Iterator[Figure]:
    """All figures, one after the other."""
    book = load()
    adult = read_patient(TYPICAL, book).cohort(book)
    yield draws(book)
    yield one_patient(book, adult)
    yield from ranges_tests_flips(book, adult)
    yield everything(book, adult)
    yield from cohorts(book, patients)


def draws(book: Rulebook) -> Figure:
    """Drawing the weights, once for each policy and seed; linear extensions counted by recursion."""
    policy = book.policy[book.default_policy]
    seeds = itertools.count(1000)
    times, _ = timed(lambda: (wide(policy, seed=next(seeds)), near(policy, seed=next(seeds))))
    start = time.perf_counter()
    counted = naive_extensions(order_of(policy), 0, {})
    same = "equal" if counted == order_of(policy).linear_extensions else "DIFFERENT"
    return Figure(
        "draw 2 x 4,096 weights", None, times, (time.perf_counter() - start) * 1000, f"count {same}"
    )


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
    field, weights = field_of(book, adult), wide(book.policy[book.default_policy])
    times, found = timed(lambda: accept(field_of(book, adult), weights))
    start = time.perf_counter()
    naive = naive_shares(field, weights)
    took = (time.perf_counter() - start) * 1000
    equal = np.allclose(found.held, naive[0]) and np.allclose(found.dropped, naive[1])
    return Figure("one patient, 4,096 draws, all ranks", 50, times, took, same(equal))


def field_of(book: Rulebook, adult: Cohort) -> Field:
    """The patient's options, from the markers on."""
    decision = decide(adult, book, ())
    [field] = fields(decision.plan, decision.truths, decision.ranking)
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


def ranges_tests_flips(book: Rulebook, adult: Cohort) -> Iterator[Figure]:
    """Ranges under both policies, next test, and flips; each by itself, then all together."""

    def ranges() -> Any:
        decision = decide(adult, book)
        return [list(score_ranges(decision, policy)) for policy in decision.plans]

    def tests() -> NextTest:
        return next_test(adult, book)

    def flipped() -> tuple[Flips, Flips]:
        return flips(adult, book), flips(adult, book, "eligible")

    naive, took = once(lambda: naive_ranges(book, adult))
    times, found = timed(ranges)
    mine = {one.option: (one.low, one.high) for one in found[0]}
    yield Figure("ranges, both policies", None, times, took, same(mine == naive, "checked scores "))
    lone, took = once(lambda: naive_tests(book, adult))
    times, told = timed(tests)
    mine_too = {test.id: test.can_change_order for test in told.tests if test.id in lone}
    yield Figure("next test", None, times, took, same(mine_too == lone, "single markers "))
    hits, took = once(lambda: naive_flips(book, adult))
    times, pair = timed(flipped)
    none = same(pair[0].size is None and not hits, "pairs ")
    yield Figure("two flips, up to 3 changes", None, times, took, none)
    yield Figure("all three", 500, timed(lambda: (ranges(), tests(), flipped()))[0], None, "")


def once(work: Callable[[], T]) -> tuple[T, float]:
    """What a naive version gives, and its milliseconds."""
    start = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - start) * 1000


def same(equal: bool, what: str = "") -> str:
    """Said in the table."""
    return f"{what}{'equal' if equal else 'DIFFERENT'}"


def untested(book: Rulebook, adult: Cohort) -> dict[str, tuple[str, ...]]:
    """Untested tumour categories and all their values."""
    states = derive(adult, book)
    wanted = [m for m in book.markers if m.concern == "tumour" and m.type == "category" and not m.is_derived]
    return {m.id: tuple(m.values) for m in wanted if states.evaluator.missing(m.id)[0]}


def ranks(book: Rulebook, adult: Cohort, values: dict[str, str]) -> list[int]:
    """The ranks of one patient with some values filled in, decided alone."""
    codes = {n: np.array([list(book.marker[n].values).index(v)], dtype=np.int8) for n, v in values.items()}
    one = Cohort(adult.ids, {**adult.columns, **codes}, adult.drug_lists)
    found: list[int] = decide(one, book, ()).ranking.rank[:, 0].tolist()
    return found


def naive_tests(book: Rulebook, adult: Cohort) -> dict[str, bool]:
    """For each single marker: can a value change the order? One patient at a time."""
    now = ranks(book, adult, {})
    return {
        name: any(ranks(book, adult, {name: value}) != now for value in values)
        for name, values in untested(book, adult).items()
    }


def naive_flips(book: Rulebook, adult: Cohort) -> list[dict[str, str]]:
    """Pairs of values that change the first place, among markers that rules of the checked policy count."""
    now = [rank == 1 for rank in ranks(book, adult, {})]
    counted = {name: values for name, values in untested(book, adult).items() if name in COUNTED}
    return [
        {one: a, two: b}
        for one, two in itertools.combinations(counted, 2)
        for a, b in itertools.product(counted[one], counted[two])
        if [rank == 1 for rank in ranks(book, adult, {one: a, two: b})] != now
    ]


def naive_ranges(book: Rulebook, adult: Cohort) -> dict[str, tuple[int, int]]:
    """Score ranges by deciding for every completion of the markers that checked rules count."""
    choices = combinations(book, COUNTED)
    columns = {name: np.repeat(column, len(choices)) for name, column in adult.columns.items()}
    whole = Cohort(choices.ids, {**columns, **choices.columns}, adult.drug_lists)
    ranking = decide(whole, book, ()).ranking
    found = {}
    for column, option in enumerate(book.options):
        points = ranking.points[column][ranking.rank[column] > 0]
        if len(points):
            found[option.id] = (int(points.min()), int(points.max()))
    return found


def everything(book: Rulebook, adult: Cohort) -> Figure:
    """The whole section of the assessment; a second run must give the same bytes."""
    times, found = timed(lambda: robustness_of(adult, book))
    again = robustness_of(adult, book).model_dump_json() == found.model_dump_json()
    return Figure("the whole section of one patient", None, times, None, same(again, "bytes "))


def cohorts(book: Rulebook, patients: int) -> Iterator[Figure]:
    """Acceptability of a synthetic cohort; the naive version takes patients one by one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cohort.csv"
        make = [sys.executable, str(EXAMPLES / "make_cohort.py"), str(path), "--patients", str(patients)]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        [whole] = list(open_cohort(path, book, book))
    few, weights = min(patients, 100), wide(book.policy[book.default_policy])
    parts = [whole.part(row, row + 1) for row in range(few)]
    naive, took = once(lambda: [accept(field_of(book, part), weights) for part in parts])
    times, found = timed(lambda: list(cohort_acceptability(whole, book)), 3)
    equal = all((a.held == b.held).all() for (a, _), b in zip(found, naive, strict=False))
    what = f"cohort of {patients:,}: wide and near shares"
    yield Figure(what, 30 * patients, times, took * patients / few, same(equal, f"first {few} "))
    times, mixed = timed(lambda: list(cohort_prior_shares(whole, book)), 1)
    again = next(cohort_prior_shares(whole, book))
    equal = all((again[c][1] == shares[1]).all() for c, shares in mixed[0].items())
    what = f"cohort of {patients:,}: shares over priors"
    yield Figure(what, 30 * patients, times, None, same(equal, "second run "))


def main(arguments: list[str]) -> int:
    """Print the table; 1 if a target was missed or a result differs."""
    found = []
    one, five, _ = os.getloadavg()
    print(f"{os.cpu_count()} processors; load before: {one:.1f} (1 minute), {five:.1f} (5 minutes).\n")
    print("| Figure | Median ms | Range | Processor ms | Target ms | | Naive ms | Result |")
    print("|--|--|--|--|--|--|--|--|")
    for figure in figures(200 if "--quick" in arguments else 1000):
        found.append(str(figure))
        print(figure, flush=True)
    return int(any("NOT REACHED" in row or "DIFFERENT" in row for row in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
