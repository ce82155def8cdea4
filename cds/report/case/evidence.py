"""Evidence with its sources, grades of regimen and marker, and claims that did not stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.document.blocks import Block, Items, Paragraph, Table
from cds.document.figures.tallies import evidence_tally
from cds.report import phrases
from cds.result import Assessment, OptionResult
from cds.rulebook.base import Citation
from cds.rulebook.book import Rulebook
from cds.rulebook.evidence import Source
from cds.rulebook.grades import TO_BE_CONFIRMED, Grade
from cds.rulebook.options import EvidenceLine
from cds.vocabulary import Verification

_WRONG = (Verification.CONTRADICTED, Verification.INCONSISTENT)


def evidence(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """What the sources showed for the ranked options and for the findings in this patient."""
    ranked = assessment.policy("checked").ranked()
    numbers: dict[str, int] = {}
    if ranked:
        yield evidence_tally({option.label: _tally(option) for option in ranked})
    for option in ranked:
        rows = tuple(_line(line, numbers) for line in book.option[option.option].lines)
        if rows:
            columns = ("Id", "What was seen", "Figures", "Source", "Source check")
            caption = f"Evidence for {option.label}"
            yield Table(caption, columns, rows, tagged=(4,), widths=(1.45, 3.4, 2.3, 2, 2.15))
    yield from _rules(assessment, book, numbers)
    if numbers:
        yield Paragraph("Sources, by number. Addresses are printed, not linked.")
        yield Items(tuple(f"[{number}] {cited(book.source[key])}" for key, number in numbers.items()))
    else:
        yield Paragraph("No option is ranked and no rule with a source is true, so no evidence is listed.")


def _tally(option: OptionResult) -> dict[Verification, int]:
    words = [line.verification for line in option.contributions if line.source == "evidence"]
    return {word: words.count(word) for word in Verification}


def _line(line: EvidenceLine, numbers: dict[str, int]) -> tuple[str, ...]:
    return (
        line.id,
        line.text,
        _figures(line),
        _places(line.evidence, numbers),
        phrases.verified(line.verification),
    )


def _figures(line: EvidenceLine) -> str:
    parts = [line.endpoint, line.value, line.interval]
    if line.n is not None:
        parts.append(f"n\u00a0=\u00a0{line.n}")
    if line.species != "not applicable":
        parts.append(line.species)
    if line.endpoint_met is False:
        parts.append("goal not met")
    return "; ".join(part for part in parts if part)


def _places(citations: Iterable[Citation], numbers: dict[str, int]) -> str:
    said = []
    for citation in citations:
        number = numbers.setdefault(citation.source, len(numbers) + 1)
        said.append(f"[{number}] {citation.locator}")
    return "; ".join(said)


def _rules(assessment: Assessment, book: Rulebook, numbers: dict[str, int]) -> Iterator[Block]:
    rows = []
    for name in true_rules(assessment):
        if name in book.rule:
            rule = book.rule[name]
            cell = _places(rule.evidence, numbers)
            rows.append((rule.id, rule.label, rule.rationale, cell, phrases.verified(rule.verification)))
    if rows:
        columns = ("Rule", "Finding", "Why it is a rule", "Source", "Source check")
        caption = "Rules that are true for this patient"
        yield Table(caption, columns, tuple(rows), tagged=(4,), widths=(1.05, 2, 3.8, 2.2, 2.1))


def true_rules(assessment: Assessment) -> tuple[str, ...]:
    """Ids of all rules shown as true: findings, cautions, exclusions, monitors, notes."""
    names: dict[str, None] = {}
    for policy in assessment.policies:
        for option in policy.options:
            reasons = (*option.reasons, *option.cautions, *option.monitors)
            lines = (line.id for line in option.contributions if line.source == "rule")
            names |= dict.fromkeys([*(reason.code for reason in reasons), *lines])
    names |= dict.fromkeys(note.rule for note in (*assessment.notes, *assessment.information))
    return tuple(names)


def cited(source: Source) -> str:
    """A source with everything that identifies it, addresses as plain text."""
    year = str(source.year) if source.year else None
    ids = [("PMID", source.pmid), ("DOI", source.doi), ("", source.nct), ("", source.url)]
    said = [f"{name} {value}".strip() for name, value in ids if value]
    parts = [source.authors, source.title, " ".join(filter(None, [source.journal, year])), *said]
    second_hand = ["read on a secondary copy"] if source.review_needed else []
    return ". ".join(part.rstrip(".") for part in [*parts, *second_hand] if part) + "."


def grades(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The regimen's grade and the marker's grade, side by side and never joined."""
    yield Paragraph(
        "Two different grades: how well the regimen was tried, and how well a finding of the tumour "
        f"foretells an effect. One never stands for the other, and neither gives points. {TO_BE_CONFIRMED}"
    )
    ranked = {option.option: option for option in assessment.policy("checked").ranked()}
    true = set(true_rules(assessment))
    regimens = tuple(
        (phrases.named(ranked[g.names]), ranked[g.names].tier, _level(book, "m", g), g.because)
        for g in book.grades
        if g.of == "regimen" and g.names in ranked
    )
    if regimens:
        columns = ("Option", "Tier", "m-level of the regimen", "Reason")
        yield Table("Grade of the regimen", columns, regimens, widths=(2.2, 0.6, 2.4, 4))
    markers: tuple[tuple[str, ...], ...] = tuple(
        (book.rule[g.names].label, *(_level(book, s.id, g) for s in book.grade_schemes), g.because)
        for g in book.grades
        if g.of == "marker" and g.names in true
    )
    if markers:
        heads = ("Finding", *(scheme.label for scheme in book.grade_schemes), "Reason")
        yield Table("Grade of the marker", heads, markers, widths=(1.9, 2.1, 2.1, 2.1, 3))
    else:
        yield Paragraph("No finding that speaks for or against an option is known, so no marker is graded.")


def _level(book: Rulebook, scheme: str, grade: Grade) -> str:
    level = grade.levels()[scheme]
    if level == "none":
        return level
    means = next(known.levels[level] for known in book.grade_schemes if known.id == scheme)
    return f"{level}: {means}"


def claims(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Claims of the review behind this case that a source, or the review itself, contradicts."""
    lines = {line.id for p in assessment.policies for o in p.options if o.rank for line in o.contributions}
    behind = {name for item in lines for name in book.claims_of.get(item, ())}
    wrong = [claim for claim in book.claims if claim.verdict in _WRONG]
    rows = tuple(
        (
            c.id,
            f"section {c.place.section}, line {c.place.line}",
            c.says,
            c.check,
            phrases.verified(c.verdict),
        )
        for c in wrong
        if c.id in behind
    )
    yield Paragraph(
        f"{len(rows)} of the {len(wrong)} claims of the review that did not stand are behind the options "
        "ranked here under either policy. The checked policy counts none of them."
    )
    if rows:
        columns = (
            "Claim",
            "Place",
            "What the review says, in our words",
            "What our check found",
            "Source check",
        )
        yield Table(
            "Claims that did not stand", columns, rows, tagged=(4,), widths=(0.75, 1.15, 3.2, 3.4, 1.9)
        )
