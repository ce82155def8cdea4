"""Rules and evidence lines: every name is declared, what counts fits its kind."""

from __future__ import annotations

from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.base import Counting
from cds.rulebook.book import Rulebook
from cds.rulebook.crosschecks.markers import check_condition
from cds.rulebook.options import EvidenceLine, Prior
from cds.rulebook.rules import Rule
from cds.vocabulary import SCORING, Kind

#: The sign and family of level that each kind of rule, and an evidence line (None), may use.
FITTING: dict[Kind | None, set[tuple[str, str]]] = {
    Kind.SUPPORTS: {("+", "marker"), ("+", "published")},
    Kind.OPPOSES: {("-", "marker"), ("-", "published")},
    Kind.CAUTIONS: {("-", "safety")},
    None: {("+", "regimen"), ("-", "regimen"), ("+", "published")},
}


def check_names(book: Rulebook) -> Iterator[Fault]:
    """Options, tags, topics, markers and policies that rules name are declared."""
    tags = {tag for option in book.options for tag in option.tags}
    names = ["all", *book.option, *sorted(tags)]
    topics = [topic.id for topic in book.topics]
    for rule in book.rules:
        place = book.place("rules", rule.id)
        listed = [name for counting in rule.counts.values() for name in counting.options or ()]
        for name in (*rule.options, *rule.but_not, *listed):
            yield from unknown_name(place, "option or tag", name, names)
        if rule.topic:
            yield from unknown_name(place, "topic", rule.topic, topics)
        asks_missing = rule.kind in (Kind.INFORMS, Kind.MONITORS)
        yield from check_condition(book, place, rule.when, may_ask_missing=asks_missing)


def check_countings(book: Rulebook) -> Iterator[Fault]:
    """Scoring rules say in a fitting way how each policy counts them; others don't."""
    for rule in book.rules:
        place = book.place("rules", rule.id)
        if rule.kind not in SCORING:
            if rule.counts:
                yield Fault(place, f"{rule.kind} carries no points", "Remove counts.")
            continue
        yield from _countings(book, place, rule, rule.kind)
        if not any(counting.units for counting in rule.counts.values()):
            yield Fault(
                place, f"{rule.id} has no effect in any policy", "Make it an informs rule or retire it."
            )


def _countings(book: Rulebook, place: str, item: Rule | EvidenceLine, kind: Kind | None) -> Iterator[Fault]:
    for name in item.counts:
        yield from unknown_name(place, "policy", name, book.policy)
    for name in book.policy:
        if name not in item.counts:
            remedy = "Give a level, or none with a reason."
            yield Fault(place, f"{item.id} does not say how {name} counts it", remedy)
        else:
            yield from _counting(book, place, item.counts[name], kind)


def _counting(book: Rulebook, place: str, counting: Counting, kind: Kind | None) -> Iterator[Fault]:
    if (counting.level is None) == (counting.none is None):
        yield Fault(place, "a policy counts a level, or none with a reason", "Keep one of them.")
    if counting.level is None:
        return
    yield from unknown_name(place, "level", counting.level, book.level)
    if counting.level in book.level:
        level = book.level[counting.level]
        if (level.sign, level.of) not in FITTING[kind]:
            said = f"{kind or 'an evidence line'} can't use level {counting.level}"
            yield Fault(place, said, "Use one of its family and sign.")


def check_lines(book: Rulebook) -> Iterator[Fault]:
    """Evidence lines have distinct ids and declared levels; a dose, or why none."""
    seen: set[str] = set()
    for option in book.options:
        place = book.place("options", option.id)
        for line in option.lines:
            if line.id in seen:
                yield Fault(place, f"evidence line {line.id} is declared twice", "Rename one.")
            seen.add(line.id)
            yield from _countings(book, place, line, None)
        if bool(option.dose) == bool(option.no_dose_because):
            yield Fault(place, f"{option.id}: a dose, or why none", "Keep one of them.")


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
    if book.priors:
        yield from _prior_names(book, book.priors)


def _prior_names(book: Rulebook, prior: Prior) -> Iterator[Fault]:
    place = "rules/priors.yaml"
    for name in prior.markers:
        yield from unknown_name(place, "marker", name, book.marker)
    for _, values in prior.patterns:
        for name, value in zip(prior.markers, values, strict=False):
            if name in book.marker and value not in book.marker[name].values:
                yield Fault(place, f"{name} has no value {value!r}", "Count the priors again.")
