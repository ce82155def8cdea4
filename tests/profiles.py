"""Random patients that reach every rule: seeded, and built by solving conditions.

Each profile starts from a typical adult or from random values, loses a random share of its
markers, and then has one to four random rules forced to be true. Numbers stand at, just below
and just above the cut points; drug lists hold unknown names and are often incomplete.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.naive_markers import Leaf, Markers, condition, entries, reads

Profile = dict[str, Any]
Tree = dict[str, Any]
UNKNOWN_DRUGS = ("zzz-unheard-of", "Herbal tea")
#: What these rules read is seldom changed at random, or hardly a patient would have a choice left.
HARM_KINDS = ("gate", "excludes", "demotes", "cautions")
RULES = Path(__file__).parents[1] / "rules"
TOY = Path(__file__).parent / "toy_rulebook"
#: An adult relapsed after first-line chemotherapy, unresectable, no safety fact amiss, no tumour test.
TYPICAL: Profile = {
    "histology": "high_grade_conventional", "prior_map": "relapsed", "resectability": "unresectable",
    "age": 30.0, "sex": "male", "ecog": "0", "doxorubicin_resistance": "yes", "map_response": "poor",
    "lung_metastases": "unresectable", "prior_drugs": [], "current_drugs": [], "drug_allergies": [],
    "pregnancy": "not_applicable", "breast_feeding": "not_applicable", "infection": "none",
    "hepatitis_b": "negative", "hepatitis_c": "negative", "thyroid": "treated_or_normal",
    "wound": "healed", "days_since_major_surgery": 200.0,
    "planned_major_surgery": "no", "lung_disease": "none", "pneumothorax": "no", "dlco": 90.0,
    "oxygen_saturation": 98.0, "liver_disease": "no", "alt_x_uln": 0.7, "ast_x_uln": 0.7,
    "bilirubin": 0.6, "bilirubin_x_uln": 0.5, "albumin": 42.0, "inr": 1.0, "ascites": "none",
    "encephalopathy": "none", "creatinine_clearance": 95.0, "creatinine": 0.8, "anc": 3.5,
    "platelets": 250.0, "haemoglobin": 130.0, "lymphocytes": 1.8, "diabetes": "none",
    "fasting_glucose": 90.0, "hba1c": 5.2, "triglycerides": 110.0, "cholesterol": 170.0,
    "phosphate_status": "not_low", "calcium_status": "not_low", "tubulopathy": "no", "lvef": 62.0,
    "cumulative_doxorubicin": 240.0, "qtc": 420.0, "systolic": 118.0, "diastolic": 75.0,
    "bleeding": "no", "serious_bleeding_6_months": "no", "arterial_event_6_months": "no",
    "gi_perforation": "no", "transplant": "none", "autoimmune_disease": "no", "neuropathy": "0",
    "dental": "clear", "radiotherapy": "none", "live_vaccine_planned": "no",
    "lactose_intolerance": "no", "implanted_electronic_device": "no",
}  # fmt: skip

#: The same in the toy rulebook.
TOY_CLEAR: Profile = {
    "disease": "in_scope", "age": 30.0, "infection": "none", "platelets": 250.0, "organ_disease": "no",
    "current_drugs": [], "prior_drugs": [], "calcium_status": "not_low",
}  # fmt: skip


def profiles(rules: Path, n: int, seed: int, typical: Profile = TYPICAL) -> Iterator[Profile]:
    """`n` random profiles; the same seed gives the same profiles."""
    return Sampler(rules, typical).draw(n, seed)


def numbers_in(tree: Any) -> Iterator[tuple[str, float]]:
    """Every marker and bound that comparisons of a condition tree name."""
    if isinstance(tree, list):
        for part in tree:
            yield from numbers_in(part)
    elif isinstance(tree, dict):
        for key, body in tree.items():
            if isinstance(body, dict) and body.keys() <= {"lt", "le", "gt", "ge"}:
                yield from ((key, float(bound)) for bound in body.values())
            else:
                yield from numbers_in(body)


class Sampler:
    """Draws profiles and sets markers so that a condition holds."""

    def __init__(self, rules: Path, typical: Profile = TYPICAL) -> None:
        self.rng = random.Random(0)
        self.markers = Markers(rules)
        self.specs = self.markers.specs
        self.derived = {marker.id: marker for marker in self.markers.derived}
        self.typical = {key: value for key, value in typical.items() if key in self.specs}
        self.rules = [rule for rule in entries(rules, "effects") if "retired" not in rule]
        self.weights = [0.5 if r["kind"] in ("gate", "excludes") else 1.0 for r in self.rules]
        harm = [reads(rule["when"]) for rule in self.rules if rule["kind"] in HARM_KINDS]
        self.weighty = self._made_of(set().union(*harm))
        self.drug_names = sorted({drug["name"] for drug in self.markers.drugs.values()})
        plain = [name for name in self.drug_names if not self.markers.drugs[name.lower()].get("classes")]
        self.names = (UNKNOWN_DRUGS, plain, self.drug_names)
        self.telling: dict[str, list[str]] = defaultdict(list)
        self.outcomes: dict[str, list[str]] = defaultdict(list)
        for fact in (spec["from_drugs"] for spec in self.specs.values() if "from_drugs" in spec):
            self.telling[fact["list"]] += self._fitting(fact)
            if "outcome" in fact and fact["outcome"] not in self.outcomes[fact["list"]]:
                self.outcomes[fact["list"]].append(fact["outcome"])
        self.choices = self._choices()
        self.matching: dict[tuple[int, bool], list[Any]] = {}

    def _choices(self) -> dict[str, list[Any]]:
        """Values to draw from: all categories; numbers around each bound and in the plausible range."""
        bounds = defaultdict(set)
        for marker, bound in numbers_in([*self.rules, *self.specs.values()]):
            bounds[marker].add(bound)
        choices: dict[str, list[Any]] = {}
        for id_, spec in self.specs.items():
            if spec["type"] == "category":
                choices[id_] = list(spec["values"])
            elif spec["type"] == "number":
                low, high = (float(end) for end in spec.get("hard") or spec.get("plausible") or (0, 100))
                near = [b + step for b in bounds[id_] for step in (-1, -0.01, 0, 0.01, 1)]
                far = [float(x) for x in spec.get("plausible", (low, high))]
                choices[id_] = sorted({round(x, 6) for x in near + far if low <= x <= high})
        return choices

    def _made_of(self, markers: set[str]) -> set[str]:
        """These markers and all that they are derived from."""
        inputs = {part for marker in markers & self.derived.keys() for part in self.derived[marker].inputs}
        return markers | self._made_of(inputs) if inputs - markers else markers

    def draw(self, n: int, seed: int) -> Iterator[Profile]:
        """`n` random profiles that depend on the seed alone."""
        self.rng = random.Random(seed)
        return (self.profile() for _ in range(n))

    def profile(self) -> Profile:
        """One patient."""
        rng = self.rng
        wild = 0.0 if rng.random() < 0.6 else rng.choice((0.01, 0.01, 0.02, 0.2))
        tested = rng.random()
        profile = dict(self.typical)
        for id_ in self.specs:
            if rng.random() < (wild if id_ in self.weighty else tested):
                profile[id_] = self.value(id_)
        self._retell(profile)
        self._forget(profile)
        for rule in rng.choices(self.rules, self.weights, k=rng.choice((1, 2, 3, 4))):
            self.force(profile, rule["when"], True)
        if profile and rng.random() < 0.2:  # what decides a rule may lack one part
            del profile[rng.choice(list(profile))]
        return profile

    def _retell(self, profile: Profile) -> None:
        """Tell some derived facts through what they are made of, and fill some drug lists."""
        for id_ in self.derived:
            new = 0 if "from_drugs" in self.specs[id_] else 0.02
            if self.rng.random() < (0.1 if id_ in profile else new):
                self._make(profile, id_, profile.get(id_) or self.value(id_))
        for id_, spec in self.specs.items():
            if spec["type"] == "drugs" and self.rng.random() < (0.3 if self.outcomes[id_] else 0.1):
                profile[id_] = self.value(id_)
                profile[spec["complete_flag"]] = self.rng.choice(("yes", "yes", "no"))

    def _forget(self, profile: Profile) -> None:
        """Unset a random share of the markers; none in a quarter of the patients."""
        share = 0.0 if self.rng.random() < 0.25 else self.rng.uniform(0.1, 0.8)
        for id_ in [id_ for id_ in profile if self.rng.random() < share]:
            del profile[id_]

    def value(self, marker: str) -> Any:
        """A random value of a marker."""
        if self.specs[marker]["type"] == "drugs":
            return [self._entry(marker) for _ in range(self.rng.choice((0, 0, 1, 1, 2, 4)))]
        return self.rng.choice(self.choices[marker])

    def _entry(self, marker: str, drug: str | None = None) -> dict[str, str]:
        names = self.rng.choices((*self.names, self.telling[marker]), (1, 5, 2, 2))[0]
        entry = {"drug": drug or self.rng.choice(names or self.drug_names)}
        if self.outcomes[marker] and self.rng.random() < 0.7:
            entry["outcome"] = self.rng.choice([*self.outcomes[marker], "completed"])
        return entry

    def force(self, profile: Profile, tree: Tree, truth: bool) -> None:
        """Set markers so that the condition has this truth (nearly always)."""
        [(key, body)] = tree.items()
        if key in ("all", "any"):
            every = (key == "all") == truth
            for part in body if every else [self.rng.choice(body)]:
                self.force(profile, part, truth)
        elif key == "not":
            self.force(profile, body, not truth)
        elif key == "missing" and truth:
            self._unset(profile, body)
        elif key == "missing":
            self.put(profile, body, self.value(body))
        elif found := self._matching(tree, truth):
            self.put(profile, key, self.rng.choice(found))

    def _matching(self, tree: Tree, truth: bool) -> list[Any]:
        key = id(tree), truth
        if key not in self.matching:
            leaf = condition(tree)
            assert isinstance(leaf, Leaf)
            self.matching[key] = [x for x in self.choices[leaf.marker] if leaf.holds(x) is truth]
        return self.matching[key]

    def _unset(self, profile: Profile, marker: str) -> None:
        for id_ in self._made_of({marker}):
            profile.pop(id_, None)

    def put(self, profile: Profile, marker: str, value: Any) -> None:
        """Give a marker a value: enter it, or for a derived one mostly through what it is made of."""
        if marker not in self.derived:
            profile[marker] = value
            return
        enterable = self.specs[marker].get("enterable", "true") == "true"
        keep = enterable and self.rng.random() < 0.2  # now and then entered and derived differ
        if (not enterable or self.rng.random() < 0.6) and self._make(profile, marker, value):
            if not keep:
                profile.pop(marker, None)
            return
        disagrees = self.derived[marker].settle(profile | {marker: value})[1]
        if disagrees and not keep:
            self._unset(profile, marker)
        profile[marker] = value

    def _make(self, profile: Profile, marker: str, value: str) -> bool:
        """Set the inputs of a derived marker; False if no way was found."""
        spec = self.specs[marker]
        ways: list[tuple[str, Callable[[Profile, Any, str], bool]]] = [
            ("derived", self._make_derived), ("score", self._make_score),
            ("against_limit", self._make_against_limit), ("from_drugs", self._make_from_drugs),
        ]  # fmt: skip
        return any(name in spec and make(profile, spec[name], value) for name, make in ways)

    def _make_derived(self, profile: Profile, choices: list[Tree], value: str) -> bool:
        for choice in choices:
            if choice["value"] == value:
                self.force(profile, choice["when"], True)
                return True
        return False

    def _make_score(self, profile: Profile, score: Tree, value: str) -> bool:
        self.force(profile, score["given"], True)
        for _ in range(50):
            steps = [self.rng.choice(part) for part in score["parts"]]
            total = sum(int(step["points"]) for step in steps)
            reached = [band["value"] for band in score["bands"] if total >= int(band["at_least"])]
            if reached and reached[-1] == value:
                for step in steps:
                    self.force(profile, step["when"], True)
                return True
        return False

    def _make_against_limit(self, profile: Profile, names: dict[str, str], value: str) -> bool:
        limit = float(self.rng.choice((1, 1.1, 1.2)))
        steps = (-0.2, -0.01) if value == names["below"] else (0, 0.01, 0.5)
        profile |= {names["limit"]: limit, names["number"]: round(limit + self.rng.choice(steps), 6)}
        return True

    def _make_from_drugs(self, profile: Profile, fact: Tree, value: str) -> bool:
        fitting = self._fitting(fact)
        listed = [entry for entry in profile.get(fact["list"], ()) if entry["drug"] not in fitting]
        flag = self.specs[fact["list"]].get("complete_flag")
        if value == "yes":
            if not fitting:
                return False
            entry = self._entry(fact["list"], self.rng.choice(fitting))
            listed.append(entry | ({"outcome": fact["outcome"]} if "outcome" in fact else {}))
        elif flag:
            profile[flag] = "yes"
        profile[fact["list"]] = listed
        return True

    def _fitting(self, fact: Tree) -> list[str]:
        """The drugs that make a fact true, their outcome aside."""
        named, excepted = fact.get("drugs", ()), fact.get("but_not", ())
        classes = {name: self.markers.drugs[name.lower()].get("classes", ()) for name in self.drug_names}
        return [
            name
            for name in self.drug_names
            if name not in excepted and (name in named or fact.get("drug_class") in classes[name])
        ]
