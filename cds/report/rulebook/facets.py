"""By what the entries of the rulebook can be found: option, marker, type, and the policy they count under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from cds.plan import counting_of
from cds.report.rulebook.tables import used_by
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.derivations import inputs_of
from cds.rulebook.markers import Drug, Marker
from cds.rulebook.options import EvidenceLine
from cds.rulebook.rules import Rule
from cds.vocabulary import Verification

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facets:
    """What one entry concerns: ids of options and markers, its types, ids of policies."""

    option: frozenset[str] = NOTHING
    marker: frozenset[str] = NOTHING
    type: frozenset[str] = NOTHING
    policy: frozenset[str] = NOTHING

    def fit(self, asked: Mapping[str, str]) -> bool:
        """Whether the entry has every facet that is asked for (name -> id)."""
        return all(value in getattr(self, name) for name, value in asked.items())


FACETS = tuple(field.name for field in fields(Facets))


def verifications(book: Rulebook, shelf: str) -> dict[str, Verification]:
    """What the check of its source found for each entry of a shelf, by id; empty if it has none."""
    match shelf:
        case "claims":
            return {claim.id: claim.verdict for claim in book.claims}
        case "rules":
            return {rule.id: rule.verification for rule in book.rule.values()}
        case "drugs":
            return {drug.name: drug.verification for drug in book.drugs}
        case "sources":
            return {source.key: source.identity for source in book.sources}
    return {}


@lru_cache(maxsize=16)
def facets(book: Rulebook, shelf: str) -> Mapping[str, Facets]:
    """The facets of every entry of a shelf by its id."""
    return _MAKERS[shelf](book)


def _joined(parts: Iterable[Facets]) -> Facets:
    found = list(parts)
    return Facets(*(frozenset().union(*(getattr(part, name) for part in found)) for name in FACETS))


@lru_cache(maxsize=4)
def _items(book: Rulebook) -> dict[str, Facets]:
    """Rules and evidence lines: all that counts in a ranking."""
    found = {rule.id: _of_rule(rule, book) for rule in book.rule.values()}
    for option in book.options:
        for line in option.lines:
            found[line.id] = Facets(
                frozenset({option.id}), NOTHING, frozenset({"evidence"}), _policies(line, book)
            )
    return found


def _of_rule(rule: Rule, book: Rulebook) -> Facets:
    read = markers_of(rule.when)
    inputs = (name for marker in read for name in inputs_of(book.marker[marker]))
    return Facets(
        frozenset(book.resolve(rule.options, rule.but_not)),
        frozenset((*read, *inputs)),
        frozenset({rule.kind.value}),
        _policies(rule, book),
    )


def _policies(item: Rule | EvidenceLine, book: Rulebook) -> frozenset[str]:
    """The policies in which an item does anything: gives points, or acts without them."""
    if not item.counts:
        return frozenset(book.policy)
    return frozenset(name for name in book.policy if counting_of(item, name).units)


def _claims(book: Rulebook) -> dict[str, Facets]:
    items, users = _items(book), used_by(book)
    return {
        claim.id: _joined(items[name] for name in users.get(claim.id, []) if name in items)
        for claim in book.claims
    }


def _markers(book: Rulebook) -> dict[str, Facets]:
    return {marker.id: _concerning(book, "marker", marker.id) for marker in book.markers}


def _options(book: Rulebook) -> dict[str, Facets]:
    return {option.id: _concerning(book, "option", option.id) for option in book.options}


def _concerning(book: Rulebook, facet: str, name: str) -> Facets:
    """The facets of all rules and lines that concern one option or marker; of its own kind only itself."""
    found = _joined(item for item in _items(book).values() if name in getattr(item, facet))
    return replace(found, **{facet: frozenset({name})})


def _rules(book: Rulebook) -> dict[str, Facets]:
    items = _items(book)
    return {rule: items[rule] for rule in book.rule}


def _sources(book: Rulebook) -> dict[str, Facets]:
    items = _items(book)
    backed: list[Rule | EvidenceLine] = [
        *book.rule.values(),
        *(line for o in book.options for line in o.lines),
    ]
    citing: dict[str, list[Facets]] = {}
    for item in backed:
        for source in {citation.source for citation in item.evidence}:
            citing.setdefault(source, []).append(items[item.id])
    return {
        source.key: replace(_joined(citing.get(source.key, [])), type=frozenset({source.type}))
        for source in book.sources
    }


def _drugs(book: Rulebook) -> dict[str, Facets]:
    """Drugs by the facts that are read from them, and the options whose rules read those facts."""
    items = _items(book).values()
    found = {}
    for drug in book.drugs:
        facts = frozenset(marker.id for marker in book.markers if _is_read_from(marker, drug))
        told = _joined(item for item in items if item.marker & facts) if facts else Facets()
        found[drug.name] = replace(told, marker=facts, type=frozenset(drug.classes))
    return found


def _is_read_from(marker: Marker, drug: Drug) -> bool:
    known = marker.from_drugs
    if known is None or drug.name in known.but_not:
        return False
    return drug.name in known.drugs or known.drug_class in drug.classes


_MAKERS = {
    "claims": _claims,
    "markers": _markers,
    "options": _options,
    "rules": _rules,
    "drugs": _drugs,
    "sources": _sources,
}
