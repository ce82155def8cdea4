"""The rulebook to browse: claims with what we found and what they do, markers, options, rules, sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from cds.document.blocks import Table
from cds.plan import plan
from cds.report import phrases
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.evidence import Claim, Source
from cds.rulebook.markers import Marker
from cds.rulebook.rules import Rule
from cds.vocabulary import Verification
from cds.wording import printed

#: Claims that did not stand are shown first.
VERDICTS = (
    Verification.CONTRADICTED,
    Verification.INCONSISTENT,
    Verification.PARTLY,
    Verification.UNCHECKED,
    Verification.CONFIRMED,
)
SHELVES = ("claims", "markers", "options", "rules", "drugs", "sources")
Rows = tuple[tuple[str, ...], ...]


def contradicted_count(book: Rulebook) -> int:
    """How many claims a source contradicts."""
    return sum(claim.verdict is Verification.CONTRADICTED for claim in book.claims)


def claim_counts(book: Rulebook) -> str:
    """All claims by verdict, in one sentence."""
    number = Counter(claim.verdict for claim in book.claims)
    return (
        f"{len(book.claims)} claims: " + ", ".join(f"{number[word]} {word.value}" for word in VERDICTS) + "."
    )


def used_by(book: Rulebook) -> dict[str, list[str]]:
    """For each claim the rules and evidence lines that rest on it."""
    found: dict[str, list[str]] = {}
    for item, claims in book.claims_of.items():
        for claim in claims:
            found.setdefault(claim, []).append(item)
    return found


def claim_table(book: Rulebook) -> Table:
    """The claims ledger: what the review says, what we found, and what it does to the ranking."""
    users = used_by(book)
    ordered = sorted(book.claims, key=lambda claim: VERDICTS.index(claim.verdict))
    rows = tuple(
        (
            claim.id,
            phrases.verified(claim.verdict),
            claim.says,
            claim.check,
            effect(claim, users.get(claim.id, []), book),
        )
        for claim in ordered
    )
    columns = ("Claim", "Verdict", "The review says (our words)", "What we found", "Effect on the ranking")
    return Table("Claims ledger", columns, rows, tagged=(1,), widths=(0.7, 1.4, 3, 3.2, 2.4))


def effect(claim: Claim, users: list[str], book: Rulebook) -> str:
    """What a claim does to the ranking: points of what rests on it, or why nothing does."""
    if not users:
        return f"none: {str(claim.unused_because or 'not used').replace('_', ' ')}"
    return "; ".join(f"{item} ({points_of(item, book)})" for item in users)


def points_of(item: str, book: Rulebook) -> str:
    """The points of a rule or line under each policy, or what else it does."""
    line = next((line for option in book.options for line in option.lines if line.id == item), None)
    if line is not None:
        return _each(book, [plan(book, policy).line(line).points for policy in book.policy_ids])
    rule = book.rule.get(item)
    if rule is None:
        return "retired"
    if not rule.counts:
        return rule.kind.value
    return _each(book, [_rule_points(rule, policy, book) for policy in book.policy_ids])


def _rule_points(rule: Rule, policy: str, book: Rulebook) -> int:
    laid_out = plan(book, policy)
    row = next(index for index, other in enumerate(laid_out.rules) if other.id == rule.id)
    found = [weighed.points for (at, _), weighed in laid_out.weighed.items() if at == row]
    return max(found, key=abs, default=0)


def _each(book: Rulebook, points: Iterable[int]) -> str:
    named = zip(book.policy_ids, points, strict=True)
    return ", ".join(f"{name.replace('_', ' ')} {given:+d}" for name, given in named)


@lru_cache(maxsize=16)
def rulebook_table(book: Rulebook, shelf: str) -> Table:
    """One shelf of the rulebook as a table; its first column is the id."""
    if shelf == "claims":
        return claim_table(book)
    makers = {
        "markers": _markers,
        "options": _options,
        "rules": _rules,
        "drugs": _drugs,
        "sources": _sources,
    }
    return makers[shelf](book)


def _markers(book: Rulebook) -> Table:
    read: Counter[str] = Counter()
    for rule in book.rule.values():
        read.update(names(rule))
    rows = tuple((m.id, m.label, values(m), cuts(m), _read(m.id, read, book)) for m in book.markers)
    return Table("Markers", ("Marker", "Label", "Unit or values", "Cut points", "Read by"), rows)


def names(rule: Rule) -> tuple[str, ...]:
    """The markers a rule reads."""
    return markers_of(rule.when)


def values(marker: Marker) -> str:
    """What can be entered: the unit of a number, the words of a category."""
    return (
        (printed(marker.unit) if marker.unit else "")
        or "; ".join(marker.values.values())
        or ("drugs by name" if marker.type == "drugs" else "number")
    )


def cuts(marker: Marker) -> str:
    """The declared cut points of a number with their meaning."""
    return "; ".join(f"{cut.at:g}: {cut.meaning}" for cut in marker.cuts)


def _read(marker: str, read: Counter[str], book: Rulebook) -> str:
    if read[marker]:
        return phrases.count(read[marker], "rule")
    unread = book.marker[marker].unread
    return str(unread).replace("_", " ") if unread else "derived markers only"


def _options(book: Rulebook) -> Table:
    bases = {name: plan(book, name).base for name in book.policy}
    rows = tuple(
        (
            option.id,
            option.label,
            option.tier,
            f"{bases['checked'][at]:+d}",
            f"{bases['as_published'][at]:+d}",
            str(option.unavailable or option.refused.get("checked") or "ranked").replace("_", " "),
        )
        for at, option in enumerate(book.options)
    )
    columns = ("Option", "Regimen", "Tier", "Base, checked", "Base, as published", "Whatever the patient")
    return Table("Options", columns, rows, (3, 4))


def _rules(book: Rulebook) -> Table:
    rows = tuple(
        (
            rule.id,
            rule.kind.value,
            rule.label,
            ", ".join(rule.options),
            points_of(rule.id, book),
            phrases.verified(rule.verification),
        )
        for rule in book.rule.values()
    )
    columns = ("Rule", "Kind", "What it says", "Options", "Points", "Source check")
    return Table("Rules", columns, rows, tagged=(5,))


def _drugs(book: Rulebook) -> Table:
    label = {known.id: known.label for known in book.drug_classes}
    rows = tuple(
        (
            drug.name,
            ", ".join(drug.brands),
            "; ".join(label[name] for name in drug.classes),
            drug.note or "",
            phrases.verified(drug.verification),
        )
        for drug in book.drugs
    )
    columns = ("Drug", "Other names", "Classes", "Note", "Source check")
    return Table("Drugs", columns, rows, tagged=(4,))


def _sources(book: Rulebook) -> Table:
    rows = tuple(
        (
            source.key,
            source.title,
            str(source.year or ""),
            source.type,
            identity(source),
            phrases.verified(source.identity),
        )
        for source in book.sources
    )
    return Table("Sources", ("Source", "Title", "Year", "Type", "Found at", "Identity"), rows, tagged=(5,))


def identity(source: Source) -> str:
    """Where a source is found: its identifiers, or its address."""
    parts = (("PMID", source.pmid), ("DOI", source.doi), ("NCT", source.nct))
    found = (value if value.startswith(name) else f"{name} {value}" for name, value in parts if value)
    return "; ".join(found) or source.url or ""
