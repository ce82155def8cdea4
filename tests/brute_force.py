"""Brute force over what is not known, by the naive evaluator: the authority for the exact methods.

Facts are entered as the robustness part enumerates them: raw markers, and facts of a drug list or
against a limit by themselves. A completion gives every unknown fact one value.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

from cds.cohort import Cohort, DrugUse, cohort_from_profiles
from cds.rulebook.book import Rulebook
from tests.naive import Naive
from tests.profiles import TYPICAL

Profile = dict[str, Any]
FLOOR = {"evidence_balance_not_positive", "cautions_outweigh_evidence"}

#: Every fact the toy rulebook reads, with one value for each cell that it can tell apart.
TOY_FACTS: dict[str, tuple[Any, ...]] = {
    "disease": ("in_scope", "other"),
    "age": (10.0, 18.0, 30.0),
    "infection": ("active", "none"),
    "inhibitor_taken": ("yes", "no"),
    "alphanib_progressed": ("yes", "no"),
    "other_alpha_progressed": ("yes", "no"),
    "platelets": (50.0, 75.0, 80.0, 100.0, 200.0),
    "calcium_status": ("low", "not_low"),
    "organ_disease": ("yes", "no"),
    "waste": (1.0, 2.0, 2.5, 3.0, 5.0),
    "fluid": ("none", "some", "much"),
    "gene_dna": ("intact", "lost", "vus"),
    "gene_stain": ("retained", "lost"),
    "signal_a": ("high", "low"),
    "signal_b": ("high", "low"),
}


def patients(book: Rulebook, *profiles: Profile) -> Cohort:
    """Profiles as a cohort; drug lists as the naive evaluator writes them, None for not known."""
    return cohort_from_profiles(
        book,
        [{name: _value(v) for name, v in profile.items() if v is not None} for profile in profiles],
    )


def _value(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return tuple(DrugUse(use["drug"], use.get("outcome")) for use in value)


def adult(book: Rulebook, **changes: Any) -> Cohort:
    """The typical adult with changes; None unsets a marker."""
    return patients(book, {**TYPICAL, **changes})


def prior_drug(name: str, outcome: str | None = None) -> list[dict[str, str]]:
    """A drug list of one drug."""
    return [{"drug": name} | ({"outcome": outcome} if outcome else {})]


def toy_profile(rng: random.Random, clear: float = 0.8, most: int = 2000) -> Profile:
    """A toy patient with some facts unknown, few enough to enumerate; the harmless value is likelier."""
    while True:
        profile: Profile = {}
        for fact, values in TOY_FACTS.items():
            if rng.random() < 0.62:
                harmless = {"age": 30.0, "platelets": 200.0}.get(fact, values[-1])
                harmless = {"disease": "in_scope"}.get(fact, harmless)
                profile[fact] = harmless if rng.random() < clear else rng.choice(values)
        if sum(1 for _ in itertools.islice(completions(profile, TOY_FACTS), most + 1)) <= most:
            return profile


def completions(profile: Profile, facts: dict[str, tuple[Any, ...]]) -> Iterator[Profile]:
    """The patient with every unknown one of these facts known, in every way."""
    unknown = [fact for fact in facts if fact not in profile]
    for values in itertools.product(*(facts[fact] for fact in unknown)):
        yield profile | dict(zip(unknown, values, strict=True))


def stays(row: Profile) -> bool:
    """Whether an option stays ranked but for the floor."""
    return row["status"] != "excluded" and not (row["status"] == "refused" and not FLOOR & {*row["reasons"]})


def band(naive: Naive, policy: str, row: Profile) -> tuple[int, ...]:
    """Class and, where the policy asks for it, tier."""
    tier = (-naive.tiers.index(row["tier"]),) if "tier" in naive.policies[policy].order else ()
    return (int(row["status"] != "hypothesis"), *tier)


class Seen:
    """What all completions of one patient show under one policy."""

    def __init__(
        self, naive: Naive, profile: Profile, facts: dict[str, tuple[Any, ...]], policy: str
    ) -> None:
        now = naive.assess(profile)["policies"][policy]
        self.bands = {option: band(naive, policy, row) for option, row in now.items() if row["rank"]}
        self.points: dict[str, list[int]] = {option: [] for option in self.bands}
        self.ranks: dict[str, set[int]] = {option: set() for option in self.bands}
        self.statuses: dict[str, set[str]] = {option: set() for option in now}
        for whole in completions(profile, facts):
            self._see(naive.assess(whole)["policies"][policy])

    def _see(self, rows: Profile) -> None:
        for option, row in rows.items():
            self.statuses[option].add(row["status"])
        for option in self.bands:
            if stays(rows[option]):
                self.points[option].append(rows[option]["points"])
        for mine in {*self.bands.values()}:
            members = [option for option, other in self.bands.items() if other == mine]
            if all(stays(rows[option]) for option in members):
                ahead = sum(other > mine for other in self.bands.values())
                for option in members:
                    above = sum(rows[other]["points"] > rows[option]["points"] for other in members)
                    self.ranks[option].add(1 + ahead + above)
