"""The first page: what a board reads when it reads one page only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cds.document.blocks import Block, Items, Paragraph, Table, Tone
from cds.report import phrases
from cds.result import Assessment, Conflict, OptionResult, Reason
from cds.rulebook.book import Rulebook
from cds.vocabulary import AnswerRole, Status

#: How an option stands apart from the next one in the ranking.
APART = {"every_weight": "for every weight", "robust": "robust", "tier": "by class or tier", "weak": "weak"}
#: Conflicts and notes told in full on the first page, fewer where there are more; all of them stand
#: with the markers.
IN_FULL = 2
#: Choices without everolimus that the first page names, where it holds few remarks.
BESIDE = 5
#: The band that names the case: label and markers; the short ones are in the app's banner too.
BAND = (
    ("Age and sex", ("age", "sex")),
    ("Diagnosis", ("histology",)),
    ("Standard therapy (MAP)", ("prior_map",)),
    ("Performance (ECOG)", ("ecog",)),
    ("Disease", ("resectability",)),
    ("Lung metastases", ("lung_metastases",)),
)
IN_BANNER = ("age", "prior_map")
#: How ranked options are counted by status.
BELOW = {
    Status.ELIGIBLE: ("eligible option", None),
    Status.CAUTION: ("option with cautions", "options with cautions"),
    Status.HYPOTHESIS: ("hypothesis", "hypotheses"),
}
#: What two heads of the ranking mean.
HEADS = (
    "Confirmed: the source says so. It says nothing of an effect in patients. "
    "Open facts could remove the option."
)
#: Up to so many cautions are named in the answer.
NAMED = 3


def band(assessment: Assessment, book: Rulebook) -> tuple[tuple[str, str], ...]:
    """Who the case is, in pairs of label and value."""
    pairs = tuple((label, _banded(assessment, names)) for label, names in BAND)
    return (("Case", assessment.patient), *pairs, _tested(assessment, book))


def banner(assessment: Assessment, book: Rulebook) -> tuple[tuple[str, str], ...]:
    """What of the band is on top of every page of the app, below the label of the case."""
    short = tuple((label, _banded(assessment, names)) for label, names in BAND if names[0] in IN_BANNER)
    return (*short, _tested(assessment, book))


def _tested(assessment: Assessment, book: Rulebook) -> tuple[str, str]:
    tumour = [marker for marker in book.markers if marker.concern == "tumour" and not marker.is_derived]
    tested = sum(marker.id not in assessment.not_tested for marker in tumour)
    return "Tumour markers tested", f"{tested} of {len(tumour)}"


def _banded(assessment: Assessment, names: Iterable[str]) -> str:
    """What is known of these markers; `not entered` where nothing is."""
    known = phrases.values(assessment)
    return ", ".join(known[name].shown for name in names if name in known) or phrases.NOT_ENTERED


def sentence(assessment: Assessment, book: Rulebook) -> str:
    """The answer in one sentence, with what stands against the option it names."""
    ranked = assessment.policy("checked").ranked()
    first = " and ".join(option.label for option in _first(assessment))
    hypotheses = sum(option.status is Status.HYPOTHESIS for option in ranked)
    answer = book.answer[assessment.answer]
    said = answer.sentence.format(first=first, count=hypotheses)
    if not answer.abstains:
        said = said.removesuffix(".") + _with(_first(assessment)) + "."
    return said[:1].upper() + said[1:]


def _with(options: Iterable[OptionResult]) -> str:
    """The cautions of the options that are named, and how much of what could exclude them is open."""
    options = list(options)
    cautions = list(dict.fromkeys(reason.label for option in options for reason in option.cautions))
    missing = {name for option in options for name in option.unverified}
    said = []
    if cautions:
        named = f": {'; '.join(cautions)}" if len(cautions) <= NAMED else ""
        said.append(f"with {phrases.count(len(cautions), 'caution')}{named}")
    if missing:
        said.append(f"with {phrases.count(len(missing), 'fact')} not known that could exclude it")
    return "".join(f", {part}" for part in said)


def answer(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The answer, what it cannot claim, and what stands above any ranking."""
    role = book.answer[assessment.answer].role
    can = role is AnswerRole.NAMEABLE
    yield Paragraph(_paragraph(assessment, book), "plain" if can else "caution")
    if assessment.answer_because and not can:
        yield Items(tuple(_because(reason, assessment) for reason in assessment.answer_because), "caution")
    if can or role is AnswerRole.ONLY_HYPOTHESES:
        yield from _limits(assessment, book)
    yield Paragraph(assessment.predictive_markers, "caution")
    yield from _above(assessment, book)


def _limits(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """What the options in the first place cannot claim."""
    for option in _first(assessment):
        limits = book.option[option.option].cannot_claim
        if limits:
            yield Paragraph(f"What {option.label} cannot claim: {' '.join(limits)}")


def _because(reason: Reason, assessment: Assessment) -> str:
    """A reason, and the options it takes away where it does not concern all of them."""
    options = assessment.policy("checked").options
    found = [o.option for o in options if any(r.code == reason.code for r in (*o.reasons, *o.exclusions))]
    where = phrases.applies_to(found, assessment)
    return f"{phrases.reason(reason)}: {where}" if where not in ("", "all") else phrases.reason(reason)


def _both(conflict: Conflict, assessment: Assessment, book: Rulebook) -> str:
    """The text of a contradiction with the values that disagree, as they were entered."""
    values = phrases.contradicting(assessment, book, conflict.code)
    return f"{conflict.text} Entered: {values}." if values else conflict.text


def _above(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    made = assessment.provenance
    if made.past_review:
        yield Paragraph(f"This rulebook is past its review date ({phrases.day(made.review_by)}).", "stop")
    remarks = tuple(_remarks(assessment, book))
    full = remarks if len(remarks) <= IN_FULL else remarks[:1]
    for label, text, tone in full:
        yield Paragraph(f"{label}. {text}", tone)
    if remarks[len(full) :]:
        labels = "; ".join(label for label, *_ in remarks[len(full) :])
        yield Paragraph(f"Also, told with the markers as entered: {labels}.", "caution")
    if assessment.flags:
        yield Paragraph(_data_quality(assessment, book), "caution")
    if made.assumptions:
        assumed = len(made.assumptions)
        yield Paragraph(
            f"{assumed} facts are assumed, not measured in this patient; see the markers.", "caution"
        )


def _remarks(assessment: Assessment, book: Rulebook) -> Iterator[tuple[str, str, Tone]]:
    """Contradictions, then notes: label, text and tone."""
    for conflict in assessment.conflicts:
        yield f"Contradictory entries: {conflict.label}", _both(conflict, assessment, book), "caution"
    for note in assessment.notes:
        yield note.label, note.text, "monitor"


def _data_quality(assessment: Assessment, book: Rulebook) -> str:
    """What looked odd, drugs that the rulebook lacks before all else, and how much more there is."""
    told = sorted(assessment.flags, key=lambda flag: not phrases.is_of_drugs(flag, book))
    drugs = sum(phrases.is_of_drugs(flag, book) for flag in told)
    shown, more = told[: max(drugs, 1)], len(told) - max(drugs, 1)
    rest = [f"{phrases.count(more, 'further flag')}, told with the markers as entered"] if more else []
    return f"Data quality: {'; '.join([*(phrases.flag(one, book) for one in shown), *rest])}."


def _first(assessment: Assessment) -> list[OptionResult]:
    return [option for option in assessment.policy("checked").ranked() if option.rank == 1]


def _paragraph(assessment: Assessment, book: Rulebook) -> str:
    said = [sentence(assessment, book)]
    first = _first(assessment)
    if first and not book.answer[assessment.answer].abstains:
        evidence = phrases.strongest(first[0], book, figures=True)
        if evidence:
            said.append(f"Its strongest evidence: {evidence[0]}.")
        others = assessment.policy("checked").ranked()[len(first) :]
        if others:
            said.append(f"Below it: {_counted(others)}.")
    if assessment.first_place_differs:
        said.append("Read at face value, the review would put another option first.")
    return " ".join(said)


def _counted(options: Iterable[OptionResult]) -> str:
    """How many options there are of each status: `1 option with cautions and 2 hypotheses`."""
    found = Counter(option.status for option in options)
    return phrases.in_words(
        phrases.count(found[status], *words) for status, words in BELOW.items() if found[status]
    )


def ranking(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The ranked options of the checked policy."""
    policy = assessment.policy("checked")
    if not policy.ranked():
        yield Paragraph("No option is ranked under the checked policy; a section below gives every reason.")
        yield from _beside(assessment)
        return
    rows = [_row(option, book) for option in policy.ranked()]
    columns: tuple[str, ...] = (
        "Rank", "Option", "Tier", "Status", "Strongest evidence", "Source check", "Open facts"
    )  # fmt: skip
    widths: tuple[float, ...] = (0.75, 2.15, 0.6, 1.6, 3.5, 1.85, 0.8)
    if assessment.robustness:
        apart = {line.above: APART[line.how] for line in assessment.robustness.separations}
        rows = [(*row, apart.get(o.option, "")) for row, o in zip(rows, policy.ranked(), strict=True)]
        columns, widths = (*columns, "Apart from next"), (*widths, 1.05)
    caption = f"Ranking, policy {policy.label}"
    yield Table(caption, columns, tuple(rows), numeric=(6,), tagged=(3, 5), widths=widths)
    yield Paragraph(HEADS, "quiet")
    yield from _beside(assessment)


def _beside(assessment: Assessment) -> Iterator[Block]:
    """What a board weighs the ranking against, by name where there is room; data in the next section."""
    labels = [comparator.label for comparator in assessment.comparators]
    remarks = len(assessment.conflicts) + len(assessment.notes) + len(assessment.flags)
    named, more = "; ".join(labels[:BESIDE]), len(labels) - BESIDE
    if remarks <= IN_FULL:
        said = named + (f"; and {more} more" if more > 0 else "")
        text = f"Choices without everolimus, not ranked, told in the next section: {said}."
    else:
        text = f"Choices without everolimus, not ranked: {len(labels)}, told in the next section."
    if labels:
        yield Paragraph(text, id="comparators_named")


def _row(option: OptionResult, book: Rulebook) -> tuple[str, ...]:
    evidence = phrases.strongest(option, book)
    return (
        f"{option.rank}{' (tie)' if option.tied else ''}",
        phrases.named(option),
        option.tier,
        phrases.status(option),
        evidence[0] if evidence else "none counted",
        phrases.verified(evidence[1]) if evidence else "",
        str(len(option.unverified)),
    )
