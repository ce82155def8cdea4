"""Assumptions: facts declared for a whole cohort because its files can't hold them.

    why: TARGET holds no treatment state
    markers:
      histology: high_grade_conventional
      age: {same_as: age_at_diagnosis}

Only what is not known is filled, and every output repeats what was assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from cds.cohort import Cohort, Column, Drugs, Value, cohort_from_profiles, plain, unknown_column
from cds.errors import Fault, InputError
from cds.intake.patient import patient_from_tree
from cds.rulebook.book import Rulebook
from cds.rulebook.strict_yaml import Tree, read


@dataclass(frozen=True)
class Assumptions:
    """Values assumed for every patient, and markers assumed equal to another marker."""

    why: str
    values: Mapping[str, Value]
    same_as: Mapping[str, str]
    said: Mapping[str, str]

    def fill(self, cohort: Cohort, book: Rulebook) -> Cohort:
        """The cohort with unknown cells filled; known cells stay as they are."""
        columns, lists = dict(cohort.columns), dict(cohort.drug_lists)
        constant = cohort_from_profiles(book, [self.values])
        for name, column in constant.columns.items():
            marker = book.marker[name]
            old = columns.get(name, unknown_column(marker, len(cohort)))
            if marker.type == "drugs":
                lists[name], code = _with(lists.get(name, ()), constant.drug_lists[name][0])
                columns[name] = np.where(old < 0, code, old).astype(old.dtype)
            else:
                columns[name] = _filled(old, column[0])
        for name, other in self.same_as.items():
            old = columns.get(name, unknown_column(book.marker[name], len(cohort)))
            columns[name] = _filled(old, columns.get(other, old))
        return Cohort(cohort.ids, columns, lists)


def _filled(old: Column, new: Any) -> Column:
    unknown = np.isnan(old) if old.dtype.kind == "f" else old < 0
    return np.where(unknown, new, old).astype(old.dtype)


def _with(lists: tuple[Drugs, ...], drugs: Drugs) -> tuple[tuple[Drugs, ...], int]:
    known = lists if drugs in lists else (*lists, drugs)
    return known, known.index(drugs)


def read_assumptions(path: Path, book: Rulebook) -> Assumptions:
    """Read an assumptions file; InputError lists every fault.

    What would be flagged in a patient is refused here: an assumption is meant as it stands, or not made.
    """
    tree = read(path)
    data = tree.data if isinstance(tree.data, dict) else {}
    if set(data) != {"why", "markers"} or not isinstance(data.get("markers"), dict):
        _refuse([Fault(tree.place(()), "expected `why` and `markers`", "See examples/assumptions.")])
    alike = {k: v for k, v in data["markers"].items() if isinstance(v, dict) and "same_as" in v}
    faults = list(_unlike(tree, alike, book))
    values = {k: v for k, v in data["markers"].items() if k not in alike}
    profile: Mapping[str, Value] = {}
    try:
        plainly = Tree(tree.name, {"id": "assumed", "markers": values}, tree.lines)
        profile = patient_from_tree(plainly, book, sure=True).profile
    except InputError as refused:
        faults += refused.faults
    if faults:
        _refuse(faults)
    same_as = {name: body["same_as"] for name, body in alike.items()}
    said = {name: plain(value) for name, value in profile.items()}
    return Assumptions(
        str(data["why"]), profile, same_as, said | {k: f"same as {v}" for k, v in same_as.items()}
    )


def _unlike(tree: Tree, alike: Mapping[str, Mapping[str, Any]], book: Rulebook) -> Iterator[Fault]:
    """A fault for each marker that can't be the same as another: only two numbers can."""
    for name, body in alike.items():
        pair = [name, body["same_as"]]
        known = [book.marker[one] for one in pair if isinstance(one, str) and one in book.marker]
        if [marker.type for marker in known] != ["number", "number"] or len(body) > 1:
            other = f"{pair[1]!r}" if isinstance(pair[1], str) else "what stands there"
            problem = f"can't be the same as {other}"
            yield Fault(tree.place(("markers", name)), problem, "Name two numbers, and nothing beside.")


def _refuse(faults: Iterable[Fault]) -> NoReturn:
    raise InputError("The assumptions are refused", faults)
