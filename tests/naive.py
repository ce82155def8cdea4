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
RANKED = ("eligible", "caution", "hypothesis")
SCORING = ("cautions", "supports", "opposes")
BLOCKING = ("gate", "excludes", "target_absent", "demotes")


class Policy:
    """One policy file."""

    def __init__(self, spec: Row) -> None:
        self.id, self.order = spec["id"], spec["order"]
        self.weights = {level: int(points) for level, points in spec["weights"].items()}
        self.is_default = spec["default"] == "true"
        self.floor = spec["needs_positive_evidence"] == "true"
        self.hypotheses = spec["keeps_hypotheses_apart"] == "true"
        self.demoted_tier, self.shows_refusals_of = spec.get("demoted_tier"), spec.get("shows_refusals_of")
        self.excluding = ("excludes", "target_absent") if self.hypotheses else ("excludes",)
        self.blocking = BLOCKING if self.hypotheses else ("gate", "excludes")


@dataclass(frozen=True)
class Reading:
    """What a line or rule gives in one policy: level, units, points, and how it counts."""

    level: str | None
    units: int
    points: int
    counted: str

    def row(self, id_: str, others: list[Reading]) -> Row:
        """The contribution before the same-topic rule; `others` are the readings of the other policies."""
        elsewhere = [other.points for other in others if other.points]
        return {"id": id_, "points": self.points, "would_be": self.points or (elsewhere or [0])[0],
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
        self.id, self.kind, self.topic = spec["id"], spec["kind"], spec.get("topic")
        self.code, self.note = spec.get("code"), spec.get("note")
        self.when = condition(spec["when"])
        self.readings: dict[tuple[str, str], Reading] = {}
        named: list[frozenset[str]] = []
        for policy in book.policies.values():
            reading = spec.get("counts", {}).get(policy.id, {})
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
        self.marker_order, self.tiers, self.is_nameable = book.marker_order, book.tiers, book.nameable
        others, self.lines = [name for name in book.policies if name != policy.id], list[Row]()
        for line in spec.get("lines", ()):
            said = {name: read(line["counts"][name], p, book.signs) for name, p in book.policies.items()}
            self.lines.append(said[policy.id].row(line["id"], [said[name] for name in others]))
        self.base = sum(row["points"] for row in self.lines)
        own_rules = [rule for rule in book.rules if rule.kind in SCORING and self.option in rule.options]
        readings = {rule.id: rule.reading(policy.id, self.option) for rule in own_rules}
        self.rows = {
            rule.id: readings[rule.id].row(rule.id, [rule.reading(name, self.option) for name in others])
            for rule in own_rules
        }
        counted = [rule.id for rule in own_rules if readings[rule.id].counted == "yes"]
        self.cautions = {rule.id for rule in own_rules if rule.kind == "cautions"} & set(counted)
        named = [rule for rule in book.blocking if self.option in rule.options]
        self.watched = frozenset(rule.id for rule in named if rule.kind in policy.blocking)

    def assess(self, facts: Facts, shown: Row | None) -> Row:
        """Status, points and everything said beside them; `shown`: the policy whose refusals show."""
        rules = [rule for rule in facts.scoring if rule.id in self.rows]
        rows = self._contributions(rules)
        cautions = [rule.id for rule in rules if rule.id in self.cautions]
        blocking = [rule for rule in facts.blocking if self.option in rule.options]
        unverified = self._unverified(facts)
        by_cautions = sum(row["points"] for row in rows if row["id"] in self.cautions)
        refusal = self._refusal(blocking, by_cautions)
        status, reasons = refusal or self._standing(blocking, cautions, unverified)
        if shown and shown["status"] in ("refused", "excluded") and not refusal:
            status = "caution" if status == "eligible" else status
            reasons = [*reasons, "refused_by_other_policy"]
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
        """One row for each true rule; of those on one topic and side only the heaviest counts."""
        rows = {rule.id: self.rows[rule.id] for rule in rules}
        on_topic = [(rule.topic, rows[rule.id]) for rule in rules if rule.topic and rows[rule.id]["points"]]
        if len(on_topic) > 1:
            on_topic.sort(key=lambda pair: (-abs(pair[1]["points"]), pair[1]["id"]))
        first: dict[tuple[str, bool], str] = {}
        for topic, row in on_topic:
            leader = first.setdefault((topic, row["points"] > 0), row["id"])
            if leader != row["id"]:
                rows[row["id"]] = row | {"points": 0, "counted": f"same_topic:{leader}"}
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
        outside = [] if self.tier in self.is_nameable else ["tier_not_nameable"]
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
            "tier": -self.tiers.index(row["tier"]),
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
        tiers = entries(rules_folder, "tiers.yaml")
        self.tiers = [tier["id"] for tier in tiers]
        self.nameable = {tier["id"] for tier in tiers if tier["nameable"] == "true"}
        self.answers = entries(rules_folder, "answers.yaml")
        policies = [Policy(spec) for spec in entries(rules_folder, "policies")]
        policies.sort(key=lambda policy: not policy.is_default)
        self.policies = {policy.id: policy for policy in policies}
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
        """The whole answer for one patient, in each policy; one whose refusals show shows none itself."""
        facts = Facts(self, profile)
        policies: dict[str, dict[str, Row]] = {}
        for id_, places in self.places.items():
            shown = self._shown(self.policies[id_].shows_refusals_of, policies, facts)
            rows = {option: place.assess(facts, shown.get(option)) for option, place in places.items()}
            ranked = {option: row for option, row in rows.items() if row["status"] in RANKED}
            keys = {option: places[option].key(row) for option, row in ranked.items()}
            for option, row in ranked.items():
                row["rank"] = 1 + sum(other > keys[option] for other in keys.values())
            policies[id_] = rows
        return {
            "answer": self._answer(facts, next(iter(policies.values()))),
            "policies": policies,
            "truths": facts.truths,
            "derived": {marker.id: facts.values[marker.id] for marker in self.markers.derived},
            "conflicts": facts.conflicts + [rule.id for rule in facts.true if rule.kind == "conflict"],
            "notes": [rule.note for rule in facts.true if rule.kind == "informs" and rule.note],
        }

    def _shown(self, policy: str | None, made: dict[str, dict[str, Row]], facts: Facts) -> dict[str, Row]:
        """The rows of the policy whose refusals show."""
        if policy is None or policy in made:
            return made.get(policy or "", {})
        return {option: place.assess(facts, None) for option, place in self.places[policy].items()}

    def _answer(self, facts: Facts, rows: dict[str, Row]) -> str:
        """The first declared answer that holds; `rows` are of the default policy."""
        everyone = frozenset(self.options)
        gates = [rule for rule in self.blocking if rule.kind == "gate" and rule.options == everyone]
        true = {rule.code for rule in gates if facts.truths[rule.id]}
        statuses = {row["status"] for row in rows.values()}
        named = bool(statuses & {"eligible", "caution"})
        for answer in self.answers:
            holds = {
                "gate": answer["id"] in true,
                "incomplete": any(facts.truths[rule.id] is None for rule in gates),
                "facts_missing": any(facts.values.get(name) is None for name in answer.get("needs", ())),
                "nameable": named,
                "only_hypotheses": "hypothesis" in statuses and not named,
                "all_excluded": not statuses & set(RANKED),
            }
            if holds[answer["role"]]:
                return str(answer["id"])
        raise AssertionError("no answer holds")
