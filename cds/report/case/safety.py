"""Safety: what is true, what is not known, which checks ran, and which toxicities overlap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cds.document.blocks import Block, Items, Paragraph, Table
from cds.document.figures.tallies import toxicity_overlap
from cds.document.tags import CAUTION, MONITOR, STOP
from cds.plan import options_of
from cds.report import phrases
from cds.result import Assessment, OptionResult, Reason, Undetermined
from cds.rulebook.book import Rulebook
from cds.vocabulary import Kind, Status

#: Rows of safety findings on the first page, fewer where it also holds remarks; exclusions always
#: stand there, and all of them in the full section.
FRONT_ROWS = 6
#: Up to so many open facts are named where their number is told.
NAMED = 3
SAFETY_KINDS = (Kind.GATE, Kind.EXCLUDES, Kind.TARGET_ABSENT, Kind.DEMOTES, Kind.CAUTIONS, Kind.MONITORS)


@dataclass(frozen=True)
class Finding:
    """One safety rule that is true, with the options it concerns.

    `moot`: the policy refuses all of these for any patient.
    """

    level: str
    reason: Reason
    options: tuple[str, ...]
    moot: bool = False


def findings(assessment: Assessment, book: Rulebook | None = None) -> list[Finding]:
    """True safety rules under the checked policy: stops, then cautions, then what is monitored.

    With the rulebook a rule is shown with every option it names, also those that another reason
    removed first; without it, with the options it acted on.
    """
    found: dict[tuple[str, str], tuple[Reason, list[str]]] = {}
    for level in (STOP, CAUTION, MONITOR):
        for option in assessment.policy("checked").options:
            for reason in _of(option, level):
                found.setdefault((level, reason.code), (reason, []))[1].append(option.option)
    wide = [(*key, reason, _options(book, key[1]) or tuple(ids)) for key, (reason, ids) in found.items()]
    return [
        Finding(level, reason, options, phrases.refused_anyway(options, assessment))
        for level, _, reason, options in wide
    ]


def _options(book: Rulebook | None, code: str) -> tuple[str, ...]:
    return options_of(book, book.rule[code], "checked") if book and code in book.rule else ()


def _of(option: OptionResult, level: str) -> tuple[Reason, ...]:
    if option.status is Status.NOT_AVAILABLE:
        return ()
    return {STOP: option.exclusions, CAUTION: option.cautions, MONITOR: option.monitors}[level]


def unverified(assessment: Assessment) -> tuple[str, ...]:
    """Unknown markers that could exclude, refuse or demote a ranked option."""
    ranked = assessment.policy("checked").ranked()
    return tuple(dict.fromkeys(name for option in ranked for name in option.unverified))


def unchecked(assessment: Assessment) -> dict[str, Undetermined]:
    """Cautions of ranked options that cannot be decided, by rule."""
    ranked = assessment.policy("checked").ranked()
    open_ = (rule for option in ranked for rule in option.undetermined)
    return {rule.rule: rule for rule in open_ if rule.kind is Kind.CAUTIONS}


def summary(assessment: Assessment, book: Rulebook) -> str:
    """How many rules of each level are true, and how much is not known."""
    if not phrases.values(assessment):
        return f"No safety rule could be checked: nothing was entered. {_open_facts(assessment, book)}"
    found = findings(assessment, book)
    levels = [finding.level for finding in found if not finding.moot]
    said = [
        phrases.count(levels.count(STOP), "exclusion"),
        phrases.count(levels.count(CAUTION), "caution"),
        f"{phrases.count(levels.count(MONITOR), 'finding')} to monitor",
    ]
    more = len(found) - len(levels)
    beside = f" ({more}\u00a0more, on options refused anyway)" if more else ""
    told = f"True for what was entered: {phrases.in_words(said)}{beside}."
    return " ".join(filter(None, (told, _unchecked(assessment), _open_facts(assessment, book))))


def _unchecked(assessment: Assessment) -> str:
    rules = unchecked(assessment).values()
    if len(rules) > NAMED:
        return f"{len(rules)}\u00a0cautions could not be checked; see Safety in full."
    return f"Cautions not checked: {'; '.join(rule.label for rule in rules)}." if rules else ""


def _open_facts(assessment: Assessment, book: Rulebook) -> str:
    missing = unverified(assessment)
    named = (
        f": {phrases.in_words(book.marker[name].label for name in missing)}" if len(missing) <= NAMED else ""
    )
    if len(missing) == 1:
        return f"1\u00a0fact that could exclude, refuse or demote an option is not known{named}."
    if missing:
        number = phrases.count(len(missing), "fact")
        return f"{number} that could exclude, refuse or demote an option are not known{named}."
    if assessment.policy("checked").ranked():
        return "Every fact that could exclude, refuse or demote a ranked option is known."
    return "No option is ranked, so no open fact could remove one."


def front(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The short safety block of the first page, on options that are not refused anyway."""
    found = [one for one in findings(assessment, book) if not one.moot]
    yield Paragraph(summary(assessment, book))
    if not found:
        return
    shown = _shown(assessment, found)
    rows = tuple(
        (
            finding.level,
            phrases.reason(finding.reason),
            phrases.measured(assessment, book, finding.reason.code) if finding.level != MONITOR else "",
            phrases.applies_to(finding.options, assessment),
            phrases.verified(finding.reason.verification),
        )
        for finding in found[:shown]
    )
    columns = ("Level", "Finding", "Drug or value", "Applies to", "Source check")
    widths = (1.25, 3.2, 2.1, 1.35, 1.6)
    yield Table("Safety rules that are true", columns, rows, tagged=(0, 4), widths=widths).trimmed()
    more = len(found) - shown
    if more > 0:
        yield Paragraph(
            f"{phrases.count(more, 'further finding')} in the section on safety in full.", "quiet"
        )


def _where(finding: Finding, assessment: Assessment) -> str:
    where = phrases.applies_to(finding.options, assessment)
    return f"{where}, refused anyway" if finding.moot else where


def _shown(assessment: Assessment, found: list[Finding]) -> int:
    remarks = len(assessment.conflicts) + len(assessment.notes) + len(assessment.flags)
    stops = sum(finding.level == STOP for finding in found)
    return max(stops, FRONT_ROWS - min(remarks, 4))


def full(
    assessment: Assessment, book: Rulebook, statements: Mapping[str, str] | None = None
) -> Iterator[Block]:
    """Everything about safety, with a clinician's statement on each finding.

    `statements` holds those made so far, by rule; without it the column is left empty, for paper.
    """
    yield Paragraph(summary(assessment, book))
    rows = tuple(
        (*_row(finding, assessment, book), _statement(finding, statements))
        for finding in findings(assessment, book)
    )
    if rows:
        columns = ("Level", "Finding", "This patient", "Applies to", "Rule", "Source check", "Statement")
        widths = (1.6, 2.1, 2.2, 1.2, 1.1, 1.9, 1.4)
        yield Table("Safety rules that are true, in full", columns, rows, tagged=(0, 5), widths=widths)
        if statements is None:
            yield Paragraph("The last column is left empty for the statement of a clinician.", "quiet")
    yield from _unknown(assessment, book)
    yield Paragraph(_ran(assessment, book), "quiet")
    yield from _overlap(assessment, book)


def _row(finding: Finding, assessment: Assessment, book: Rulebook) -> tuple[str, ...]:
    code = finding.reason.code
    return (
        finding.level,
        phrases.reason(finding.reason),
        phrases.this_patient(assessment, book, code),
        _where(finding, assessment),
        code,
        phrases.verified(finding.reason.verification),
    )


def _statement(finding: Finding, statements: Mapping[str, str] | None) -> str:
    return "" if statements is None else statements.get(finding.reason.code, "not made yet")


def _unknown(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    names = unverified(assessment)
    if names:
        yield Paragraph("Not known, and each could exclude, refuse or demote a ranked option:", "caution")
        yield Items(tuple(book.marker[name].label for name in names))
    rows = tuple(
        (rule.label, "; ".join(book.marker[name].label for name in rule.markers))
        for rule in unchecked(assessment).values()
    )
    if rows:
        yield Table("Cautions that could not be checked", ("Caution", "Not known"), rows, widths=(1, 1))


def _ran(assessment: Assessment, book: Rulebook) -> str:
    """How many checks ran, and how many could not be decided."""
    rules = [rule for rule in book.rule.values() if rule.kind in SAFETY_KINDS]
    options = assessment.policy("checked").options
    open_ = {rule.rule for option in options for rule in option.undetermined if rule.kind in SAFETY_KINDS}
    undecided = f"{len(open_)} could not" if open_ else "all of them could"
    return (
        f"{len(rules)} rules that exclude, refuse, demote, caution or monitor ran "
        f"(rulebook {assessment.provenance.rulebook_version}); {undecided} be decided with what was entered. "
        "No check was left out."
    )


def _overlap(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    ranked = [option.option for option in assessment.policy("checked").ranked()]
    cells: dict[str, dict[str, list[str]]] = {}
    labels = {name: book.option[name].label for name in ranked}
    for overlap in book.overlaps:
        if overlap.option in ranked:
            cells.setdefault(overlap.organ, {}).setdefault(labels[overlap.option], []).append(
                overlap.toxicity
            )
    if cells:
        yield toxicity_overlap(tuple(labels.values()), cells)
    if cells and book.identity.common_toxicity:
        yield Paragraph(book.identity.common_toxicity.text, "quiet")
