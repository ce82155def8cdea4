"""One entry of the rulebook in full, to be read beside the tables of `cds.cases.ledger`."""

from __future__ import annotations

from collections.abc import Iterator

from cds.cases.ledger import cuts, effect, identity, names, points_of, used_by, values
from cds.cases.why_view import sources_of
from cds.conditions import words
from cds.report import say
from cds.report.blocks import Block, Facts, Items, Paragraph, Table
from cds.rulebook.base import Citation
from cds.rulebook.book import Rulebook
from cds.rulebook.options import Line
from cds.rulebook.rules import Rule


def rulebook_detail(book: Rulebook, shelf: str, name: str) -> Iterator[Block]:
    """Everything the rulebook holds on one entry."""
    makers = {"claims": _claim, "markers": _marker, "options": _option, "rules": _rule, "sources": _source}
    yield from makers[shelf](book, name)


def _claim(book: Rulebook, name: str) -> Iterator[Block]:
    claim = book.claim[name]
    place = f"section {claim.place.section}, line {claim.place.line}"
    yield Facts(
        (
            ("The review says (our words)", claim.says),
            ("Figures", claim.values or "none"),
            ("Place in the review", place + (f", Table 1: {claim.place.row}" if claim.place.row else "")),
            ("Verdict", say.verified(claim.verdict)),
            ("What we found", claim.check),
            ("Checked against", ", ".join(claim.checked_against) or "no source was read"),
            ("Leaning, where unchecked", str(claim.leaning or "not applicable")),
            ("Effect on the ranking", effect(claim, used_by(book).get(name, []), book)),
        )
    )
    errors = [error for error in book.errors if name in error.claims]
    for error in errors:
        yield Paragraph(
            f"{error.id}: the review says: {error.review_says} The source says: {error.source_says}",
            "caution",
        )
    for found in (item for item in book.inconsistencies if name in item.claims):
        yield Paragraph(f"{found.id}: {found.what} {found.consequence}", "caution")


def _marker(book: Rulebook, name: str) -> Iterator[Block]:
    marker = book.marker[name]
    yield Facts(
        (
            ("Label", marker.label),
            ("Reference", marker.ref),
            ("Help", marker.help),
            ("Values or unit", values(marker)),
            (
                "Other units",
                ", ".join(f"{unit.name} × {unit.factor:g}" for unit in marker.other_units) or "none",
            ),
            ("Range that is read", "{:g} to {:g}".format(*marker.hard) if marker.hard else "not limited"),
            ("Cut points", cuts(marker) or marker.no_cut or "none"),
            ("Codes", ", ".join(f"{code.system} {code.code}" for code in marker.codes) or "none looked up"),
        )
    )
    rules = [rule for rule in book.rule.values() if name in names(rule)]
    if rules:
        rows = tuple((rule.id, rule.kind.value, rule.label) for rule in rules)
        yield Table("Rules that read it", ("Rule", "Kind", "What it says"), rows)
    else:
        yield Paragraph(
            f"No rule reads it: {str(marker.unread or 'it feeds derived markers').replace('_', ' ')}."
        )


def _option(book: Rulebook, name: str) -> Iterator[Block]:
    option = book.option[name]
    yield Facts((("Regimen", option.label), ("Tier", f"{option.tier}: {option.tier_because}")))
    if option.refused_because:
        yield Paragraph(option.refused_because, "caution")
    rows = tuple(
        (line.id, line.text, points_of(line.id, book), _cited(line.evidence), say.verified(line.verification))
        for line in option.lines
    )
    if rows:
        yield Table(
            "Evidence of the regimen", ("Line", "What", "Points", "Source", "Verification"), rows, tagged=(4,)
        )
    if option.cannot_claim:
        yield Paragraph("What it can't claim:")
        yield Items(option.cannot_claim)


def _rule(book: Rulebook, name: str) -> Iterator[Block]:
    rule = book.rule[name]
    reviewed = (
        f"{rule.reviewed.role}, {rule.reviewed.on}" if rule.reviewed else "no clinician has reviewed this"
    )
    yield Facts(
        (
            ("What it says", rule.label),
            ("True when", words(rule.when, book.marker)),
            ("Options", ", ".join(book.resolve(rule.options, rule.but_not))),
            ("Points or effect", points_of(name, book)),
            ("Why", rule.rationale),
            ("Sources", sources_of(name, book)),
            ("Verification", say.verified(rule.verification)),
            ("Reviewed", reviewed),
            ("Since", rule.since),
        )
    )


def _source(book: Rulebook, name: str) -> Iterator[Block]:
    source = book.source[name]
    yield Facts(
        (
            ("Title", source.title),
            ("Authors", source.authors or "not recorded"),
            ("Published", f"{source.journal or ''} {source.year or ''}".strip() or "not recorded"),
            ("Found at", identity(source)),
            (
                "Design",
                f"{source.design or source.type}" + (f", n = {source.n}" if source.n is not None else ""),
            ),
            ("Identity", say.verified(source.identity)),
        )
    )
    cited = [item.id for item in _backed(book) if any(citation.source == name for citation in item.evidence)]
    yield Paragraph(f"Cited by: {', '.join(cited) or 'no rule and no evidence line'}.")


def _backed(book: Rulebook) -> Iterator[Rule | Line]:
    yield from book.rule.values()
    yield from (line for option in book.options for line in option.lines)


def _cited(evidence: tuple[Citation, ...]) -> str:
    return "; ".join(f"{citation.source}, {citation.locator}" for citation in evidence)
