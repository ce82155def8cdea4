"""Over the patients of a cohort: how firmly the first option stands, and which tests could move the order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from cds.document.blocks import Block, Paragraph, Table
from cds.document.figures.tallies import STABILITY_BANDS, stability_dots
from cds.report.cohort.disclosure import LIMIT, Counts
from cds.report.cohort.patients import RunPatients
from cds.report.cohort.run import CohortRun
from cds.robustness.acceptability import cohort_acceptability
from cds.robustness.next_test import next_test
from cds.rulebook.book import Rulebook
from cds.stability import NextTest

#: So many patients are drawn where there are more: about 10 and 20 seconds of work.
VARIED, TESTED = 1000, 300
SHOWN = 15


@dataclass(frozen=True)
class Stability:
    """Shares of first place that the first options keep, one for each patient with a ranked option."""

    held: tuple[float, ...]
    alone: tuple[float, ...]
    unranked: int
    of: int


@dataclass(frozen=True)
class CohortTests:
    """For how many of `of` patients each test could change the first place, or the order; most first."""

    found: tuple[tuple[str, int, int], ...]
    of: int
    total: int


def stability_of(run: CohortRun, patients: RunPatients, book: Rulebook, seed: int = 0) -> Stability:
    """Vary the weights for each patient, or for a sample of `VARIED`."""
    drawn = patients.sample(VARIED, seed)
    held, alone = [], []
    first = dict(zip(run.options["checked"], run.ranks["checked"] == 1, strict=True))
    for piece, rows in zip(drawn.pieces, drawn.rows, strict=True):
        for row, (wide, _) in zip(rows, cohort_acceptability(piece, book, seed=seed), strict=True):
            leading = [
                place for place, column in enumerate(wide.columns) if first[book.options[column].id][row]
            ]
            if leading:
                held.append(round(float(wide.held[leading, 0].sum()), 4))
                alone.append(round(float(wide.dropped[leading, 0].sum()), 4))
    return Stability(tuple(held), tuple(alone), len(drawn) - len(held), len(patients))


def tests_of(patients: RunPatients, book: Rulebook, seed: int = 0) -> CohortTests:
    """What each single test could do for each patient, or for a sample of `TESTED`."""
    drawn = patients.sample(TESTED, seed)
    counts: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
    for found in _next_tests(drawn, book, seed):
        for test in found.tests:
            now = counts.setdefault(test.label, np.zeros(2, dtype=np.int64))
            now += np.array([test.can_change_first, test.can_change_order], dtype=np.int64)
    ordered = sorted(((label, int(a), int(b)) for label, (a, b) in counts.items()), key=_most)
    return CohortTests(tuple(row for row in ordered if row[2] or row[1]), len(drawn), len(patients))


def _most(row: tuple[str, int, int]) -> tuple[int, int, str]:
    return -row[1], -row[2], row[0]


def _next_tests(drawn: RunPatients, book: Rulebook, seed: int) -> Iterator[NextTest]:
    """One for each patient; patients with equal values are worked out once."""
    for piece in drawn.pieces:
        seen: dict[tuple[bytes, ...], NextTest] = {}
        for row in range(len(piece)):
            key = tuple(column[row : row + 1].tobytes() for column in piece.columns.values())
            if key not in seen:
                seen[key] = next_test(piece.part(row, row + 1), book, seed=seed)
            yield seen[key]


def stability(found: Stability | None, book: Rulebook, counts: Counts) -> Iterator[Block]:
    """The shares as a strip of dots; for sharing as counts in bands, small ones hidden."""
    if found is None:
        yield _missing("How often each patient's first option stays first under other weights")
        return
    yield from _of_sample(len(found.held) + found.unranked, found.of)
    if not found.held:
        yield Paragraph("No option is ranked for any of them, so there is no order to vary.")
        return
    if counts.shared:
        yield _bands(found, counts)
    else:
        yield stability_dots(found.alone)
        held = 100 * median(found.held)
        yield Paragraph(f"With class and tier held the median is {held:.0f} out of 100.")
        if found.unranked:
            yield Paragraph(f"Not among them: {found.unranked:,} without a ranked option.", "quiet")
    yield Paragraph(
        "Counted under all admissible weights, on points alone. It says how firmly this rulebook's "
        f"order stands. {book.identity.meaning}",
        "quiet",
    )


def _bands(found: Stability, counts: Counts) -> Table:
    values = [100 * share for share in found.alone]
    bands: Mapping[str, int] = {
        label: sum(low <= value < high for value in values) for label, low, high in STABILITY_BANDS
    }
    told = counts.parts({**bands, "no ranked option": found.unranked})
    caption = "Patients by how often their first option stays first, out of 100 weightings"
    return Table(caption, ("Out of 100", "Patients"), tuple(told.items()), numeric=(1,), widths=(5, 1))


def tests(found: CohortTests | None, counts: Counts) -> Iterator[Block]:
    """CohortTests by the patients whose first place, then whose order, one result could change."""
    if found is None:
        yield _missing("Which test could most often change an order")
        return
    yield from _of_sample(found.of, found.total)
    least = LIMIT if counts.shared else 1
    rows = [row for row in found.found if row[2] >= least]
    if counts.shared:  # the order of hidden counts would tell of them
        rows.sort(key=lambda row: (-row[2], row[0]))
    yield Paragraph(_sentence(rows, found, counts))
    if rows:
        cells = tuple(
            (label, counts.one(first, found.of), counts.one(order, found.of))
            for label, first, order in rows[:SHOWN]
        )
        columns = ("Test", "Could change the first place", "Could change the order")
        caption = f"What one test could change, of {found.of:,} patients"
        yield Table(caption, columns, cells, numeric=(1, 2), widths=(4, 1.4, 1.4))
    if len(rows) > SHOWN:
        yield Paragraph(f"{len(rows) - SHOWN} further tests could change an order less often.", "quiet")
    yield Paragraph(
        "That a result could change an order is no reason to test: it says nothing of benefit.", "quiet"
    )


def _sentence(rows: list[tuple[str, int, int]], found: CohortTests, counts: Counts) -> str:
    if not rows:
        return "No single test of a tumour marker could change an order in numbers that can be shown."
    label, first, order = rows[0]
    if not counts.shared and first:
        return (
            f"{label} could change the first place most often: for {counts.one(first, found.of)} of "
            f"{found.of:,} patients."
        )
    nobody = "" if counts.shared else "No single test could change the first place for any patient. "
    return (
        f"{nobody}{label} could change the order most often: for {counts.one(order, found.of)} of "
        f"{found.of:,} patients."
    )


def _of_sample(drawn: int, total: int) -> Iterator[Block]:
    if drawn < total:
        yield Paragraph(f"A sample: {drawn:,} of {total:,} patients, drawn at random with a seed.", "caution")


def _missing(what: str) -> Paragraph:
    return Paragraph(
        f"{what} is not held by the results of a run. With `--source COHORT_FILE` (and `--assume` as in the "
        "run) it is worked out from the patients.",
        "quiet",
    )
