"""Slow, plain reading of markers: conditions in three values, and derived markers.

Independent of `cds`: files are read with all scalars as text, one patient at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Truth = bool | None
Values = dict[str, Any]
BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "lt": lambda x, c: x < c,
    "le": lambda x, c: x <= c,
    "gt": lambda x, c: x > c,
    "ge": lambda x, c: x >= c,
}


def entries(root: Path, name: str) -> list[dict[str, Any]]:
    """The entries of a file or folder of `rules/`, in file order."""
    target = root / name
    files = sorted(target.glob("*.yaml")) if target.is_dir() else [target]
    # this loader builds nothing but text, lists and dicts
    trees = [yaml.load(file.read_bytes(), Loader=yaml.CBaseLoader) for file in files]  # noqa: S506
    return [entry for tree in trees for entry in (tree if isinstance(tree, list) else [tree])]


class Leaf:
    """A test of one marker; unknown if the marker is."""

    def __init__(self, marker: str, holds: Callable[[Any], bool]) -> None:
        self.marker, self.holds = marker, holds

    def truth(self, values: Values) -> Truth:
        value = values.get(self.marker)
        return None if value is None else self.holds(value)

    def deciding(self, values: Values) -> set[str]:
        return {self.marker}


class Missing:
    """Whether a marker is unknown; never unknown itself."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def truth(self, values: Values) -> Truth:
        return values.get(self.marker) is None

    def deciding(self, values: Values) -> set[str]:
        return set()


class Not:
    """Kleene negation."""

    def __init__(self, part: Condition) -> None:
        self.part = part

    def truth(self, values: Values) -> Truth:
        truth = self.part.truth(values)
        return None if truth is None else not truth

    def deciding(self, values: Values) -> set[str]:
        return self.part.deciding(values)


class Joined:
    """`all` is settled by one false part, `any` by one true part."""

    def __init__(self, parts: list[Condition], settled_by: bool) -> None:
        self.parts, self.settled_by = parts, settled_by

    def truth(self, values: Values) -> Truth:
        result: Truth = not self.settled_by
        for part in self.parts:
            truth = part.truth(values)
            if truth is self.settled_by:
                return self.settled_by
            if truth is None:
                result = None
        return result

    def deciding(self, values: Values) -> set[str]:
        unknown = [part for part in self.parts if part.truth(values) is None]
        return set().union(*(part.deciding(values) for part in unknown))


Condition = Leaf | Missing | Not | Joined


def condition(tree: dict[str, Any]) -> Condition:
    """A condition from its YAML tree."""
    [(key, body)] = tree.items()
    if key in ("all", "any"):
        return Joined([condition(part) for part in body], settled_by=key == "any")
    if key == "not":
        return Not(condition(body))
    if key == "missing":
        return Missing(body)
    if isinstance(body, dict):
        bounds = [(BOUNDS[name], float(bound)) for name, bound in body.items()]
        return Leaf(key, lambda x: all(relation(x, bound) for relation, bound in bounds))
    return Leaf(key, frozenset([body] if isinstance(body, str) else body).__contains__)


def reads(tree: dict[str, Any]) -> set[str]:
    """The markers a condition reads."""
    [(key, body)] = tree.items()
    if key in ("all", "any"):
        return set().union(*(reads(part) for part in body))
    if key == "not":
        return reads(body)
    return {body} if key == "missing" else {key}


class FirstTrue:
    """`derived`: the first value whose condition is true."""

    def __init__(self, spec: list[dict[str, Any]]) -> None:
        self.choices = [(choice["value"], condition(choice["when"])) for choice in spec]
        self.inputs = set().union(*(reads(choice["when"]) for choice in spec))

    def make(self, values: Values) -> str | None:
        return next((value for value, when in self.choices if when.truth(values) is True), None)


class Score:
    """Summed parts cut into bands; known only if every possible sum lies in one band."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.given = condition(spec["given"])
        self.parts = [[(condition(s["when"]), int(s["points"])) for s in part] for part in spec["parts"]]
        self.bands = [(band["value"], int(band["at_least"])) for band in spec["bands"]]
        trees = [spec["given"], *(step["when"] for part in spec["parts"] for step in part)]
        self.inputs = set().union(*map(reads, trees))

    def make(self, values: Values) -> str | None:
        if self.given.truth(values) is not True:
            return None
        ranges = [self._possible(part, values) for part in self.parts]
        low, high = self._band(sum(map(min, ranges))), self._band(sum(map(max, ranges)))
        return low if low == high else None

    @staticmethod
    def _possible(part: list[tuple[Condition, int]], values: Values) -> list[int]:
        """The points this part may take."""
        truths = [(when.truth(values), points) for when, points in part]
        true = [points for truth, points in truths if truth is True]
        unknown = [points for truth, points in truths if truth is None]
        return true[:1] or unknown or [points for _, points in truths]

    def _band(self, total: int) -> str | None:
        reached = [value for value, at_least in self.bands if total >= at_least]
        return reached[-1] if reached else None


class AgainstLimit:
    """A number below the laboratory's own limit, or not."""

    def __init__(self, spec: dict[str, str]) -> None:
        self.number, self.limit = spec["number"], spec["limit"]
        self.below, self.otherwise = spec["below"], spec["otherwise"]
        self.inputs = {self.number, self.limit}

    def make(self, values: Values) -> str | None:
        number, limit = values.get(self.number), values.get(self.limit)
        if number is None or limit is None:
            return None
        return self.below if number < limit else self.otherwise


class FromDrugs:
    """Whether a drug list holds a drug that fits; `no` needs a complete list of known drugs."""

    def __init__(self, spec: dict[str, Any], flag: str | None, drugs: dict[str, dict[str, Any]]) -> None:
        self.list, self.flag, self.drugs = spec["list"], flag, drugs
        self.named, self.drug_class = set(spec.get("drugs", ())), spec.get("drug_class")
        self.but_not, self.outcome = set(spec.get("but_not", ())), spec.get("outcome")
        self.inputs = {self.list} | ({flag} if flag else set())

    def make(self, values: Values) -> str | None:
        listed = values.get(self.list)
        if listed is None:
            return None
        fits = [self._fits(entry) for entry in listed]
        if True in fits:
            return "yes"
        complete = not listed or (self.flag is not None and values.get(self.flag) == "yes")
        return "no" if complete and None not in fits else None

    def _fits(self, entry: dict[str, str]) -> Truth:
        member = self._member(entry["drug"])
        if not member or self.outcome is None:
            return member
        outcome = entry.get("outcome")
        return None if outcome is None else outcome == self.outcome

    def _member(self, name: str) -> Truth:
        drug = self.drugs.get(name.lower())
        if drug is None:
            return None
        if drug["name"] in self.but_not:
            return False
        if drug["name"] in self.named or self.drug_class in drug.get("classes", ()):
            return True
        known = self.drug_class is None or self.drug_class in drug.get("not_classes", ())
        return False if known else None


Maker = FirstTrue | Score | AgainstLimit | FromDrugs


class Derived:
    """One derived marker: its makers in order, and how an entered value joins."""

    def __init__(self, spec: dict[str, Any], makers: list[Maker]) -> None:
        self.id, self.makers = spec["id"], makers
        self.enterable = spec.get("enterable", "true") == "true"
        self.stricter = spec.get("stricter", [])
        self.inputs = set().union(*(maker.inputs for maker in makers))

    def settle(self, values: Values) -> tuple[str | None, bool]:
        """The acting value, and whether derived and entered value disagree."""
        made = next((value for maker in self.makers if (value := maker.make(values)) is not None), None)
        entered = values.get(self.id) if self.enterable else None
        if made is None or entered is None or made == entered:
            return (made if entered is None else entered), False
        return next((value for value in self.stricter if value in (made, entered)), made), True


class Markers:
    """All markers of a rulebook, and the derivation of one patient's values."""

    def __init__(self, root: Path) -> None:
        self.specs = {spec["id"]: spec for spec in entries(root, "markers")}
        self.drugs: dict[str, dict[str, Any]] = {}
        for drug in entries(root, "drugs.yaml"):
            for name in (drug["name"], *drug.get("brands", ())):
                self.drugs[name.lower()] = drug
        derived = {
            id_: Derived(spec, made) for id_, spec in self.specs.items() if (made := self._makers(spec))
        }
        self.derived: list[Derived] = []
        while derived:  # those whose inputs are settled come first; a cycle would never end well
            ready = [marker for marker in derived.values() if not marker.inputs & derived.keys()]
            if not ready:
                raise ValueError(f"circular derivation among {sorted(derived)}")
            self.derived += ready
            for marker in ready:
                del derived[marker.id]

    def _makers(self, spec: dict[str, Any]) -> list[Maker]:
        makers: list[Maker] = [FirstTrue(spec["derived"])] if spec.get("derived") else []
        if "score" in spec:
            makers.append(Score(spec["score"]))
        if "against_limit" in spec:
            makers.append(AgainstLimit(spec["against_limit"]))
        if "from_drugs" in spec:
            flag = self.specs[spec["from_drugs"]["list"]].get("complete_flag")
            makers.append(FromDrugs(spec["from_drugs"], flag, self.drugs))
        return makers

    def settle(self, profile: Values) -> tuple[Values, list[str]]:
        """All known values of a patient, and the markers in conflict in marker order."""
        values, conflicts = dict(profile), []
        for marker in self.derived:
            values[marker.id], conflict = marker.settle(values)
            if conflict:
                conflicts.append(marker.id)
        return values, [id_ for id_ in self.specs if id_ in conflicts] if conflicts else []
