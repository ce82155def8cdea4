"""Why, for each ranked option: every line of its score, what it cannot claim, and what is open."""

from __future__ import annotations

from collections.abc import Iterator

from cds.document.blocks import Block, Figure, Heading, Items, Paragraph
from cds.document.figures.pathway import drawn, pathway
from cds.document.figures.waterfall import Step, waterfall
from cds.report import phrases
from cds.result import Assessment, OptionResult
from cds.rulebook.book import Rulebook
from cds.rulebook.options import Option
from cds.vocabulary import SCORING


def why(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """One part for each option that the checked policy ranks."""
    ranked = assessment.policy("checked").ranked()
    if not ranked:
        yield Paragraph("No option is ranked under the checked policy, so there is no order to explain.")
    for option in ranked:
        yield Heading(f"{option.rank}{' (tie)' if option.tied else ''}. {phrases.named(option)}")
        yield Paragraph(phrases.tier(option, book))
        yield score_waterfall(option)
        yield from limits(book.option[option.option])
        yield from _open(option, book)


def score_waterfall(option: OptionResult) -> Figure:
    """Every line of an option's score as a picture with its numbers."""
    steps = [
        Step(
            line.id,
            line.label,
            line.points,
            phrases.counted(line.counted),
            phrases.verified(line.verification),
        )
        for line in option.contributions
    ]
    return waterfall(f"waterfall-{option.option}", option.label, option.tier, option.base, steps)


def limits(option: Option) -> Iterator[Block]:
    """What a regimen cannot claim, and the dose that was published, if any."""
    if option.cannot_claim:
        yield Paragraph("What it cannot claim:")
        yield Items(option.cannot_claim)
    dose = option.dose
    said = (
        f"Dose as published, no dose derived: {dose.text}" if dose else f"No dose: {option.no_dose_because}"
    )
    yield Paragraph(said, "quiet")


def _open(option: OptionResult, book: Rulebook) -> Iterator[Block]:
    """What is not known and would matter: what could move points, and what could remove the option."""
    scoring = [rule for rule in option.undetermined if rule.kind in SCORING and rule.points]
    names = dict.fromkeys(name for rule in scoring for name in rule.markers)
    if names:
        labels = "; ".join(book.marker[name].label for name in names)
        yield Paragraph(f"Not known, and could move its points: {labels}.")
    if option.unverified:
        labels = "; ".join(book.marker[name].label for name in option.unverified)
        yield Paragraph(f"Not known, and could exclude, refuse or demote it: {labels}.", "caution")


def picture(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The pathway with this patient's findings, and where the ranked options act."""
    if book.pathway is None:
        return
    known = {
        value.marker: (value.value, f"{value.label}: {value.shown}")
        for value in (*assessment.entered, *assessment.derived)
    }
    ranked = {option.option for option in assessment.policy("checked").ranked()}
    drugs: dict[str, list[str]] = {}
    for action in book.pathway.actions:
        if ranked & set(book.resolve(action.options)):
            drugs.setdefault(action.node, []).append(action.drug)
    yield pathway(book.pathway, drawn(book.pathway, known, drugs))
    yield Paragraph(book.pathway.note, "quiet")
