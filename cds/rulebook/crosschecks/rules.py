"""Rules, evidence lines and policies: every name is declared, every reading fits its kind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.base import Reading
from cds.rulebook.book import Rulebook
from cds.rulebook.crosschecks.markers import check_condition
from cds.rulebook.options import Line
from cds.rulebook.rules import Rule
from cds.vocabulary import SCORING, Answer, Kind
from cds.wording import REASONS

#: The sign and family of level that each kind of rule, and an evidence line (None), may use.
FITTING: dict[Kind | None, set[tuple[str, str]]] = {
    Kind.SUPPORTS: {("+", "marker"), ("+", "published")},
    Kind.OPPOSES: {("-", "marker"), ("-", "published")},
    Kind.CAUTIONS: {("-", "safety")},
    None: {("+", "regimen"), ("-", "regimen"), ("+", "published")},
}


def check_names(book: Rulebook) -> Iterator[Fault]:
    """Options, tags, axes, markers and codes that rules name are declared."""
    tags = {tag for option in book.options for tag in option.tags}
    names = ["all", *book.option, *sorted(tags)]
    axes = [axis.id for axis in book.axes]
    for rule in book.rules:
        place = book.place("rules", rule.id)
        readings = [reading for reading in (rule.checked, rule.as_published) if reading]
        listed = [name for reading in readings for name in reading.options or ()]
        for name in (*rule.options, *rule.but_not, *listed):
            yield from unknown_name(place, "option or tag", name, names)
        if rule.axis:
            yield from unknown_name(place, "axis", rule.axis, axes)
        asks_missing = rule.kind in (Kind.INFORMS, Kind.MONITORS)
        yield from check_condition(book, place, rule.when, may_ask_missing=asks_missing)
        if rule.kind is Kind.GATE:
            yield from unknown_name(place, "reason code", rule.code or "", REASONS)
            if book.resolve(rule.options, rule.but_not) == tuple(book.option):
                yield from unknown_name(place, "answer", rule.code or "", list(Answer))


def check_readings(book: Rulebook) -> Iterator[Fault]:
    """Scoring rules have a fitting reading for each policy, others have none."""
    for rule in book.rules:
        place = book.place("rules", rule.id)
        if rule.kind not in SCORING:
            if rule.checked or rule.as_published:
                yield Fault(place, f"{rule.kind} takes no reading", "Remove checked and as_published.")
            continue
        for name, reading in (("checked", rule.checked), ("as_published", rule.as_published)):
            if reading is None:
                yield Fault(
                    place, f"{rule.kind} needs a reading for {name}", "Give a level, or none with a reason."
                )
            else:
                yield from _reading(book, place, reading, rule)
        if not any(reading and reading.units for reading in (rule.checked, rule.as_published)):
            yield Fault(
                place, f"{rule.id} has no effect in either policy", "Make it an informs rule or retire it."
            )


def _reading(book: Rulebook, place: str, reading: Reading, rule: Rule | None) -> Iterator[Fault]:
    if (reading.level is None) == (reading.none is None):
        yield Fault(place, "a reading has either a level or none", "Keep one of them.")
    if reading.level is None:
        return
    yield from unknown_name(place, "level", reading.level, book.level)
    if reading.level in book.level:
        level, kind = book.level[reading.level], str(rule.kind) if rule else "an evidence line"
        if (level.sign, level.of) not in FITTING[rule.kind if rule else None]:
            yield Fault(place, f"{kind} can't use level {reading.level}", "Use one of its family and sign.")


def check_lines(book: Rulebook) -> Iterator[Fault]:
    """Evidence lines have distinct ids and declared levels; a dose, or why none."""
    seen: set[str] = set()
    for option in book.options:
        place = book.place("options", option.id)
        for line in option.lines:
            if line.id in seen:
                yield Fault(place, f"evidence line {line.id} stands twice", "Rename one.")
            seen.add(line.id)
            for reading in (line.checked, line.as_published):
                yield from _reading(book, place, reading, None)
        if bool(option.dose) == bool(option.no_dose_because):
            yield Fault(place, f"{option.id}: a dose, or why none", "Keep one of them.")


def check_policies(book: Rulebook) -> Iterator[Fault]:
    """Both policies stand; what is read has a weight; the weights obey the constraints."""
    for name in ("checked", "as_published"):
        yield from unknown_name("rules/policies", "policy", name, book.policy)
    for policy in book.policies:
        place = book.place("policies", policy.id)
        for name in sorted(set(_levels_read(book, policy.id))):
            yield from unknown_name(place, "weight for level", name, policy.weights)
        for chain in policy.constraints:
            for name in chain:
                yield from unknown_name(place, "level", name, policy.weights)
            for high, low in itertools.pairwise(chain):
                if policy.weights.get(high, 0) < policy.weights.get(low, 0):
                    yield Fault(place, f"{high} weighs less than {low}", "Mend the weight or the constraint.")


def _levels_read(book: Rulebook, policy: str) -> Iterator[str]:
    """The levels that the readings of a policy name."""
    items: list[Rule | Line] = [*book.rules, *(line for option in book.options for line in option.lines)]
    for item in items:
        reading = item.checked if policy == "checked" else item.as_published
        if reading and reading.level:
            yield reading.level


def check_openings(book: Rulebook) -> Iterator[Fault]:
    """Comparators, overlaps, retired rules and priors name what exists."""
    for comparator in book.comparators:
        for name in comparator.opened_by:
            yield from unknown_name(book.place("comparators", comparator.id), "rule", name, book.rule)
    for overlap in book.overlaps:
        yield from unknown_name("rules/overlaps.yaml", "option", overlap.option, book.option)
    for rule in book.rules:
        if rule.retired and rule.retired.replaced_by:
            place = book.place("rules", rule.id)
            yield from unknown_name(place, "rule", rule.retired.replaced_by, book.rule)
    yield from _prior_names(book)


def _prior_names(book: Rulebook) -> Iterator[Fault]:
    place = "rules/priors.yaml"
    for name in book.priors.markers:
        yield from unknown_name(place, "marker", name, book.marker)
    for _, values in book.priors.patterns:
        for name, value in zip(book.priors.markers, values, strict=False):
            if name in book.marker and value not in book.marker[name].values:
                yield Fault(place, f"{name} has no value {value!r}", "Count the priors again.")
