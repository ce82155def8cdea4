"""Cross-checks between the shelves: every name is declared, every reading fits its kind."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from cds.errors import Fault
from cds.rulebook.base import Citation, Reading, Record
from cds.rulebook.conditions import Among, Compared, Condition, Missing, leaves
from cds.rulebook.derivations import in_order
from cds.rulebook.evidence import Claim
from cds.rulebook.grades import shown_faults
from cds.rulebook.markers import Code
from cds.rulebook.options import Line
from cds.rulebook.panels import panel_faults
from cds.rulebook.rules import Rule
from cds.vocabulary import SCORING, Answer, Kind, Verification
from cds.wording import REASONS

if TYPE_CHECKING:
    from cds.rulebook.book import Rulebook

Faults = Iterator[Fault]


def crosscheck(book: Rulebook) -> list[Fault]:
    """All cross-check faults of a rulebook."""
    checks: tuple[Callable[[Rulebook], Faults], ...] = (
        _citations, _claims, _ledger, _markers, _drugs, _rule_names, _readings, _lines, _policies, _notes
    )  # fmt: skip
    return [fault for check in (*checks, shown_faults) for fault in check(book)]


def unknown_name(place: str, what: str, name: str, known: Iterable[str]) -> Faults:
    """A fault with a suggestion, if `name` is not among the known names."""
    names = list(known)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        remedy = f"Did you mean {close[0]}?" if close else f"Declare it or use one of {len(names)} declared."
        yield Fault(place, f"unknown {what} {name!r}", remedy)


def _citations(book: Rulebook) -> Faults:
    for place, citation in all_citations(book):
        yield from unknown_name(place, "source", citation, book.source)


def all_citations(book: Rulebook) -> Iterator[tuple[str, str]]:
    """Every citation of a source: where it stands, and the source it names."""
    shelves: dict[str, Iterable[Record]] = {
        "identity": [book.identity], "priors": [book.priors], "claims": book.claims, "errors": book.errors,
        "markers": book.markers, "drugs": book.drugs, "options": book.options, "rules": book.rules,
        "comparators": book.comparators, "overlaps": book.overlaps,
    }  # fmt: skip
    for shelf, entries in shelves.items():
        for entry in entries:
            place = book.place(shelf, str(getattr(entry, "id", getattr(entry, "name", shelf))))
            yield from ((place, source) for source in sources_in(entry))


def sources_in(part: object) -> Iterator[str]:
    """The sources that a record and the records in it cite."""
    if isinstance(part, (Citation, Code)):
        yield part.source
    elif isinstance(part, Claim):
        yield from part.checked_against
    elif isinstance(part, Record):
        for name in type(part).model_fields:
            yield from sources_in(getattr(part, name))
    elif isinstance(part, (tuple, list)):
        for item in part:
            yield from sources_in(item)
    elif isinstance(part, dict):
        yield from sources_in(list(part.values()))


def _claims(book: Rulebook) -> Faults:
    for rule in book.rules:
        for name in rule.claims:
            yield from unknown_name(book.place("rules", rule.id), "claim", name, book.claim)
    for option in book.options:
        for line in option.lines:
            for name in line.claims:
                yield from unknown_name(book.place("options", option.id), "claim", name, book.claim)
    found = [("inconsistencies", item.id, item.claims) for item in book.inconsistencies]
    found += [("errors", item.id, item.claims) for item in book.errors]
    for shelf, key, names in found:
        for name in names:
            yield from unknown_name(book.place(shelf, key), "claim", name, book.claim)


def _ledger(book: Rulebook) -> Faults:
    """A claim is used by a rule or line that cites it, or says why none does."""
    used = {name for names in book.claims_of.values() for name in names}
    for claim in book.claims:
        place = book.place("claims", claim.id)
        if claim.id in used and claim.unused_because:
            yield Fault(place, f"{claim.id} is cited by a rule or line", "Remove unused_because.")
        if claim.id not in used and not claim.unused_because:
            yield Fault(place, f"no rule or line cites {claim.id}", "Cite it, or say unused_because.")
        if (claim.verdict is Verification.UNCHECKED) != (claim.leaning is not None):
            yield Fault(place, f"{claim.id}: leaning goes with unchecked only", "Add or remove leaning.")
        for name in claim.options:
            yield from unknown_name(place, "option", name, ["all", *book.option])


def _markers(book: Rulebook) -> Faults:
    groups = [group.id for group in book.groups]
    for marker in book.markers:
        place = book.place("markers", marker.id)
        yield from unknown_name(place, "group", marker.group, groups)
        wanted = {"category": bool(marker.values), "number": bool(marker.hard), "drugs": True}
        if not wanted[marker.type]:
            yield Fault(
                place, f"{marker.id}: {marker.type} is incomplete", "Give its values, or its hard range."
            )
        if marker.type == "drugs":
            yield from unknown_name(place, "marker", marker.complete_flag or "", book.marker)
        ats = [cut.at for cut in marker.cuts]
        if ats != sorted(set(ats)):
            yield Fault(place, f"cuts must increase, found {ats}", "Order them from low to high.")
        if marker.is_derived and marker.enterable and sorted(marker.stricter) != sorted(marker.values):
            yield Fault(place, f"{marker.id}: stricter must order all its values", "List each value once.")
        for step in marker.derived:
            yield from unknown_name(place, "value", step.value, marker.values)
            yield from _condition(book, place, step.when, may_ask_missing=False, need_cuts=True)
        yield from _makers(book, place, marker.id)
    yield from _cycle(book)


def _makers(book: Rulebook, place: str, name: str) -> Faults:
    marker = book.marker[name]
    if marker.from_drugs:
        fact = marker.from_drugs
        yield from unknown_name(place, "marker", fact.list, book.marker)
        for drug in (*fact.drugs, *fact.but_not):
            yield from unknown_name(place, "drug", drug, book.drug)
        if fact.drug_class:
            yield from unknown_name(place, "drug class", fact.drug_class, [c.id for c in book.drug_classes])
    if marker.score:
        steps = [step.when for part in marker.score.parts for step in part]
        for when in [marker.score.given, *steps]:
            yield from _condition(book, place, when, may_ask_missing=False, need_cuts=True)
    if marker.against_limit:
        for other in (marker.against_limit.number, marker.against_limit.limit):
            yield from unknown_name(place, "marker", other, book.marker)


def _cycle(book: Rulebook) -> Faults:
    try:
        list(in_order(book.marker))
    except ValueError as cycle:
        yield Fault("rules/markers", f"derived markers go in a circle: {cycle}", "Break the circle.")
    except KeyError:
        return  # an unknown input is named by its own fault


def _condition(
    book: Rulebook, place: str, when: Condition, *, may_ask_missing: bool, need_cuts: bool
) -> Faults:
    for leaf in leaves(when):
        if leaf.marker not in book.marker:
            yield from unknown_name(place, "marker", leaf.marker, book.marker)
        else:
            yield from _leaf(book, place, leaf, may_ask_missing, need_cuts)


def _leaf(
    book: Rulebook, place: str, leaf: Among | Compared | Missing, may_ask_missing: bool, need_cuts: bool
) -> Faults:
    marker = book.marker[leaf.marker]
    match leaf:
        case Among(_, values):
            for value in values:
                yield from unknown_name(place, f"value of {marker.id}", value, marker.values)
        case Compared(_, _, bound):
            if marker.type != "number":
                yield Fault(place, f"{marker.id} is not a number", "Name one of its values.")
            elif need_cuts and bound not in [cut.at for cut in marker.cuts]:
                yield Fault(place, f"{marker.id} has no cut at {bound:g}", "Declare the cut with its source.")
        case Missing():
            if not may_ask_missing:
                yield Fault(
                    place, f"missing: {marker.id} is not allowed here", "Use it in informs or monitors."
                )


def _drugs(book: Rulebook) -> Faults:
    classes = [drug_class.id for drug_class in book.drug_classes]
    seen: dict[str, str] = {}
    for drug in book.drugs:
        place = book.place("drugs", drug.name)
        for name in (*drug.classes, *drug.not_classes):
            yield from unknown_name(place, "drug class", name, classes)
        if both := set(drug.classes) & set(drug.not_classes):
            yield Fault(place, f"{drug.name} is and is not {sorted(both)[0]}", "Remove one.")
        for name in (drug.name, *(brand.lower() for brand in drug.brands)):
            if seen.setdefault(name, drug.name) != drug.name:
                yield Fault(place, f"{name!r} also names {seen[name]}", "Remove one.")


def _rule_names(book: Rulebook) -> Faults:
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
        yield from _condition(book, place, rule.when, may_ask_missing=asks_missing, need_cuts=True)
        if rule.kind is Kind.GATE:
            yield from unknown_name(place, "reason code", rule.code or "", REASONS)
            if book.resolve(rule.options, rule.but_not) == tuple(book.option):
                yield from unknown_name(place, "answer", rule.code or "", list(Answer))


def _readings(book: Rulebook) -> Faults:
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


def _reading(book: Rulebook, place: str, reading: Reading, rule: Rule | None) -> Faults:
    if (reading.level is None) == (reading.none is None):
        yield Fault(place, "a reading has either a level or none", "Keep one of them.")
    if reading.level is None:
        return
    yield from unknown_name(place, "level", reading.level, book.level)
    if rule and reading.level in book.level:
        wanted = "+" if rule.kind is Kind.SUPPORTS else "-"
        if book.level[reading.level].sign != wanted:
            yield Fault(
                place, f"{rule.kind} can't use level {reading.level}", f"Use a level with sign {wanted}."
            )


def _lines(book: Rulebook) -> Faults:
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


def _policies(book: Rulebook) -> Faults:
    for policy in book.policies:
        place = book.place("policies", policy.id)
        for name in sorted(set(_levels_read(book, policy.id))):
            yield from unknown_name(place, "weight for level", name, policy.weights)
        for chain in policy.constraints:
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


def _notes(book: Rulebook) -> Faults:
    rules = list(book.rule)
    for comparator in book.comparators:
        for name in comparator.opened_by:
            place = book.place("comparators", comparator.id)
            yield from unknown_name(place, "rule", name, rules)
    for name in book.priors.markers:
        yield from unknown_name("rules/priors.yaml", "marker", name, book.marker)
