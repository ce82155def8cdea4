"""Small phrases that several parts of the case document share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from cds.derivation import drug_fits
from cds.intake.values import read_drugs
from cds.report.tags import VERIFIED
from cds.result import Assessment, Contribution, MarkerValue, OptionResult, Reason
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.options import Line
from cds.vocabulary import Status, Verification
from cds.wording import COUNTED, RECOVERABLE

NOT_ENTERED = "not entered"


def day(iso: str | None) -> str:
    """A date as `23-Nov-2026`; what is no date is shown as it was written."""
    if not iso:
        return NOT_ENTERED
    try:
        date = dt.date.fromisoformat(iso)
    except ValueError:
        return iso
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{date.day:02d}-{months[date.month - 1]}-{date.year}"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 caution`, `3 cautions`, `no caution`."""
    if number == 0:
        return f"no {one}"
    return f"{number}\u00a0{one if number == 1 else many or one + 's'}"


def points(number: int) -> str:
    """Points with their sign; nothing is `0`."""
    return f"{number:+d}" if number else "0"


def named(option: OptionResult) -> str:
    """An option by its full name and id."""
    return f"{option.label} ({option.option})"


def reason(given: Reason) -> str:
    """A reason and how it can be undone."""
    undo = f" ({RECOVERABLE[given.recoverable]})" if given.recoverable else ""
    return f"{given.label}{undo}"


def counted(code: str) -> str:
    """Why a line counts, or counts nothing."""
    if code.startswith("same_axis:"):
        return f"not counted: the same fact counts once, by {code.partition(':')[2]}"
    return COUNTED[code]


def verified(verification: Verification | None) -> str:
    """The tag of a verification."""
    return VERIFIED[verification or Verification.UNCHECKED]


def strongest(option: OptionResult, book: Rulebook) -> tuple[str, Verification] | None:
    """The line of evidence that adds most to an option, in a few words."""
    lines = {line.id: line for line in book.option[option.option].lines}
    adding = [line for line in option.contributions if line.source == "evidence" and line.points > 0]
    if not adding:
        return None
    top = max(adding, key=lambda line: line.points)
    return _in_short(lines[top.id], top, book), top.verification


def _in_short(line: Line, top: Contribution, book: Rulebook) -> str:
    parts = [book.level[top.level].label if top.level else line.text]
    if line.n is not None:
        mice = line.species == "mouse"
        parts.append(f"{line.n}\u00a0mice a group" if mice else f"n\u00a0=\u00a0{line.n}")
    if line.endpoint_met is False:
        parts.append("goal not met")
    return ", ".join(parts)


def values(assessment: Assessment) -> dict[str, MarkerValue]:
    """Every known marker: derived values stand over entered ones."""
    return {value.marker: value for value in (*assessment.entered, *assessment.derived)}


def shown(assessment: Assessment, marker: str) -> str:
    """A marker's value in words, or that it was not entered."""
    found = values(assessment).get(marker)
    return found.shown if found else NOT_ENTERED


def this_patient(assessment: Assessment, book: Rulebook, rule: str) -> str:
    """The values that a rule read in this patient, with the drugs behind a drug fact."""
    known = values(assessment)
    return "; ".join(dict.fromkeys(_facts(known, book, rule)))


def measured(assessment: Assessment, book: Rulebook, rule: str) -> str:
    """The drugs and numbers that a rule read in this patient; other facts stand in its label."""
    known = values(assessment)
    facts = _facts({n: v for n, v in known.items() if book.marker[n].type != "category"}, book, rule)
    return "; ".join(dict.fromkeys(facts))


def _facts(known: dict[str, MarkerValue], book: Rulebook, rule: str) -> Iterator[str]:
    for name in markers_of(book.rule[rule].when) if rule in book.rule else ():
        drugs = _behind(known, book, name)
        if drugs:
            yield in_words(drugs)
        elif name in known:
            yield f"{known[name].label}: {known[name].shown}"


def _behind(known: dict[str, MarkerValue], book: Rulebook, name: str) -> list[str]:
    """The drugs on the patient's list that make a drug fact true."""
    fact = book.marker[name].from_drugs
    if fact is None or fact.list not in known:
        return []
    uses = read_drugs(book, book.marker[fact.list], known[fact.list].value)
    return [str(use) for use in uses if drug_fits(fact, use.drug, use.outcome, book)]


def available(assessment: Assessment) -> list[str]:
    """Options that exist as medicines or devices."""
    options = assessment.policy("checked").options
    return [option.option for option in options if option.status is not Status.NOT_AVAILABLE]


def applies_to(options: Iterable[str], assessment: Assessment) -> str:
    """Option ids, or `all` where every available option is meant."""
    everyone = available(assessment)
    wanted = [option for option in dict.fromkeys(options) if option in everyone]
    return "all" if len(wanted) == len(everyone) else ", ".join(wanted)


def in_words(names: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(names)
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
