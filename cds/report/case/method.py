"""Method, limits, versions, digests, and the command that makes the answer again."""

from __future__ import annotations

from collections.abc import Iterator

from cds.document.blocks import Block, Facts, Items, Paragraph
from cds.report import phrases
from cds.result import Assessment
from cds.rulebook.book import Rulebook

LIMITS = (
    "No marker here is known to foretell benefit from everolimus in osteosarcoma.",
    "Points order published evidence. They are no probability, and their differences have no unit.",
    "Options below the first differ by single mouse experiments; their order is weak.",
    "What was not entered stays unknown. It is neither counted as normal nor as absent.",
    "Drug interactions and labels are read from tables of a given date; an absent drug is unknown.",
    "No clinician has signed these rules. Each says what was read for it and what was not.",
)


def method(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """How the ranking is made, and everything needed to make it again."""
    yield Paragraph(
        "Declared rules turn markers into points; unknown markers stay unknown; the level of evidence caps "
        "what a marker can do. Status comes first, then tier, then points. Equal is shown as equal. No "
        "patient of the underlying cohorts is known to have received everolimus."
    )
    yield Items(LIMITS)
    made = assessment.provenance
    yield Facts(
        (
            ("Software", made.software),
            ("Schema of the data", assessment.schema_version),
            ("Rulebook", f"{made.rulebook} {made.rulebook_version}"),
            ("Rulebook digest (SHA-256)", made.rulebook_digest),
            ("To be reviewed by", phrases.day(made.review_by)),
            ("Input digest (SHA-256)", made.input_digest),
            ("Made on", phrases.day(made.made_on) if made.made_on else "no date was given"),
            ("Scope", book.identity.scope),
        )
    )
    yield Paragraph(
        "The data behind this report stand inside its HTML, PDF and JSON files: they hold patient data. "
        "`cds report verify FILE` reads them, ranks again and says whether the same comes out."
    )
