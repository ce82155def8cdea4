"""The counts of a cohort run as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds.report.blocks import Block, Facts, Items, Paragraph, Table

MOST = 15


def blocks(counts: Mapping[str, Any]) -> Iterator[Block]:
    """What `summary.json` holds, told in the order of a board's questions."""
    yield Facts(tuple((word.capitalize(), f"{counts[word]:,}") for word in ("read", "scored", "refused")))
    if counts.get("past_review"):
        yield Paragraph(f"The rulebook is past its review date ({counts['review_by']}).", "caution")
    if counts.get("assumptions"):
        said = "; ".join(f"{name} = {value}" for name, value in counts["assumptions"].items())
        yield Paragraph(f"Assumed for the whole cohort ({counts['why_assumed']}): {said}", "caution")
    if not counts["scored"]:
        return
    yield _table("Answers", "Answer", counts["answers"], counts["scored"])
    yield _firsts(counts)
    differ = counts["policies_differ"]
    if differ:
        yield Paragraph(f"The first place differs between the policies in {differ['patients']:,} patients.")
        if differ["because_of_claims"]:
            claims = differ["because_of_claims"]
            yield _table("Claims that did not stand, in patients where that differs", "Claim", claims, 0)
    yield _table(
        "Unknown markers that leave rules undetermined", "Marker", counts["undetermined"], counts["scored"]
    )
    for caption, key in (
        ("Refused rows by reason", "refused_by_reason"),
        ("Flags", "flags"),
        ("Conflicts", "conflicts"),
    ):
        if counts[key]:
            yield _table(caption, "Reason" if key == "refused_by_reason" else "Marker", counts[key], 0)
    if counts.get("model"):
        yield from _risk(counts["model"], counts["risk"], counts["scored"])


def _risk(model: Mapping[str, Any], risk: Mapping[str, Any], whole: int) -> Iterator[Block]:
    """Of whom the run's risk model spoke; the ranking is the order without it."""
    if model["simulated"]:
        yield Paragraph("SIMULATED: the model was trained on invented patients.", "stop")
    yield Paragraph(
        f"Risk model {model['id']} {model['version']} ({model['title']}): a figure for "
        f"{risk['with_a_figure']:,} of {whole:,} patients, beside the ranking. {model['validity']}."
    )
    yield Items(tuple(model["cannot_say"]), "caution")
    if risk["abstains"]:
        yield _table("Why the model does not speak", "Reason", risk["abstains"], whole)
    for policy, count in risk.get("order_changes", {}).items():
        name = policy.replace("_", " ")
        yield Paragraph(f"Policy {name}: with the model's points {count:,} of {whole:,} orders differ.")


def _table(caption: str, what: str, found: Mapping[str, int], whole: int) -> Table:
    """Names and counts, the largest first; with the share of a whole if there is one."""
    shown = list(found.items())[:MOST]
    more = f" (the first {MOST} of {len(found)})" if len(found) > MOST else ""
    columns = (what, "Patients", "Share") if whole else (what, "Patients")
    rows = tuple(
        (name, f"{count:,}", f"{100 * count / whole:.1f} %") if whole else (name, f"{count:,}")
        for name, count in shown
    )
    return Table(caption + more, columns, rows, numeric=tuple(range(1, len(columns))))


def _firsts(counts: Mapping[str, Any]) -> Table:
    """How often each option has the first place, under each policy."""
    policies = list(counts["first"])
    options = sorted({option for found in counts["first"].values() for option in found})
    rows = [
        (option, *(f"{counts['first'][policy].get(option, 0):,}" for policy in policies))
        for option in options
    ]
    tied = ("tied with another", *(f"{counts['tied_first'].get(policy, 0):,}" for policy in policies))
    names = tuple(policy.replace("_", " ") for policy in policies)
    numeric = tuple(range(1, len(policies) + 1))
    return Table("First place", ("Option", *names), (*rows, tied), numeric=numeric)
