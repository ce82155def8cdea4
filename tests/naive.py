"""An independent, slow evaluator: one patient at a time, in plain Python, read from the design.

It shares no code with `cds` and is what the engine is compared with on random patients.
A profile maps marker ids to text, a number, or a list of `{"drug": ..., "outcome": ...}`
(an empty list says "none"); markers that are not given are unknown. The answer is made of plain
dicts; the rows in it are shared between patients and must not be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.naive_markers import Markers, Truth, Values, condition, entries

Row = dict[str, Any]
TIERS = ("A", "B", "C-", "D", "D-", "E", "F", "n/a")
RANKED = ("eligible", "caution", "hypothesis")
SCORING = ("cautions", "supports", "opposes")
BLOCKING = ("gate", "excludes", "target", "demotes")
GATE_ANSWERS = ("out_of_scope", "standard_therapy_first", "no_active_disease", "surgery_first")
OTHER = {"checked": "as_published", "as_published": "checked"}


class Policy:
    """One policy file."""

    def __init__(self, spec: Row) -> None:
        self.id, self.order = spec["id"], spec["order"]
        self.weights = {level: int(points) for level, points in spec["weights"].items()}
        self.floor, self.hypotheses = spec["floor"] == "true", spec["hypotheses"] == "true"
        self.demoted_tier, self.shows_refusals_of = spec.get("demoted_tier"), spec.get("shows_refusals_of")
        self.excluding = ("excludes", "target") if self.hypotheses else ("excludes",)
        self.blocking = BLOCKING if self.hypotheses else ("gate", "excludes")


@dataclass(frozen=True)
class Reading:
    """What a line or rule gives in one policy: level, units, points, and how it counts."""

    level: str | None
    units: int
    points: int
    counted: str

    def row(self, id_: str, other: Reading) -> Row:
        """The contribution before the same-axis rule; `other` is the reading of the other policy."""
        return {"id": id_, "points": self.points, "would_be": self.points or other.points,
                "counted": self.counted, "level": self.level, "units": self.units}  # fmt: skip


NOT_NAMED = Reading(None, 0, 0, "not_in_policy")


def read(spec: Row, policy: Policy, signs: dict[str, int]) -> Reading:
    """A reading as the rulebook writes it."""
    level = spec.get("level")
    if level is None or "none" in spec:
        return Reading(None, 0, 0, spec.get("none", "no_level"))
    units = 1 if "half" in spec else 2
    return Reading(level, units, signs[level] * policy.weights[level] * units, "yes")


class Rule:
    """One rule: its condition, the options it names in each policy, and its readings."""

    def __init__(self, spec: Row, book: Naive) -> None:
        self.id, self.kind, self.axis = spec["id"], spec["kind"], spec.get("axis")
        self.code, self.note = spec.get("code"), spec.get("note")
        self.when = condition(spec["when"])
        self.readings: dict[tuple[str, str], Reading] = {}
        named: list[frozenset[str]] = []
        for policy in book.policies.values():
            reading = spec.get(policy.id, {})
            named.append(book.resolve(reading.get("options") or spec["options"], spec.get("but_not", ())))
            if self.kind in SCORING:
                own = read(reading, policy, book.signs)
                self.readings |= {(policy.id, option): own for option in named[-1]}
        self.options = frozenset().union(*named)

    def reading(self, policy: str, option: str) -> Reading:
        """How a policy reads the rule for an option."""
        return self.readings.get((policy, option), NOT_NAMED)


class Facts:
    """What the rules say of one patient: settled values, truths, and the rules that act."""

    def __init__(self, book: Naive, profile: Values) -> None:
        self.values, self.conflicts = book.markers.settle(profile)
        self.truths: dict[str, Truth] = {rule.id: rule.when.truth(self.values) for rule in book.rules}
        self.true = [rule for rule in book.rules if self.truths[rule.id]]
        self.scoring = [rule for rule in self.true if rule.kind in SCORING]
        self.blocking = [rule for rule in self.true if rule.kind in BLOCKING]
        undecided = [rule for rule in book.blocking if self.truths[rule.id] is None]
        self.undecided = {rule.id: rule.when.deciding(self.values) for rule in undecided}
        self.unverified: dict[frozenset[str], list[str]] = {}  # of watched rules, as they are asked for


class Place:
    """One option in one policy."""

    def __init__(self, spec: Row, policy: Policy, book: Naive) -> None:
        self.option, self.tier, self.policy = spec["id"], spec["tier"], policy
        self.unavailable, self.refused = spec.get("unavailable"), spec.get("refused", {}).get(policy.id)
        self.marker_order = book.marker_order
        other, self.lines = OTHER[policy.id], list[Row]()
        for line in spec.get("lines", ()):
            own, theirs = (read(line[p], book.policies[p], book.signs) for p in (policy.id, other))
            self.lines.append(own.row(line["id"], theirs))
        self.base = sum(row["points"] for row in self.lines)
        own_rules = [rule for rule in book.rules if rule.kind in SCORING and self.option in rule.options]
        readings = {rule.id: rule.reading(policy.id, self.option) for rule in own_rules}
        self.rows = {
            rule.id: readings[rule.id].row(rule.id, rule.reading(other, self.option)) for rule in own_rules
        }
        counted = [rule.id for rule in own_rules if readings[rule.id].counted == "yes"]
        self.cautions = {rule.id for rule in own_rules if rule.kind == "cautions"} & set(counted)
        named = [rule for rule in book.blocking if self.option in rule.options]
        self.watched = frozenset(rule.id for rule in named if rule.kind in policy.blocking)

    def assess(self, facts: Facts, checked: Row | None) -> Row:
        """Status, points and everything said beside them; `checked` is set where its refusals show."""
        rules = [rule for rule in facts.scoring if rule.id in self.rows]
        rows = self._contributions(rules)
        cautions = [rule.id for rule in rules if rule.id in self.cautions]
        blocking = [rule for rule in facts.blocking if self.option in rule.options]
        unverified = self._unverified(facts)
        by_cautions = sum(row["points"] for row in rows if row["id"] in self.cautions)
        refusal = self._refusal(blocking, by_cautions)
        status, reasons = refusal or self._standing(blocking, cautions, unverified)
        if checked and checked["status"] in ("refused", "excluded") and not refusal:
            status = "caution" if status == "eligible" else status
            reasons = [*reasons, "refused_by_checked"]
        demoted = status == "hypothesis" and any(rule.kind == "demotes" for rule in blocking)
        return {
            "status": status,
            "reasons": reasons,
            "points": self.base + sum(row["points"] for row in rows),
            "rank": None,
            "tier": self.policy.demoted_tier if demoted else self.tier,
            "unverified": unverified,
            "cautions": cautions,
            "contributions": self.lines + rows,
        }

    def _contributions(self, rules: list[Rule]) -> list[Row]:
        """One row for each true rule; of those on one axis and side only the heaviest counts."""
        rows = {rule.id: self.rows[rule.id] for rule in rules}
        on_axis = [(rule.axis, rows[rule.id]) for rule in rules if rule.axis and rows[rule.id]["points"]]
        if len(on_axis) > 1:
            on_axis.sort(key=lambda pair: (-abs(pair[1]["points"]), pair[1]["id"]))
        first: dict[tuple[str, bool], str] = {}
        for axis, row in on_axis:
            leader = first.setdefault((axis, row["points"] > 0), row["id"])
            if leader != row["id"]:
                rows[row["id"]] = row | {"points": 0, "counted": f"same_axis:{leader}"}
        return list(rows.values())

    def _refusal(self, blocking: list[Rule], by_cautions: int) -> tuple[str, list[str]] | None:
        """Why the option is not ranked, the first reason that applies; None if it is ranked."""
        if self.unavailable:
            return "not_available", [self.unavailable]
        if self.refused:
            return "refused", [self.refused]
        if gates := [rule.code for rule in blocking if rule.kind == "gate"]:
            return "refused", list(dict.fromkeys(gates))
        if excluded := [rule.id for rule in blocking if rule.kind in self.policy.excluding]:
            return "excluded", excluded
        if self.policy.floor and self.base <= 0:
            return "refused", ["evidence_balance_not_positive"]
        if self.policy.floor and self.base + by_cautions <= 0:
            return "refused", ["cautions_outweigh_evidence"]
        return None

    def _standing(
        self, blocking: list[Rule], cautions: list[str], unverified: list[str]
    ) -> tuple[str, list[str]]:
        """Status and reasons of an option that is ranked."""
        outside = [] if self.tier == "A" else ["tier_not_a"]
        outside += [rule.id for rule in blocking if rule.kind == "demotes"]
        if self.policy.hypotheses and outside:
            return "hypothesis", outside
        reasons = cautions + (["unverified"] if unverified else [])
        return ("caution" if reasons else "eligible"), reasons

    def _unverified(self, facts: Facts) -> list[str]:
        """Unknown markers that could still refuse, exclude or demote the option."""
        if self.watched not in facts.unverified:
            deciding = [facts.undecided[rule] for rule in self.watched & facts.undecided.keys()]
            facts.unverified[self.watched] = sorted(set().union(*deciding), key=self.marker_order.__getitem__)
        return facts.unverified[self.watched]

    def key(self, row: Row) -> tuple[int, ...]:
        """The larger, the better."""
        parts = {
            "class": int(row["status"] != "hypothesis"),
            "tier": -TIERS.index(row["tier"]),
            "points": row["points"],
        }
        return tuple(parts[part] for part in self.policy.order)


class Naive:
    """A rulebook read from its folder."""

    def __init__(self, rules_folder: Path) -> None:
        self.markers = Markers(rules_folder)
        self.marker_order = {id_: place for place, id_ in enumerate(self.markers.specs)}
        self.options = {option["id"]: option for option in entries(rules_folder, "options")}
        levels = entries(rules_folder, "levels.yaml")
        self.signs = {level["id"]: 1 if level["sign"] == "+" else -1 for level in levels}
        policies = {spec["id"]: Policy(spec) for spec in entries(rules_folder, "policies")}
        self.policies = {id_: policies[id_] for id_ in ("checked", "as_published")}
        self.rules = [Rule(spec, self) for spec in entries(rules_folder, "effects") if "retired" not in spec]
        self.blocking = [rule for rule in self.rules if rule.kind in BLOCKING]
        self.places = {
            id_: {option: Place(spec, policy, self) for option, spec in self.options.items()}
            for id_, policy in self.policies.items()
        }

    def resolve(self, names: list[str], but_not: list[str]) -> frozenset[str]:
        """Option ids that ids, tags or `all` name."""
        words = {id_: {id_, *spec.get("tags", ())} for id_, spec in self.options.items()}
        wanted = [id_ for id_ in words if "all" in names or words[id_] & set(names)]
        return frozenset(id_ for id_ in wanted if not words[id_] & set(but_not))

    def assess(self, profile: Values) -> Row:
        """The whole answer for one patient, in both policies."""
        facts = Facts(self, profile)
        policies: dict[str, dict[str, Row]] = {}
        for id_, places in self.places.items():
            checked = policies.get(self.policies[id_].shows_refusals_of or "", {})
            rows = {option: place.assess(facts, checked.get(option)) for option, place in places.items()}
            ranked = {option: row for option, row in rows.items() if row["status"] in RANKED}
            keys = {option: places[option].key(row) for option, row in ranked.items()}
            for option, row in ranked.items():
                row["rank"] = 1 + sum(other > keys[option] for other in keys.values())
            policies[id_] = rows
        return {
            "answer": self._answer(facts, policies["checked"]),
            "policies": policies,
            "truths": facts.truths,
            "derived": {marker.id: facts.values[marker.id] for marker in self.markers.derived},
            "conflicts": facts.conflicts + [rule.id for rule in facts.true if rule.kind == "conflict"],
            "notes": [rule.note for rule in facts.true if rule.kind == "informs" and rule.note],
        }

    def _answer(self, facts: Facts, checked: dict[str, Row]) -> str:
        everyone = frozenset(self.options)
        gates = [rule for rule in self.blocking if rule.kind == "gate" and rule.options == everyone]
        true = {rule.code for rule in gates if facts.truths[rule.id]}
        statuses = {row["status"] for row in checked.values()}
        for code in GATE_ANSWERS:
            if code in true:
                return code
        if any(facts.truths[rule.id] is None for rule in gates):
            return "profile_incomplete"
        if statuses & {"eligible", "caution"}:
            return "can_be_named"
        return "only_hypotheses" if "hypothesis" in statuses else "all_excluded"
