"""The risk model's section: what it says and can't say, and the order with and without it."""

from __future__ import annotations

from collections.abc import Iterator

from cds.document.blocks import Block, Facts, Items, Paragraph, Table
from cds.document.figures.shares import percent_waterfall
from cds.notice import NO_MODEL
from cds.result import Assessment, ModelSection, OptionResult, PolicyResult
from cds.risk.section import NOT_COUNTED, Estimate
from cds.rulebook.book import Rulebook

CONTEXT = "Context beside the ranking: it gives no points and changes no place, status or tier."
INSIDE = (
    "Points of this model move options only within one tier and by 10 at most. They change no status. "
    "The ranking of this report is the order without it."
)
NO_SHARES = (
    "Shares by marker are not computed in a cohort run. `cds rank PATIENT --model ID` gives them for one "
    "patient, `cds model apply ID COHORT --explain` for many."
)


def model(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The model's section, or that there is none."""
    said = assessment.model
    if said is None:
        yield Paragraph(f"{NO_MODEL} Nothing in this report is a prediction for this patient.")
        return
    if said.simulated:
        yield Paragraph(
            "SIMULATED: trained on invented patients. Nothing here is about a real treatment.", "stop"
        )
    yield Paragraph(CONTEXT if said.estimand == "prognostic" else INSIDE, "caution")
    yield Items(said.cannot_say, "caution")
    if said.abstains:
        yield Paragraph("The model does not speak of this patient:", "caution")
        yield Items(tuple(reason.label for reason in said.abstains), "caution")
    for estimate in said.estimates if said.estimand == "prognostic" else ():
        yield from _figure(said, estimate)
    if said.estimand == "per_option":
        yield from _by_option(assessment, said, book)
    pairs = (
        ("Model", f"{said.id} {said.version}"),
        ("Digest (SHA-256)", said.digest),
        ("What it is", said.title),
        ("Validity", said.validity),
    )
    yield Facts(pairs)


def _figure(said: ModelSection, estimate: Estimate) -> Iterator[Block]:
    yield Paragraph(f"{_number(estimate)}: {said.says}.")
    if estimate.base is None:
        yield Paragraph(NO_SHARES, "quiet")
    else:
        yield percent_waterfall(estimate, estimate.base, said.id, said.says)


def _number(estimate: Estimate) -> str:
    limits = (
        f" (95 % interval {estimate.low:.0f} to {estimate.high:.0f})"
        if estimate.low is not None and estimate.high is not None
        else " (no interval is known)"
    )
    near = ", next to the end of the scale" if estimate.flags else ""
    return f"{estimate.percent:.0f} of 100 such patients{limits}{near}"


def _by_option(assessment: Assessment, said: ModelSection, book: Rulebook) -> Iterator[Block]:
    if said.estimates:
        yield Paragraph(f"Each figure, of 100 such patients: {said.says}.", "quiet")
        markers = {share.marker: share.label for share in said.estimates[0].shares}
        yield _shares(said, markers, book)
        if said.estimates[0].base is None:
            yield Paragraph(NO_SHARES, "quiet")
    for policy in said.policies:
        without = assessment.policy(policy.policy)
        reasons = said.not_counted.get(policy.policy, {})
        if without.ranked() and all(option.option in reasons for option in without.ranked()):
            why = "; ".join(dict.fromkeys(NOT_COUNTED[code] for code in reasons.values()))
            yield Paragraph(
                f"Policy {policy.label}: with the model the order is the same as without it: {why}."
            )
        elif without.ranked():
            yield _orders(said, without, policy)
    for option in said.policies[0].ranked() if said.policies else ():
        lines = tuple(line for line in option.contributions if line.source in ("model", "bound"))
        if lines:
            rows = tuple((line.label, f"{line.points:+d}", _counted(line.counted)) for line in lines)
            yield Table(
                f"{option.label}: lines of the model", ("Line", "Points", "Counted"), rows, numeric=(1,)
            )


def _shares(said: ModelSection, markers: dict[str, str], book: Rulebook) -> Table:
    columns = ("", *(f"{book.option[str(e.option)].short} ({e.option})" for e in said.estimates))
    parts = [{share.marker: share.percent for share in each.shares} for each in said.estimates]
    limits = [f"{e.low:.0f} to {e.high:.0f}" if e.low is not None else "" for e in said.estimates]
    bases = [f"{e.base:.1f}" for e in said.estimates if e.base is not None]
    rows = [
        ("figure, of 100", *(f"{e.percent:.1f}" for e in said.estimates)),
        ("95 % interval", *limits),
        *([("mean of the invented patients", *bases)] if bases else []),
        *((label, *(f"{part[marker]:+.1f}" for part in parts)) for marker, label in markers.items()),
    ]
    numeric = tuple(range(1, len(columns)))
    return Table(f"What {said.id} says of each option", columns, tuple(rows), numeric=numeric)


def _orders(said: ModelSection, without: PolicyResult, with_: PolicyResult) -> Table:
    reasons = said.not_counted.get(with_.policy, {})
    rows = tuple(_order(option, with_.of(option.option), reasons) for option in without.ranked())
    columns = ("Option", "Tier", "Rank without", "Rank with", "Points without", "Points with", "Note")
    return Table(
        f"Order without and with {said.id}, policy {with_.label}", columns, rows, numeric=(2, 3, 4, 5)
    )


def _order(option: OptionResult, other: OptionResult, reasons: dict[str, str]) -> tuple[str, ...]:
    note = NOT_COUNTED[reasons[option.option]] if option.option in reasons else ""
    points = (f"{option.points:+d}", f"{other.points:+d}")
    return (
        f"{option.label} ({option.option})",
        option.tier,
        str(option.rank),
        str(other.rank),
        *points,
        note,
    )


def _counted(code: str) -> str:
    return "counted" if code == "yes" else f"not counted: {NOT_COUNTED[code]}"
