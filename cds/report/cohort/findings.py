"""Findings over a cohort: safety rules, tumour findings, what is missing, and what it leaves open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cds.document.blocks import Block, Paragraph, Table
from cds.document.figures.matrix import strips
from cds.document.figures.states import State
from cds.document.figures.tallies import missingness
from cds.document.tags import CAUTION, MONITOR, STOP
from cds.report.cohort.disclosure import FEW, LIMIT, Counts
from cds.report.cohort.run import CohortRun
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.grades import GRADED
from cds.vocabulary import Kind

LEVELS = {Kind.EXCLUDES: STOP, Kind.CAUTIONS: CAUTION, Kind.MONITORS: MONITOR}
#: Above this a matrix of single patients is no picture any more.
DRAWN = 240
SHOWN = 20


def safety(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    """Safety rules by level, with the patients they are true for and those they can't be decided for."""
    n, rows, silent = len(run), [], 0
    for kind, level in LEVELS.items():
        for rule in book.rule.values():
            if rule.kind is not kind or rule.id not in run.rules:
                continue
            true, open_ = (int(where.sum()) for where in run.rule(rule.id))
            if true < (LIMIT if counts.shared else 1):
                silent += 1
                continue
            parts = counts.parts({"true": true, "open": open_, "false": n - true - open_})
            rows.append((level, rule.label, rule.id, parts["true"], parts["open"]))
    rows.sort(key=lambda row: (list(LEVELS.values()).index(row[0]), -_as_number(row[3])))
    if rows:
        columns = ("Level", "Rule", "Id", "True for", "Not decided for")
        caption = f"Safety rules, of {n:,} patients"
        widths = (1.4, 4.5, 1.3, 1, 1.3)
        yield Table(caption, columns, tuple(rows), numeric=(3, 4), tagged=(0,), widths=widths)
    few = "for fewer than 5 patients or for nobody" if counts.shared else "for nobody"
    yield Paragraph(f"{silent} further safety rules are true {few}.", "quiet")


def _as_number(text: str) -> int:
    digits = text.replace(",", "")
    return int(digits) if digits.isdigit() else 0


def excluded(run: CohortRun, book: Rulebook, counts: Counts) -> str:
    """How many patients have at least one exclusion that is true."""
    rules = [rule.id for rule in book.rule.values() if rule.kind is Kind.EXCLUDES and rule.id in run.rules]
    any_ = np.zeros(len(run), dtype=bool)
    for name in rules:
        any_ |= run.rule(name)[0]
    count = counts.one(int(any_.sum()), len(run))
    return f"At least one exclusion is true for {count} of {len(run):,} patients."


def tumour_rules(run: CohortRun, book: Rulebook) -> list[str]:
    """Rules on findings of the tumour that speak for or against an option."""
    return [
        rule.id
        for rule in book.rule.values()
        if rule.kind in GRADED
        and rule.id in run.rules
        and any(book.marker[name].concern == "tumour" for name in markers_of(rule.when))
    ]


def matrix(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    """Findings present, absent and not known; for a board of a small cohort also patient by patient."""
    names = [name for name in tumour_rules(run, book) if not run.rule(name)[1].all()]
    if not names:
        yield Paragraph("No finding of the tumour is known for any patient.")
        return
    yield _matrix_table(run, book, counts, names)
    if counts.shared:
        return
    if len(run) > DRAWN:
        yield Paragraph(f"The matrix of single patients is drawn for up to {DRAWN} patients.", "quiet")
        return
    order = sorted_by_first(run, names)
    cells: dict[str, list[State]] = {book.rule[name].label: _states(run, name, order) for name in names}
    listed = ", ".join(f"{place} {run.ids[row]}" for place, row in enumerate(order.tolist(), 1))
    yield from strips(cells)
    yield Paragraph(f"Columns: {listed}.", "quiet")


def _matrix_table(run: CohortRun, book: Rulebook, counts: Counts, names: list[str]) -> Table:
    rows = []
    for name in names:
        true, open_ = (int(where.sum()) for where in run.rule(name))
        parts = counts.parts({"present": true, "not known": open_, "absent": len(run) - true - open_})
        rows.append((book.rule[name].label, *parts.values()))
    columns = ("Finding", "Present", "Not known", "Absent")
    caption = f"Findings that rules read, of {len(run):,} patients"
    return Table(caption, columns, tuple(rows), numeric=(1, 2, 3), widths=(5, 1, 1, 1))


def sorted_by_first(run: CohortRun, names: list[str]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Patients by their first option, then by the number of findings present, most first."""
    ranks = run.ranks["checked"] if "checked" in run.ranks else next(iter(run.ranks.values()))
    firsts = np.where((ranks == 1).any(axis=0), (ranks == 1).argmax(axis=0), len(ranks))
    present = np.sum([run.rule(name)[0] for name in names], axis=0)
    return np.lexsort((np.arange(len(run)), -present, firsts))


def _states(run: CohortRun, name: str, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[State]:
    true, open_ = run.rule(name)
    words: dict[tuple[bool, bool], State] = {(True, False): "altered", (False, True): "not tested"}
    return [words.get((bool(true[row]), bool(open_[row])), "tested, normal") for row in order.tolist()]


def _missing(run: CohortRun, book: Rulebook) -> list[tuple[str, int]]:
    """Markers that rules read, by how many patients lack them."""
    read = {name for rule in book.rule.values() for name in markers_of(rule.when)}
    sums = run.untested.sum(axis=1).tolist()
    pairs = [
        (book.marker[name].label, n) for name, n in zip(run.markers, sums, strict=True) if name in read and n
    ]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def missing_most(run: CohortRun, book: Rulebook, counts: Counts) -> str:
    """One sentence on what is missing."""
    found = _missing(run, book)
    if not found:
        return "Every marker that a rule reads is known for everybody."
    if counts.shared:
        often = sum(count > len(run) - LIMIT for _, count in found)
        return f"{often} markers that rules read are missing for all but {FEW} patients."
    everywhere = sum(count == len(run) for _, count in found)
    return (
        f"{len(found)} markers that rules read are missing for somebody, {everywhere} of them for everybody."
    )


def missing(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    """What is missing, most first; what everybody lacks is named, not drawn."""
    found = _missing(run, book)
    low, high = (LIMIT, len(run) - LIMIT) if counts.shared else (1, len(run) - 1)
    everywhere = [label for label, count in found if count > high]
    some = [(label, count) for label, count in found if low <= count <= high]
    if some:
        yield missingness(some[:SHOWN], len(run))
        if len(some) > SHOWN:
            yield Paragraph(f"{len(some) - SHOWN} further markers are missing less often.", "quiet")
    else:
        yield Paragraph(
            "No marker is known for some patients and missing for others in numbers that can be shown."
        )
    if everywhere:
        who = f"all but {FEW} patients" if counts.shared else "anybody"
        yield Paragraph(f"Not known for {who} ({len(everywhere)} markers): {'; '.join(everywhere)}.")


def open_rules(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    """For each tumour marker: patients in whom it is missing and leaves a rule open that gives points."""
    index = {name: row for row, name in enumerate(run.markers)}
    found: dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]] = {}
    for name in tumour_rules(run, book):
        for marker in markers_of(book.rule[name].when):
            if book.marker[marker].concern == "tumour" and not book.marker[marker].is_derived:
                where = run.rule(name)[1] & run.untested[index[marker]]
                found[marker] = found.get(marker, np.zeros(len(run), dtype=bool)) | where
    sums = sorted(
        ((book.marker[m].label, int(w.sum())) for m, w in found.items()), key=lambda p: (-p[1], p[0])
    )
    rows = tuple(
        (label, counts.one(n, len(run))) for label, n in sums[:SHOWN] if n >= (LIMIT if counts.shared else 1)
    )
    if not rows:
        yield Paragraph("No missing tumour marker leaves a rule open in numbers that can be shown.")
        return
    caption = "Missing tumour markers that leave a rule for or against an option open"
    yield Table(caption, ("Marker", f"Patients, of {len(run):,}"), rows, numeric=(1,), widths=(4, 1))
    yield Paragraph(
        "An open rule is not a reason to test: most of these rules move no first place. The report of a "
        "single case says which test could.",
        "quiet",
    )
