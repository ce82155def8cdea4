"""Beside the ranking: choices without everolimus, the review at face value, and what is not ranked."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cds.document.blocks import Block, Paragraph, Table
from cds.document.figures.ranks import TwoRanks, policy_slope
from cds.document.tags import STATUSES
from cds.report import phrases
from cds.result import Assessment, ComparatorShown, Difference, OptionResult, PolicyResult
from cds.rulebook.book import Rulebook
from cds.vocabulary import RANKED


def comparators(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """What a board will ask for first."""
    drugs = {comparator.id: comparator.drugs for comparator in book.comparators}
    rows = tuple(
        (c.label, c.data, phrases.verified(c.verification), _for_this_patient(c, drugs.get(c.id, ())))
        for c in assessment.comparators
    )
    yield Paragraph(
        "Not ranked here: shown because a board will ask for them. Figures of different trials are not "
        "comparable with one another. None of this patient's safety facts (pregnancy, drugs taken, "
        "operations, organ function) was checked against these choices.",
        "quiet",
    )
    columns = ("Choice", "Data", "Source check", "This patient")
    widths = (2.2, 4.9, 1.75, 1.3)
    yield Table("Choices without everolimus", columns, rows, tagged=(2,), widths=widths).trimmed()


def _for_this_patient(comparator: ComparatorShown, drugs: Collection[str]) -> str:
    """What a finding opened, and which of the drugs the patient has had."""
    said = ["opened by a finding"] if comparator.opened else []
    if comparator.received:
        how = "part received" if len(comparator.received) < len(drugs) else "already received"
        said.append(f"{how}: {', '.join(comparator.received)}")
    return "; ".join(said)


def both(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Both rankings side by side, and why they differ."""
    checked, published = assessment.policy("checked"), assessment.policy("as_published")
    if assessment.first_place_differs:
        yield Paragraph(_head(assessment, checked, published, book), "caution")
    elif checked.ranked():
        yield Paragraph("Both policies put the same option first.")
    else:
        yield Paragraph("No option is ranked under the checked policy.")
    for policy in (checked, published):
        if policy.ranked():
            yield Paragraph(policy.sentence, "quiet")
            yield _table(policy, published if policy is checked else checked)
    yield Paragraph(book.identity.meaning, "quiet")
    yield from _slope(assessment, checked, published)


def _head(assessment: Assessment, checked: PolicyResult, published: PolicyResult, book: Rulebook) -> str:
    """Which options come first, and because of which claims and reasons they are not the same."""
    codes = [code.partition(" ") for code in assessment.differs_because]
    claims = {claim for word, _, said in codes if word == "contradicted" for claim in said.split()}
    others = list(dict.fromkeys(_words(word, book) for word, *_ in codes if word != "contradicted"))
    said = [f"The two policies put different options first: {_first(checked)}; {_first(published)}."]
    if claims:
        said.append(f"Claims that did not stand: {', '.join(sorted(claims))}.")
    if others:
        said.append(f"{'Besides' if claims else 'Because'}: {'; '.join(others)}.")
    return " ".join(said)


def _first(policy: PolicyResult) -> str:
    named = " and ".join(phrases.named(option) for option in policy.ranked() if option.rank == 1)
    return f"{named or 'none'} under the policy {policy.label}"


def line_by_line(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Every line of a score that counts differently, option by option."""
    for difference in assessment.differences:
        yield from _difference(difference, book)


def _table(policy: PolicyResult, other: PolicyResult) -> Table:
    columns = ("Rank", "Option", "Tier", "Status", "Points", "Cautions", "Open facts", f"Rank {other.label}")
    rows = tuple(
        (
            f"{option.rank}{' (tie)' if option.tied else ''}",
            phrases.named(option),
            option.tier,
            phrases.status(option),
            phrases.points(option.points),
            str(len(option.cautions)),
            str(len(option.unverified)),
            _elsewhere(other.of(option.option)),
        )
        for option in policy.ranked()
    )
    caption = f"All ranked options, policy {policy.label}"
    widths = (0.9, 3, 0.6, 1.6, 0.9, 1.1, 0.9, 1.5)
    return Table(
        caption, columns, rows, numeric=(4, 5, 6), tagged=(3,), widths=widths, id=f"ranking_{policy.policy}"
    )


def _elsewhere(option: OptionResult) -> str:
    return str(option.rank) if option.rank else STATUSES[option.status]


def _slope(assessment: Assessment, checked: PolicyResult, published: PolicyResult) -> Iterator[Block]:
    pairs = zip(checked.options, published.options, strict=True)
    lines = [
        TwoRanks(c.label, c.rank, p.rank, STATUSES[c.status], STATUSES[p.status])
        for c, p in pairs
        if c.rank or p.rank
    ]
    if lines:
        yield policy_slope(lines, checked.label, published.label)


def _difference(difference: Difference, book: Rulebook) -> Iterator[Block]:
    if not difference.lines:
        return
    rows = tuple(
        (
            line.label,
            phrases.points(line.points),
            phrases.points(line.default_points),
            _words(line.because, book),
        )
        for line in difference.lines
    )
    gap = difference.points - difference.default_points
    because = [_words(code, book) for code in difference.order_because]
    order = f"; order: {', '.join(because)}" if because else ""
    caption = f"{difference.label}: as published minus checked {phrases.points(gap)}{order}"
    columns = ("Line", "As published", "Checked", "Because")
    yield Table(caption, columns, rows, numeric=(1, 2), widths=(5, 1.2, 1.1, 2))


_BECAUSE = {
    "prognostic_only": "prognostic only",
    "same_topic": "the same fact counts once",
    "not_in_review": "not told by the review",
    "not_in_policy": "not counted by the policy",
    "no_level": "no valid direction",
    "half": "counts half",
    "level": "another level of evidence",
    "tier_first": "the checked policy orders by tier first",
    "demoted": "demoted: outside what the trial covers",
    "floor": "its evidence and cautions do not add up to more than zero",
    "target_absent": "its partner has nothing to act through",
}


def _words(code: str, book: Rulebook) -> str:
    """Why a line or an order differs; claims keep their numbers."""
    word, _, claims = code.partition(" ")
    if word == "contradicted":
        return f"contradicted claim {claims.replace(' ', ', ')}"
    return _BECAUSE.get(code) or book.reason.get(code, code.replace("_", " "))


def not_ranked(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Options without a rank, each with every reason."""
    rows = tuple(
        (phrases.named(option), STATUSES[option.status], "; ".join(map(phrases.reason, option.reasons)))
        for option in assessment.policy("checked").options
        if option.status not in RANKED
    )
    if not rows:
        yield Paragraph("Every option is ranked.")
        return
    columns = ("Option", "Status", "Reason")
    caption = f"Options without a rank, policy checked: {len(rows)}"
    yield Table(caption, columns, rows, tagged=(1,), widths=(3, 1.4, 5))
