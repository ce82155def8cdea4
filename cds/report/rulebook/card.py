"""The model card of the ranking: what it is for, how it works, what it rests on, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cds import __version__
from cds.document.blocks import Block, Facts, Items, Section, Table
from cds.report import phrases
from cds.report.rulebook.tables import claim_counts
from cds.rulebook.book import Rulebook
from cds.vocabulary import Kind

NOT_FOR = (
    "Treatment decisions, outside a tumour board or without one.",
    "Tumours other than high-grade osteosarcoma; first-line treatment; disease that can be removed.",
    "A chance of benefit, a dose, or the order of anything but everolimus options.",
)
HOW = (
    "Markers are entered as they were reported. What is not entered stays unknown; it never counts "
    "as normal.",
    "Facts that follow from others are derived by declared rules: PTEN and RB1 from DNA and stain, "
    "Child-Pugh from its "
    "parts, interactions from the drug list.",
    "Every rule is true, false or unknown for this patient.",
    "Gates ask whether the question fits at all; if not, no option is named and the reason stands first.",
    "Exclusions, cautions and targets decide the status of each option.",
    "Evidence lines and rules give whole points by their level, in full or in half; one fact counts once.",
    "The order is status, then tier of evidence, then points. Equal means equal and is shown as a tie.",
    "Two policies are computed: checked (what our check left standing) and as published (the review "
    "at its word).",
    "Other weights within the declared order are tried, and every test that was not done: how stable "
    "the order is.",
    "Every line names its rule, source and verification. The sum of the lines is the score.",
)
MISSING = (
    "Patients under 18 have one entry only, resting on small series whose sources were not identified.",
    "Low-grade and parosteal tumours, and secondary ones, are outside what the trial covers.",
    "No patient of the underlying cohorts is known to have received everolimus; no outcome was used.",
    "No clinician has reviewed the rules, their points or their wording.",
    "No trial compares everolimus options with one another or with what else a board may choose.",
)


def model_card(book: Rulebook) -> Iterator[Section]:
    """The card, section by section."""
    yield Section(
        "use",
        "What it is for",
        (Facts((("Scope", book.identity.scope), ("Meaning", book.identity.meaning))),),
    )
    yield Section("not-for", "What it is not for", (Items(NOT_FOR),))
    yield Section("how", "How the ranking works", (Items(HOW),))
    yield Section("rests", "What it rests on", tuple(_rests(book)))
    yield Section("missing", "Who and what is missing", (Items(MISSING),))
    yield Section("policies", "The two policies", tuple(_policies(book)))
    yield Section("versions", "Versions", (_versions(book),))


def _rests(book: Rulebook) -> Iterator[Block]:
    kinds = Counter(rule.kind for rule in book.rule.values())
    reviewed = sum(rule.reviewed is not None for rule in book.rule.values())
    yield Facts(
        (
            ("Markers", str(len(book.markers))),
            ("Options", f"{len(book.options)}, beside {len(book.comparators)} choices without everolimus"),
            ("Rules", f"{len(book.rule)}, of which {reviewed} were reviewed by a clinician"),
            ("Of these", ", ".join(f"{kinds[kind]} {kind.value}" for kind in Kind if kinds[kind])),
            ("Sources", str(len(book.sources))),
            ("Claims of the review", claim_counts(book)),
            (
                "Known errors of the review",
                f"{len(book.errors)}, and {len(book.inconsistencies)} contradictions in it",
            ),
            ("Markers that foretell benefit", book.identity.predictive_markers),
        )
    )


def _policies(book: Rulebook) -> Iterator[Block]:
    yield Facts(tuple((policy.label, policy.sentence) for policy in book.policies))
    rows = tuple(
        (
            level.label,
            level.means,
            *(str(policy.weights.get(level.id, "not used")) for policy in book.policies),
        )
        for level in book.levels
    )
    columns = ("Level", "What it means", *(policy.label for policy in book.policies))
    caption = "Weights: points for half a line; a line in full counts twice"
    yield Table(caption, columns, rows, (2, 3), widths=(2.4, 4, 1, 1.4))


def _versions(book: Rulebook) -> Facts:
    return Facts(
        (
            ("Software", f"evr-cds {__version__}"),
            ("Rulebook", f"{book.identity.id} {book.identity.version}"),
            ("Rulebook digest (SHA-256)", book.digest),
            ("Released", phrases.day(book.identity.released)),
            ("To be reviewed by", phrases.day(book.identity.review_by)),
            ("Licence", "Apache-2.0"),
            ("Mistakes", "SECURITY.md and CONTRIBUTING.md of the project say where they are told"),
        )
    )
