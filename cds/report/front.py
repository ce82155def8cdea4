"""The first page: what a board reads when it reads one page only."""

from __future__ import annotations

from collections.abc import Iterator

from cds.report import say
from cds.report.blocks import Block, Items, Paragraph, Table
from cds.report.tags import STATUSES
from cds.result import Assessment, OptionResult, Reason
from cds.rulebook.book import Rulebook
from cds.vocabulary import Answer, Status
from cds.wording import ANSWERS

#: How an option stands apart from the next one in the ranking.
APART = {"every_weight": "for every weight", "robust": "robust", "tier": "by class or tier", "weak": "weak"}
#: Conflicts and notes told in full on the first page, fewer where there are more; all of them stand
#: with the markers.
IN_FULL = 2
#: Choices without everolimus that the first page names, where it holds few remarks.
BESIDE = 5
#: The band that names the case: label and marker.
BAND = (
    ("Age", "age"),
    ("Diagnosis", "histology"),
    ("Standard therapy (MAP)", "prior_map"),
    ("Performance (ECOG)", "ecog"),
    ("Disease", "resectability"),
)


def band(assessment: Assessment, book: Rulebook) -> tuple[tuple[str, str], ...]:
    """Who the case is, in eight pairs."""
    tumour = [marker for marker in book.markers if marker.concern == "tumour" and not marker.is_derived]
    tested = sum(marker.id not in assessment.not_tested for marker in tumour)
    pairs = tuple((label, say.shown(assessment, name)) for label, name in BAND if name in book.marker)
    return (
        ("Case", assessment.patient),
        *pairs,
        ("Tumour markers tested", f"{tested} of {len(tumour)}"),
        ("Policy", assessment.policy("checked").label),
    )


def sentence(assessment: Assessment) -> str:
    """The answer in one sentence."""
    ranked = assessment.policy("checked").ranked()
    first = " and ".join(option.label for option in ranked if option.rank == 1)
    hypotheses = sum(option.status is Status.HYPOTHESIS for option in ranked)
    return ANSWERS[assessment.answer].format(first=first, count=hypotheses)


def answer(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The answer, what it can't claim, and what stands above any ranking."""
    can = assessment.answer is Answer.CAN_BE_NAMED
    yield Paragraph(_paragraph(assessment, book), "plain" if can else "caution")
    if assessment.answer_because and not can:
        yield Items(tuple(_because(reason, assessment) for reason in assessment.answer_because), "caution")
    limits = [text for option in _first(assessment) for text in book.option[option.option].cannot_claim]
    if can and limits:
        yield Paragraph("What it can't claim: " + " ".join(limits))
    yield Paragraph(assessment.no_predictive_marker, "caution")
    yield from _above(assessment)


def _because(reason: Reason, assessment: Assessment) -> str:
    """A reason, and the options it takes away where it does not concern all of them."""
    options = assessment.policy("checked").options
    found = [o.option for o in options if any(r.code == reason.code for r in (*o.reasons, *o.exclusions))]
    where = say.applies_to(found, assessment)
    return f"{say.reason(reason)}: {where}" if where not in ("", "all") else say.reason(reason)


def _above(assessment: Assessment) -> Iterator[Block]:
    made = assessment.provenance
    if made.past_review:
        yield Paragraph(f"This rulebook is past its review date ({say.day(made.review_by)}).", "stop")
    said = [(f"Contradictory entries: {c.label}", c.text) for c in assessment.conflicts]
    said += [(note.label, note.text) for note in assessment.notes]
    full = said if len(said) <= IN_FULL else said[:1]
    for label, text in full:
        yield Paragraph(f"{label}. {text}", "caution" if label.startswith("Contradictory") else "monitor")
    if said[len(full) :]:
        labels = "; ".join(label for label, _ in said[len(full) :])
        yield Paragraph(f"Also, told with the markers as entered: {labels}.", "caution")
    if assessment.flags:
        more = len(assessment.flags) - 1
        rest = f"; {say.count(more, 'further flag')}, told with the markers as entered" if more else ""
        yield Paragraph(f"Data quality: {assessment.flags[0]}{rest}.", "caution")
    if made.assumptions:
        assumed = len(made.assumptions)
        yield Paragraph(
            f"{assumed} facts are assumed, not measured in this patient; see the markers.", "caution"
        )


def _first(assessment: Assessment) -> list[OptionResult]:
    return [option for option in assessment.policy("checked").ranked() if option.rank == 1]


def _paragraph(assessment: Assessment, book: Rulebook) -> str:
    said = [sentence(assessment)]
    first = _first(assessment)
    if assessment.answer is Answer.CAN_BE_NAMED and first:
        evidence = say.strongest(first[0], book)
        if evidence:
            said.append(f"Its strongest evidence: {evidence[0]}.")
        others = len(assessment.policy("checked").ranked()) - len(first)
        if others:
            said.append(
                f"{say.count(others, 'further option')} stand below it as hypotheses or with cautions."
            )
    if assessment.first_place_differs:
        said.append("Read at face value, the review would put another option first.")
    return " ".join(said)


def ranking(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The ranked options of the checked policy."""
    policy = assessment.policy("checked")
    if not policy.ranked():
        yield Paragraph("No option is ranked under the checked policy; a section below gives every reason.")
        yield from _beside(assessment)
        return
    rows = [_row(option, book) for option in policy.ranked()]
    columns: tuple[str, ...] = (
        "Rank", "Option", "Tier", "Status", "Strongest evidence", "Verification", "Facts not known"
    )  # fmt: skip
    widths: tuple[float, ...] = (0.75, 2.6, 0.6, 1.55, 2.9, 1.85, 0.9)
    if assessment.robustness:
        apart = {line.above: APART[line.how] for line in assessment.robustness.separations}
        rows = [(*row, apart.get(o.option, "")) for row, o in zip(rows, policy.ranked(), strict=True)]
        columns, widths = (*columns, "Apart from next"), (*widths, 1.15)
    caption = f"Ranking, policy {policy.label}"
    yield Table(caption, columns, tuple(rows), numeric=(6,), tagged=(3, 5), widths=widths)
    yield from _beside(assessment)


def _beside(assessment: Assessment) -> Iterator[Block]:
    """What a board weighs the ranking against, by name where there is room; data in the next section."""
    labels = [comparator.label for comparator in assessment.comparators]
    remarks = len(assessment.conflicts) + len(assessment.notes) + len(assessment.flags)
    named, more = "; ".join(labels[:BESIDE]), len(labels) - BESIDE
    if labels and remarks <= IN_FULL:
        said = named + (f"; and {more} more" if more > 0 else "")
        yield Paragraph(f"Choices without everolimus, not ranked, told in the next section: {said}.")
    elif labels:
        yield Paragraph(f"Choices without everolimus, not ranked: {len(labels)}, told in the next section.")


def _row(option: OptionResult, book: Rulebook) -> tuple[str, ...]:
    evidence = say.strongest(option, book)
    return (
        f"{option.rank}{' (tie)' if option.tied else ''}",
        say.named(option),
        option.tier,
        STATUSES[option.status],
        evidence[0] if evidence else "none counted",
        say.verified(evidence[1]) if evidence else "",
        str(len(option.unverified)),
    )
