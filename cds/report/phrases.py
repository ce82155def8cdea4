"""Small phrases that several parts of the case document share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from cds.derivation import drug_fits
from cds.document.tags import STATUSES, UNVERIFIED, VERIFIED
from cds.intake.values import read_drugs
from cds.result import Assessment, Contribution, MarkerValue, OptionResult, Reason
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import markers_of
from cds.rulebook.options import EvidenceLine
from cds.vocabulary import HalfBecause, Status, Verification
from cds.wording import COUNTED, REASONS, RECOVERABLE

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


def status(option: OptionResult) -> str:
    """The tag of an option's status; a caution without a true rule says that facts are not known."""
    open_only = option.status is Status.CAUTION and not option.cautions
    return UNVERIFIED if open_only else STATUSES[option.status]


def tier(option: OptionResult, book: Rulebook) -> str:
    """The tier and why; a demoted option keeps the reason of the tier that its evidence has."""
    known = book.option[option.option]
    own = f" (tier {known.tier} by its evidence; the patient lies outside the trial's population)"
    return f"Tier {option.tier}{own if option.tier != known.tier else ''}: {known.tier_because}"


def reason(given: Reason) -> str:
    """A reason and how it can be undone."""
    undo = f" ({RECOVERABLE[given.recoverable]})" if given.recoverable else ""
    return f"{given.label}{undo}"


def counted(code: str) -> str:
    """Why a line counts, or counts nothing."""
    if code.startswith("same_topic:"):
        return f"not counted: the same fact counts once, by {code.partition(':')[2]}"
    return COUNTED[code]


def verified(verification: Verification | None) -> str:
    """The tag of a verification."""
    return VERIFIED[verification or Verification.UNCHECKED]


def strongest(option: OptionResult, book: Rulebook, figures: bool = False) -> tuple[str, Verification] | None:
    """The line of evidence that adds most to an option, in a few words; `figures`: as seen in patients."""
    lines = {line.id: line for line in book.option[option.option].lines}
    adding = [line for line in option.contributions if line.source == "evidence" and line.points > 0]
    if not adding:
        return None
    top = max(adding, key=lambda line: line.points)
    return _in_short(lines[top.id], top, book, figures), top.verification


def _in_short(line: EvidenceLine, top: Contribution, book: Rulebook, figures: bool) -> str:
    """The kind of study and its size, figures of patients on request, but none of what was not found."""
    human = line.species == "human"
    if human and line.counts[book.default_policy].half is HalfBecause.SOURCE_NOT_FOUND:
        return line.text.partition(";")[0].rstrip(".")
    said = book.level[top.level].label if top.level else line.text
    if line.n is not None:
        mice = line.species == "mouse"
        said += f", {line.n}\u00a0mice a group" if mice else f", n\u00a0=\u00a0{line.n}"
    if figures and human and line.endpoint and line.value:
        said += f": {line.endpoint} {', '.join(filter(None, (line.value, line.interval)))}"
    return f"{said}, goal not met" if line.endpoint_met is False else said


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


def contradicting(assessment: Assessment, book: Rulebook, code: str) -> str:
    """The values that contradict one another, each with its specimen and date where they were given."""
    names = markers_of(book.rule[code].when) if code in book.rule else (code,)
    return "; ".join(_dated(v) for v in (*assessment.entered, *assessment.derived) if v.marker in names)


def _dated(value: MarkerValue) -> str:
    said = [value.details[key] for key in ("specimen",) if key in value.details]
    said += [day(value.details["date"])] if "date" in value.details else []
    beside = f" ({', '.join(said)})" if said else ""
    origin = ", derived" if value.origin == "derived" else ""
    return f"{value.label}: {value.shown}{origin}{beside}"


def is_of_drugs(flag: str, book: Rulebook) -> bool:
    """Whether a flag of the intake is about a list of drugs."""
    name = flag.partition(": ")[0]
    return name in book.marker and book.marker[name].type == "drugs"


def flag(said: str, book: Rulebook) -> str:
    """A flag of the intake with the label of its marker."""
    name, _, rest = said.partition(": ")
    return f"{book.marker[name].label}: {rest}" if name in book.marker else said


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


def refused_anyway(options: Iterable[str], assessment: Assessment) -> bool:
    """Whether the default policy refuses every one of these options for any patient."""
    wanted = set(options) & set(available(assessment))
    return bool(wanted) and all(_refused_by_its_entry(assessment.default.of(name)) for name in wanted)


def _refused_by_its_entry(option: OptionResult) -> bool:
    """Refused by neither a rule (whose reason is verified) nor the balance of its evidence."""
    codes = [reason.code for reason in option.reasons if reason.verification is None]
    return option.status is Status.REFUSED and bool(set(codes) - set(REASONS))


def in_words(names: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(names)
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
