"""Why one option stands where it stands, as blocks for the screen: for, against, no effect, not tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.document.blocks import Block, Items, Paragraph, Table
from cds.report import phrases
from cds.report.case.robustness import contrast as contrast_blocks
from cds.report.case.why import limits, score_waterfall
from cds.result import Assessment, Contribution, OptionResult, PolicyResult, Undetermined
from cds.robustness.contrast import contrast
from cds.rulebook.book import Rulebook
from cds.vocabulary import BLOCKING, RANKED, SCORING, Kind

WIDTHS = (3, 2, 0.8, 1.4, 2.6, 1.8)
COLUMNS = ("What", "This patient", "Points", "Counted", "Source", "Source check")


def why_option(assessment: Assessment, book: Rulebook, policy: str, option: str) -> Iterator[Block]:
    """All that can be said on one option under one policy."""
    result = assessment.policy(policy)
    here = result.of(option)
    yield Paragraph(_sentence(here, book), "plain" if here.rank else "caution")
    if here.reasons:
        yield Items(tuple(map(phrases.reason, here.reasons)), "caution" if here.rank is None else "quiet")
    if here.contributions:
        yield score_waterfall(here)
    for caption, lines in _sides(here):
        if lines:
            rows = _rows(lines, assessment, book)
            yield Table(f"{caption} ({len(lines)})", COLUMNS, rows, (2,), (5,), WIDTHS)
    yield from _not_known(here, book)
    yield from limits(book.option[option])


def _sentence(option: OptionResult, book: Rulebook) -> str:
    place = f"Rank {option.rank}" if option.rank else "No rank"
    rules = [line for line in option.contributions if line.source != "evidence"]
    adds = sum(line.points > 0 for line in rules)
    against = sum(line.points < 0 for line in rules)
    return (
        f"{place}. {phrases.tier(option, book)} "
        f"In this patient {phrases.count(adds, 'finding')} {_verb(adds, 'add')} to it and "
        f"{phrases.count(against, 'finding')} {_verb(against, 'count')} against it. "
        f"{_open(len(option.unverified))}"
    )


def _verb(number: int, verb: str) -> str:
    return verb if number > 1 else f"{verb}s"


def _open(number: int) -> str:
    if not number:
        return "No fact that could take its place away is missing."
    return f"{phrases.count(number, 'fact')} that could take its place away {_verb(number, 'stay')} unknown."


def _sides(option: OptionResult) -> Iterator[tuple[str, list[Contribution]]]:
    lines = option.contributions
    yield "For", [line for line in lines if line.points > 0]
    yield "Against", [line for line in lines if line.points < 0]
    yield "No effect under this policy", [line for line in lines if line.points == 0]


def _rows(
    lines: Iterable[Contribution], assessment: Assessment, book: Rulebook
) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            line.label,
            phrases.this_patient(assessment, book, line.id) if line.source == "rule" else "any patient",
            f"{line.points:+d}" if line.points else "0",
            phrases.counted(line.counted),
            sources_of(line.id, book),
            phrases.verified(line.verification),
        )
        for line in lines
    )


def sources_of(item: str, book: Rulebook) -> str:
    """The sources of a rule or an evidence line, each with its place."""
    lines = {line.id: line for option in book.options for line in option.lines}
    backed = book.rule.get(item) or lines.get(item)
    return (
        "; ".join(f"{citation.source}, {citation.locator}" for citation in backed.evidence) if backed else ""
    )


def _not_known(option: OptionResult, book: Rulebook) -> Iterator[Block]:
    rows = tuple(
        (rule.label, ", ".join(book.marker[name].label for name in rule.markers), _could(rule))
        for rule in option.undetermined
        if rule.kind in BLOCKING or (rule.kind in SCORING and rule.points)
    )
    if rows:
        yield Table(f"Not known, and would matter ({len(rows)})", ("Rule", "Needs", "Could"), rows)
    else:
        yield Paragraph("Nothing that is not known could change its points or its place.")


#: What an undecided rule of a kind would do to the option.
EFFECTS = {
    Kind.GATE: "refuse it",
    Kind.EXCLUDES: "exclude it",
    Kind.TARGET_ABSENT: "exclude it",
    Kind.DEMOTES: "demote it",
}


def _could(rule: Undetermined) -> str:
    return f"give {rule.points:+d} points" if rule.kind in SCORING else EFFECTS[rule.kind]


def rival_of(result: PolicyResult, option: str) -> str | None:
    """The ranked option next to this one: the one below, or above if it stands last."""
    order = [other.option for other in result.options if other.status in RANKED]
    order.sort(key=lambda name: result.of(name).rank or 0)
    if option not in order or len(order) < 2:
        return None
    at = order.index(option)
    return order[at + 1] if at + 1 < len(order) else order[at - 1]


def rival_blocks(assessment: Assessment, book: Rulebook, policy: str, option: str) -> Iterator[Block]:
    """What separates an option from its nearest rival, line by line."""
    result = assessment.policy(policy)
    rival = rival_of(result, option)
    if rival is None:
        yield Paragraph("No other option is ranked beside it.")
        return
    found = contrast(result, book.policy[policy], option, rival)
    yield from contrast_blocks(found, book)
