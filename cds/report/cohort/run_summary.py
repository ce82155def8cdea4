"""The counts of a cohort run as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds.batch.words import said_of, word_of
from cds.document.blocks import Block, Facts, Items, Paragraph, Table
from cds.rulebook.policies import Answer

MOST = 15


def blocks(
    counts: Mapping[str, Any], words: Mapping[str, str], answers: Mapping[str, Answer]
) -> Iterator[Block]:
    """What `summary.json` holds, told in the order of a board's questions; `words` explain its ids."""
    scored, differ = counts["scored"], counts["policies_differ"] if counts["scored"] else {}
    yield Facts(tuple((word.capitalize(), f"{counts[word]:,}") for word in ("read", "scored", "refused")))
    if counts.get("past_review"):
        yield Paragraph(f"The rulebook is past its review date ({counts['review_by']}).", "caution")
    if counts.get("assumptions"):
        yield Paragraph(
            f"{len(counts['assumptions'])} facts are assumed for the whole cohort, listed at the end.",
            "caution",
        )
    if scored:
        yield _answers(counts["answers"], answers, scored)
        yield Paragraph("The first of each order, whether or not the answer names it.")
        yield _firsts(counts, words)
    if differ:
        yield Paragraph(
            f"The first place differs between the policies in {differ['patients']:,} of {scored:,}."
        )
        yield from _claims(differ["because_of_claims"], words)
    if scored:
        caption = "Not known, and leaves rules undecided"
        yield _table(caption, "Marker", _worded(counts["undetermined"], words), scored)
    yield from _doubts(counts, words)
    if counts.get("model"):
        yield from _risk(counts["model"], counts["risk"], scored)
    if counts.get("assumptions"):
        yield Paragraph(f"Assumed, not measured. {counts['why_assumed']}", "caution")
        yield Items(tuple(f"{word_of(k, words)}: {v}" for k, v in counts["assumptions"].items()), "caution")


def _worded(found: Mapping[str, int], words: Mapping[str, str]) -> dict[str, int]:
    """Counts by what their ids stand for; the id beside a word that is not unique."""
    told: dict[str, int] = {}
    for name, count in found.items():
        word = word_of(name, words)
        told[word if word not in told else f"{word} ({name})"] = count
    return told


def _answers(found: Mapping[str, int], answers: Mapping[str, Answer], whole: int) -> Table:
    """How often each answer was given, and what it says."""
    rows = tuple(
        (
            code.replace("_", " "),
            _says(answers[code]) if code in answers else "",
            f"{count:,}",
            f"{100 * count / whole:.1f} %",
        )
        for code, count in found.items()
    )
    return Table("Answers", ("Answer", "It says", "Patients", "Share"), rows, numeric=(2, 3))


def _says(answer: Answer) -> str:
    """The first sentence of an answer, of no patient in particular."""
    return answer.sentence.format(first="An option", count="some").partition(". ")[0].rstrip(".")


def _claims(found: Mapping[str, int], words: Mapping[str, str]) -> Iterator[Table]:
    """Claims that count under one policy only, where that concerns a first place."""
    rows = tuple((name, words.get(name, ""), f"{count:,}") for name, count in found.items())
    if rows:
        caption = "Claims found wrong that bear on it; a patient can count for several"
        yield Table(caption, ("Claim", "What the review says", "Patients"), rows, numeric=(2,))


def _doubts(counts: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[Block]:
    """Refused rows, odd values, facts that contradict each other."""
    if counts["refused_by_reason"]:
        reasons = _worded(counts["refused_by_reason"], {})
        yield Paragraph("Why rows were refused; a row can have several reasons. Each stands in refused.csv.")
        yield _table("Refused rows", "Reason", reasons, 0)
    if counts["flags"]:
        told = {said_of(flag, words): count for flag, count in counts["flags"].items()}
        yield _table("Remarks on values", "Remark", told, 0)
    contradicting = {name: count for name, count in counts.get("conflicts", {}).items() if count}
    if contradicting:
        yield _table("Tests that contradict each other", "Marker", _worded(contradicting, words), 0)


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


def _firsts(counts: Mapping[str, Any], words: Mapping[str, str]) -> Table:
    """How often each option has the first place, under each policy."""
    policies = list(counts["first"])
    options = sorted({option for found in counts["first"].values() for option in found})
    rows = [
        (word_of(option, words), *(f"{counts['first'][policy].get(option, 0):,}" for policy in policies))
        for option in options
    ]
    tied = ("several options share it", *(f"{counts['tied_first'].get(policy, 0):,}" for policy in policies))
    names = tuple(policy.replace("_", " ") for policy in policies)
    numeric = tuple(range(1, len(policies) + 1))
    return Table("First place, by policy", ("Option", *names), (*rows, tied), numeric=numeric)
