"""`cds rules check`: faults that make a rulebook unfit, and what it prints when there are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cds.checks.condition_check import check_conditions, check_scores
from cds.errors import Fault
from cds.intake.mapping import load_mapping
from cds.plan import options_of
from cds.rulebook.base import Record
from cds.rulebook.book import PARTS, Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.crosschecks.citations import all_citations, sources_in
from cds.rulebook.derivations import inputs_of
from cds.rulebook.rules import Rule
from cds.vocabulary import Kind, Verification

SAFETY = (Kind.EXCLUDES, Kind.CAUTIONS)


@dataclass(frozen=True)
class Report:
    """The faults found, and the lines to print."""

    faults: tuple[Fault, ...]
    lines: tuple[str, ...]


def check(book: Rulebook) -> Report:
    """Prove what can be proven of a rulebook that has loaded."""
    checks = (
        check_conditions,
        check_scores,
        _sequence_topics,
        _for_all_options,
        _sources,
        _never_read,
        _unread_markers,
        _without_effect,
    )
    faults = tuple(fault for found in checks for fault in found(book))
    return Report(faults, (*map(str, faults), *_summary(book, len(faults))))


def _sequence_topics(book: Rulebook) -> Iterator[Fault]:
    """A topic of earlier treatment speaks of one drug class; another class would hide behind it."""
    class_of = {topic.id: topic.drug_class for topic in book.topics if topic.drug_class}
    for rule in book.rule.values():
        wanted = class_of.get(rule.topic or "")
        for name in markers_of(rule.when) if wanted else ():
            fact = book.marker[name].from_drugs
            classes = {c for drug in fact.drugs for c in book.drug[drug].classes} if fact else set()
            if fact and wanted not in {fact.drug_class, *classes}:
                place = book.place("rules", rule.id)
                yield Fault(
                    place, f"{name} is not of class {wanted}", f"Use another topic than {rule.topic}."
                )


def _for_all_options(book: Rulebook) -> Iterator[Fault]:
    """What a source says of every option is a rule for all of them, or the rule says why not."""
    for rule in book.rule.values():
        cited = [c.source for c in rule.evidence if book.source[c.source].for_all_options]
        narrow = options_of(book, rule, book.default_policy) != tuple(book.option)
        if rule.kind in SAFETY and cited and narrow and not rule.not_all_because:
            said = f"{rule.id} cites {cited[0]}, which speaks of every option, but does not name all"
            yield Fault(book.place("rules", rule.id), said, "Name all or say why.")


def _sources(book: Rulebook) -> Iterator[Fault]:
    cited = {source for _, source in all_citations(book)} | set(sources_in(load_mapping()))
    for source in book.sources:
        if source.key not in cited:
            yield Fault(
                book.place("sources", source.key), f"nothing cites {source.key}", "Cite or remove it."
            )


def _never_read(book: Rulebook) -> Iterator[Fault]:
    """What rests on our own knowledge or on the review alone was not checked against anything."""
    own = {source.key for source in book.sources if source.type == "own_reading"}
    own |= {book.identity.review.source} if book.identity.review else set()
    for part in PARTS:
        for entry in getattr(book, part.name) if not part.single else ():
            name = str(getattr(entry, part.key or "id", part.name))
            for record in _cited_records(entry):
                cited = {citation.source for citation in record.evidence}
                if (
                    cited
                    and cited <= own
                    and record.verification in (Verification.CONFIRMED, Verification.PARTLY)
                ):
                    said = f"{name} says {record.verification}, yet cites nothing that was read"
                    yield Fault(book.place(part.name, name), said, "Cite the source, or say unchecked.")


def _cited_records(part: object) -> Iterator[Any]:
    """The records in an entry that have evidence and say what our check of it found."""
    if isinstance(part, Record):
        fields = type(part).model_fields
        if {"evidence", "verification"} <= set(fields):
            yield part
        for name in fields:
            yield from _cited_records(getattr(part, name))
    elif isinstance(part, tuple):
        for item in part:
            yield from _cited_records(item)


def _unread_markers(book: Rulebook) -> Iterator[Fault]:
    read = {name for rule in book.rule.values() for name in markers_of(rule.when)}
    for marker in book.markers:
        read |= set(inputs_of(marker)) | {str(marker.complete_flag)}
    for marker in book.markers:
        place = book.place("markers", marker.id)
        if marker.id not in read and marker.unread is None:
            yield Fault(place, f"no rule reads {marker.id}", "Write the rule, or say unread and why.")
        if marker.id in read and marker.unread is not None:
            yield Fault(place, f"{marker.id} is read, yet says unread", "Remove unread.")


def _without_effect(book: Rulebook) -> Iterator[Fault]:
    rankable = {o.id for o in book.options if o.unavailable is None and len(o.refused) < len(book.policies)}
    for rule in book.rule.values():
        named = {name for policy in book.policy for name in options_of(book, rule, policy)}
        if not named & rankable and rule.kind is not Kind.CONFLICT:
            place = book.place("rules", rule.id)
            yield Fault(place, f"{rule.id} names no option that can be ranked", "Mend options or retire it.")


def _summary(book: Rulebook, faults: int) -> Iterator[str]:
    tags = sorted({tag for option in book.options for tag in option.tags})
    for tag in tags:
        yield f"tag {tag}: {', '.join(book.resolve([tag]))}"
    kinds = Counter(rule.kind.value for rule in book.rule.values())
    yield "rules: " + ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds))
    unused = Counter(str(claim.unused_because) for claim in book.claims if claim.unused_because)
    yield f"claims: {len(book.claims)}, unused by reason: " + ", ".join(
        f"{n} {w}" for w, n in sorted(unused.items())
    )
    reviewed = sum(_is_reviewed(rule) for rule in book.rule.values())
    yield f"reviewed by a clinician: {reviewed} of {len(book.rule)} rules"
    yield (
        f"{faults} faults"
        if faults
        else f"no faults; {book.identity.id} {book.identity.version} {book.digest[:12]}"
    )


def _is_reviewed(rule: Rule) -> bool:
    return rule.reviewed is not None
