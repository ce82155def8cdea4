"""The case document: one assessment, told in the order a board reads it."""

from __future__ import annotations

from collections.abc import Iterator

from cds.notice import NO_MODEL, NOT_A_CHANCE
from cds.report.blocks import Block, Document, Facts, Items, Paragraph, Section, Table
from cds.result import Assessment, MarkerValue, OptionResult, PolicyResult, Reason
from cds.rulebook.book import Rulebook
from cds.vocabulary import RANKED, Answer, Kind, Status
from cds.wording import ANSWERS, COUNTED, RECOVERABLE, STATUS, VERIFICATION


def compose(assessment: Assessment, book: Rulebook) -> Document:
    """Compose the case document of an assessment."""
    sections = (
        ("answer", "In one paragraph", _answer(assessment, book)),
        ("safety", "Safety first", _safety(assessment, book)),
        ("ranking", "Ranked options", _ranking(assessment)),
        ("comparators", "Choices without everolimus", _comparators(assessment)),
        ("policies", "Checked against as published", _policies(assessment)),
        ("why", "Why, for each ranked option", _why(assessment, book)),
        ("not-ranked", "Not ranked", _not_ranked(assessment)),
        ("unknown", "What is not known", _unknown(assessment, book)),
        ("markers", "Markers as entered", _markers(assessment, book)),
        ("method", "Method, limits and versions", _method(assessment)),
    )
    return Document(
        title="Everolimus options in osteosarcoma: case for discussion",
        research_only=assessment.research_only,
        subject=f"Case {assessment.patient}",
        made_by=made_by(assessment),
        sections=tuple(Section(name, title, tuple(blocks)) for name, title, blocks in sections),
    )


def made_by(assessment: Assessment) -> str:
    """Which software and rulebook made this, on one line."""
    made = assessment.provenance
    on = f", made on {made.made_on}" if made.made_on else ""
    return f"{made.software}, rulebook {made.rulebook_version} ({made.rulebook_digest[:12]}){on}"


def sentence(assessment: Assessment) -> str:
    """The answer in one sentence."""
    ranked = assessment.policy("checked").ranked()
    first = " and ".join(option.label for option in ranked if option.rank == 1)
    hypotheses = sum(option.status is Status.HYPOTHESIS for option in ranked)
    return ANSWERS[assessment.answer].format(first=first, count=hypotheses)


def _answer(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    can = assessment.answer is Answer.CAN_BE_NAMED
    yield Paragraph(sentence(assessment), "plain" if can else "caution")
    if can:
        yield Items(tuple(_limits(assessment, book)))
    elif assessment.answer_because:
        yield Items(tuple(_reason(reason) for reason in assessment.answer_because), "caution")
    yield Paragraph(assessment.no_predictive_marker, "caution")
    for note in assessment.notes:
        yield Paragraph(f"{note.label}. {note.text}", "monitor")
    for conflict in assessment.conflicts:
        yield Paragraph(f"Contradictory entries: {conflict.label}. {conflict.text}", "caution")
    if assessment.provenance.past_review:
        yield Paragraph(f"This rulebook is past its review date ({assessment.provenance.review_by}).", "stop")
    if assessment.flags:
        yield Items(tuple(assessment.flags), "caution")


def _limits(assessment: Assessment, book: Rulebook) -> Iterator[str]:
    """What the first option can't claim, said beside its name."""
    for option in assessment.policy("checked").ranked():
        if option.rank == 1:
            yield from book.option[option.option].cannot_claim


def _reason(reason: Reason) -> str:
    undo = f" ({RECOVERABLE[reason.recoverable]})" if reason.recoverable else ""
    return f"{reason.label}{undo}"


def _safety(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    found = tuple(_findings(assessment.policy("checked")))
    if found:
        yield Table("Safety rules that are true", ("Level", "Finding", "Applies to", "Verification"), found)
    else:
        yield Paragraph("No exclusion, caution or monitoring rule is true for what was entered.")
    labels = [book.marker[name].label for name in _unverified(assessment)]
    if labels:
        text = f"{len(labels)} facts that could exclude, refuse or demote an option are not known:"
        yield Paragraph(text, "caution")
        yield Items(tuple(labels))
    else:
        yield Paragraph("Every fact that could exclude, refuse or demote an option is known.")


def _unverified(assessment: Assessment) -> tuple[str, ...]:
    ranked = assessment.policy("checked").ranked()
    return tuple(dict.fromkeys(name for option in ranked for name in option.unverified))


def _findings(policy: PolicyResult) -> Iterator[tuple[str, str, str, str]]:
    """One row per true safety rule with the options it concerns."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    levels = (("STOP", "excluded"), ("CAUTION", "cautions"), ("MONITOR", "monitors"))
    for level, kind in levels:
        for option in policy.options:
            for reason in _of(option, kind):
                key = (level, _reason(reason), VERIFICATION[reason.verification or "unchecked"])
                rows.setdefault(key, []).append(option.option)
    everyone = len(policy.options)
    for (level, label, verification), options in rows.items():
        yield level, label, "all" if len(options) >= everyone - 5 else ", ".join(options), verification


def _of(option: OptionResult, kind: str) -> tuple[Reason, ...]:
    if kind == "excluded":
        return option.reasons if option.status is Status.EXCLUDED else ()
    if option.status is Status.NOT_AVAILABLE:
        return ()
    return option.cautions if kind == "cautions" else option.monitors


def _ranking(assessment: Assessment) -> Iterator[Block]:
    checked, published = assessment.policy("checked"), assessment.policy("as_published")
    if not checked.ranked():
        yield Paragraph("No option is ranked under the checked policy.")
    for policy, other in ((checked, published), (published, checked)):
        if policy.ranked():
            yield Paragraph(policy.sentence, "quiet")
            yield _ranking_table(policy, other)
    yield Paragraph(NOT_A_CHANCE, "quiet")


def _ranking_table(policy: PolicyResult, other: PolicyResult) -> Table:
    columns = ("Rank", "Option", "Tier", "Status", "Points", "Cautions", "Not known", f"Rank {other.label}")
    rows = tuple(_ranking_row(option, other.of(option.option)) for option in policy.ranked())
    return Table(f"Ranking, policy {policy.label}", columns, rows, numeric=(4, 5, 6))


def _ranking_row(option: OptionResult, other: OptionResult) -> tuple[str, ...]:
    tie = " (tie)" if option.tied else ""
    elsewhere = str(other.rank) if other.rank else STATUS[other.status]
    return (
        f"{option.rank}{tie}",
        f"{option.label} ({option.option})",
        option.tier,
        STATUS[option.status].upper() if option.status is Status.HYPOTHESIS else STATUS[option.status],
        f"{option.points:+d}",
        str(len(option.cautions)),
        str(len(option.unverified)),
        elsewhere,
    )


def _comparators(assessment: Assessment) -> Iterator[Block]:
    rows = tuple(
        (
            comparator.label,
            comparator.data,
            VERIFICATION[comparator.verification],
            ", ".join(["opened by a finding"] * comparator.opened)
            or (f"already received: {', '.join(comparator.received)}" if comparator.received else ""),
        )
        for comparator in assessment.comparators
    )
    yield Paragraph("Not ranked here: shown because a board will ask for them.", "quiet")
    yield Table("Choices without everolimus", ("Choice", "Data", "Verification", "This patient"), rows)


def _policies(assessment: Assessment) -> Iterator[Block]:
    if assessment.first_place_differs:
        because = ", ".join(assessment.differs_because)
        yield Paragraph(f"The two policies put different options first, because of: {because}.", "caution")
    else:
        yield Paragraph("Both policies put the same option first.")
    for difference in assessment.differences:
        if difference.lines:
            rows = tuple(
                (line.label, f"{line.published:+d}", f"{line.checked:+d}", line.because.replace("_", " "))
                for line in difference.lines
            )
            total = difference.published_points - difference.checked_points
            caption = f"{difference.label}: as published minus checked {total:+d}"
            yield Table(caption, ("Line", "As published", "Checked", "Because"), rows, numeric=(1, 2))


def _why(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    for option in assessment.policy("checked").ranked():
        rows = tuple(
            (
                line.id,
                line.label,
                f"{line.points:+d}" if line.points else "0",
                _counted(line.counted),
                VERIFICATION[line.verification],
            )
            for line in option.contributions
        )
        caption = f"{option.rank}. {option.label}: base {option.base:+d}, score {option.points:+d}"
        yield Table(caption, ("Id", "Line", "Points", "Counted", "Verification"), rows, numeric=(2,))


def _counted(code: str) -> str:
    if code.startswith("same_axis:"):
        return f"not counted: the same fact counts once, by {code.partition(':')[2]}"
    return COUNTED[code]


def _not_ranked(assessment: Assessment) -> Iterator[Block]:
    rows = tuple(
        (f"{option.label} ({option.option})", STATUS[option.status], "; ".join(map(_reason, option.reasons)))
        for option in assessment.policy("checked").options
        if option.status not in RANKED
    )
    yield Table("Options without a rank, policy checked", ("Option", "Status", "Reason"), rows)


def _unknown(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    points: dict[str, list[str]] = {}
    for option in assessment.policy("checked").ranked():
        for rule in option.undetermined:
            if rule.kind in (Kind.SUPPORTS, Kind.OPPOSES, Kind.CAUTIONS) and rule.points:
                names = ", ".join(book.marker[name].label for name in rule.markers)
                points.setdefault(f"{rule.label} (needs: {names})", []).append(
                    f"{option.option} {rule.points:+d}"
                )
    rows = tuple((label, ", ".join(effects)) for label, effects in points.items())
    if rows:
        yield Table("Undecided rules that could move points", ("Rule", "Could add"), rows)
    labels = [book.marker[name].label for name in assessment.not_tested]
    yield Paragraph(f"Not tested or not entered ({len(labels)}): {', '.join(labels)}.")
    yield Paragraph("Not tested is not negative: nothing here was counted as normal.", "quiet")


def _markers(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    for caption, values in (("Entered", assessment.entered), ("Derived", assessment.derived)):
        if values:
            rows = tuple((value.label, value.shown, value.origin, _details(value)) for value in values)
            yield Table(caption, ("Marker", "Value", "Origin", "Details"), rows)
    if assessment.provenance.assumptions:
        pairs = tuple(assessment.provenance.assumptions.items())
        yield Paragraph("Assumed for the whole cohort, not measured in this patient:", "caution")
        yield Facts(pairs)


def _details(value: MarkerValue) -> str:
    return "; ".join(f"{key.replace('_', ' ')}: {said}" for key, said in value.details.items())


def _method(assessment: Assessment) -> Iterator[Block]:
    made = assessment.provenance
    yield Paragraph(
        "Declared rules turn markers into points; unknown markers stay unknown; the level of evidence caps "
        "what a marker can do. No patient of the underlying cohorts is known to have received everolimus."
    )
    yield Paragraph(NO_MODEL if made.model is None else f"Risk model: {made.model} ({made.model_digest}).")
    pairs = (
        ("Software", made.software),
        ("Rulebook", f"{made.rulebook} {made.rulebook_version}"),
        ("Rulebook digest", made.rulebook_digest),
        ("To be reviewed by", made.review_by),
        ("Input digest", made.input_digest),
    )
    yield Facts(pairs)
