"""One entry of the rulebook in full, to be read beside the tables of `cds.report.rulebook.tables`."""

from __future__ import annotations

from collections.abc import Iterator

from cds.conditions import words
from cds.document.blocks import Block, Facts, Items, Paragraph, Table
from cds.document.tags import TOXICITIES
from cds.plan import options_of
from cds.report import phrases
from cds.report.rulebook.tables import effect, identity, names, points_of, used_by, values
from cds.rulebook.base import Citation
from cds.rulebook.book import Rulebook
from cds.rulebook.derivations import inputs_of
from cds.rulebook.markers import Code, Marker
from cds.rulebook.options import EvidenceLine, Option
from cds.rulebook.rules import Rule
from cds.wording import RECOVERABLE


def rulebook_detail(book: Rulebook, shelf: str, name: str) -> Iterator[Block]:
    """Everything the rulebook holds on one entry."""
    makers = {
        "claims": _claim,
        "markers": _marker,
        "options": _option,
        "rules": _rule,
        "drugs": _drug,
        "sources": _source,
    }
    yield from makers[shelf](book, name)
    yield Paragraph(f"Stands in {book.place(shelf, name)}.", "quiet")


def _claim(book: Rulebook, name: str) -> Iterator[Block]:
    claim = book.claim[name]
    place = f"section {claim.place.section}, line {claim.place.line}"
    yield Facts(
        (
            ("The review says (our words)", claim.says),
            ("Figures", claim.values or "none"),
            ("Place in the review", place + (f", Table 1: {claim.place.row}" if claim.place.row else "")),
            ("Kind and direction, as the review words it", f"{claim.kind}; {_spaced(claim.direction)}"),
            ("Options and markers", ", ".join((*claim.options, *claim.markers)) or "none"),
            ("Verdict", phrases.verified(claim.verdict)),
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
            ("Values or unit", _entered_as(marker)),
            (
                "Other units",
                ", ".join(f"{unit.name} × {unit.factor:g}" for unit in marker.other_units) or "none",
            ),
            ("Range that is read", "{:g} to {:g}".format(*marker.hard) if marker.hard else "not limited"),
            ("Where it comes from", _origin(marker)),
            ("Codes", "; ".join(map(_code, marker.codes)) or "none looked up"),
        )
    )
    if marker.cuts:
        rows = tuple(
            (f"{cut.at:g}", cut.meaning, _cited(cut.evidence), phrases.verified(cut.verification))
            for cut in marker.cuts
        )
        yield Table("Cut points", ("At", "Meaning", "Source", "Source check"), rows, tagged=(3,))
    elif marker.no_cut:
        yield Paragraph(f"No cut point: {marker.no_cut}")
    rules = [rule for rule in book.rule.values() if name in names(rule)]
    if rules:
        readers = tuple((rule.id, rule.kind.value, rule.label) for rule in rules)
        yield Table("Rules that read it", ("Rule", "Kind", "What it says"), readers)
    else:
        yield Paragraph(
            f"No rule reads it: {str(marker.unread or 'it feeds derived markers').replace('_', ' ')}."
        )


def _option(book: Rulebook, name: str) -> Iterator[Block]:
    option = book.option[name]
    yield Facts(
        (
            ("Regimen", option.label),
            ("Tags", ", ".join(option.tags) or "none"),
            ("Tier", f"{option.tier}: {option.tier_because}"),
            ("Human dose, as published", _dose(option)),
        )
    )
    if option.refused_because:
        yield Paragraph(option.refused_because, "caution")
    rows = tuple(
        (
            line.id,
            line.text,
            points_of(line.id, book),
            _cited(line.evidence),
            phrases.verified(line.verification),
        )
        for line in option.lines
    )
    if rows:
        yield Table(
            "Evidence of the regimen",
            ("EvidenceLine", "What", "Points", "Source", "Source check"),
            rows,
            tagged=(4,),
        )
    if option.cannot_claim:
        yield Paragraph("What it cannot claim:")
        yield Items(option.cannot_claim)
    shared = tuple(
        (overlap.organ, overlap.toxicity, _cited(overlap.evidence), phrases.verified(overlap.verification))
        for overlap in book.overlaps
        if overlap.option == name
    )
    if shared:
        columns = ("Organ", "Toxicity", "Source", "Source check")
        yield Table(TOXICITIES, columns, shared, tagged=(3,))


def _dose(option: Option) -> str:
    dose = option.dose
    if dose is None:
        return f"none shown: {option.no_dose_because}"
    return f"{dose.text} ({_cited(dose.evidence)}; {phrases.verified(dose.verification)})"


def _rule(book: Rulebook, name: str) -> Iterator[Block]:
    rule = book.rule[name]
    reviewed = (
        f"{rule.reviewed.role}, {rule.reviewed.on}" if rule.reviewed else "no clinician has reviewed this"
    )
    yield Facts(
        (
            ("What it says", rule.label),
            ("Kind", rule.kind.value),
            ("True when", words(rule.when, book.marker)),
            ("Options", _options_of(rule, book)),
            ("Points or effect", points_of(name, book)),
            *_counted_by(rule),
            ("Topic, on which it counts once", rule.topic or "none"),
            (
                "Whether it can be undone",
                RECOVERABLE[rule.recoverable] if rule.recoverable else "no way recorded",
            ),
            ("Why", rule.rationale),
            ("Sources", _cited(rule.evidence)),
            ("Claims of the review", ", ".join(rule.claims) or "none"),
            ("Source check", phrases.verified(rule.verification)),
            ("Read on a secondary copy only", _yes_or_no(rule.review_needed)),
            ("Reviewed", reviewed),
            ("Since", rule.since),
        )
    )


def _options_of(rule: Rule, book: Rulebook) -> str:
    """The options under each policy, where the two differ; why not all, if the rule says so."""
    named = {name: ", ".join(options_of(book, rule, name)) for name in book.policy_ids}
    each = "; ".join(f"{name.replace('_', ' ')}: {options}" for name, options in named.items())
    said = each if len(set(named.values())) > 1 else named[book.default_policy]
    return f"{said} ({rule.not_all_because})" if rule.not_all_because else said


def _counted_by(rule: Rule) -> Iterator[tuple[str, str]]:
    """The level under each policy, or why the policy counts nothing."""
    for name, counting in rule.counts.items():
        level = f"level {counting.level}" if counting.level else f"not counted: {_spaced(counting.none)}"
        half = f", half: {_spaced(counting.half)}" if counting.half else ""
        yield f"Counted, {name.replace('_', ' ')}", level + half


def _drug(book: Rulebook, name: str) -> Iterator[Block]:
    drug = book.drug[name]
    label = {known.id: known.label for known in book.drug_classes}
    known = {*drug.classes, *drug.not_classes}
    yield Facts(
        (
            ("Generic name", drug.name),
            ("Other names", ", ".join(drug.brands) or "none"),
            ("Is", "; ".join(label[one] for one in drug.classes) or "in no class asked for"),
            ("Is not", "; ".join(label[one] for one in drug.not_classes) or "nothing is known"),
            ("Not known", "; ".join(label[one] for one in label if one not in known) or "nothing"),
            ("Note", drug.note or "none"),
            ("Sources", _cited(drug.evidence)),
            ("Source check", phrases.verified(drug.verification)),
            ("Read on a secondary copy only", _yes_or_no(drug.review_needed)),
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
            ("Identity", phrases.verified(source.identity)),
            ("Read on a secondary copy only", _yes_or_no(source.review_needed)),
        )
    )
    cited = [item.id for item in _backed(book) if any(citation.source == name for citation in item.evidence)]
    yield Paragraph(f"Cited by: {', '.join(cited) or 'no rule and no evidence line'}.")


def _backed(book: Rulebook) -> Iterator[Rule | EvidenceLine]:
    yield from book.rule.values()
    yield from (line for option in book.options for line in option.lines)


def _cited(evidence: tuple[Citation, ...]) -> str:
    """Sources with their places, and what was read there."""
    return "; ".join(
        f"{citation.source}, {citation.locator}" + (f" ({citation.says})" if citation.says else "")
        for citation in evidence
    )


def _code(code: Code) -> str:
    name = code.code if code.code.startswith(code.system) else f"{code.system} {code.code}"
    return " ".join(filter(None, (name, code.display))) + f" ({code.source})"


def _entered_as(marker: Marker) -> str:
    """What is written in a file, with its meaning."""
    said = (f"{value} ({meaning})" if meaning != value else value for value, meaning in marker.values.items())
    return "; ".join(said) or values(marker)


def _origin(marker: Marker) -> str:
    """How a value comes about: entered, or made of other markers."""
    if not marker.is_derived:
        return "entered"
    made = f"found from {', '.join(inputs_of(marker))}"
    return f"{made}; may also be entered" if marker.enterable else made


def _spaced(code: object) -> str:
    return str(code).replace("_", " ")


def _yes_or_no(flag: bool) -> str:
    return "yes" if flag else "no"
