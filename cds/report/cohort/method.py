"""How a cohort report was made: refused rows, flags, assumptions, versions and digests."""

from __future__ import annotations

from collections.abc import Iterator

from cds.document.blocks import Block, Facts, Paragraph, Table
from cds.report import phrases
from cds.report.cohort.disclosure import FEW, LIMIT, Counts
from cds.report.cohort.run import CohortRun
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.wording import printed

#: Refused rows that are listed; how many there are is said.
LISTED = 200


def quality(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    """Refused rows and flags; who they are only for a board."""
    refused = int(run.run["refused"])
    reasons = run.summary.get("refused_by_reason", {})
    if counts.shared and refused < LIMIT:
        yield Paragraph(f"Rows refused: {FEW}.")
    elif not refused:
        yield Paragraph("No row was refused.")
    elif reasons:
        cells = tuple((code.replace("_", " "), text) for code, text in counts.kinds(reasons).items())
        yield Table("Refused rows by reason", ("Reason", "Rows"), cells, numeric=(1,))
    flags = run.summary.get("flags", {})
    if flags:
        cells = tuple(
            (flag.replace("_", " ").replace(":", ": "), counts.one(k, len(run))) for flag, k in flags.items()
        )
        yield Table("Flags", ("Flag", "Patients"), cells, numeric=(1,))
    if not counts.shared and run.refused:
        rows = tuple(
            (r["line"], r["id"], r["column"], r["problem"], r["remedy"]) for r in run.refused[:LISTED]
        )
        columns = ("Line", "Id", "Column", "Problem", "Remedy")
        caption = f"Refused rows{_first_of(len(run.refused))}"
        yield Table(caption, columns, rows, numeric=(0,), widths=(0.7, 1.4, 1.6, 3, 3))


def _assumed(assumptions: dict[str, str], book: Rulebook) -> str:
    """What was assumed, in words and with units."""
    return "; ".join(
        f"{book.marker[name].label}: {_worded(text, book.marker[name], book)}"
        for name, text in assumptions.items()
        if name in book.marker
    )


def _worded(text: str, marker: Marker, book: Rulebook) -> str:
    other = text.removeprefix("same as ")
    if other != text:
        return f"same as {book.marker[other].label}" if other in book.marker else text
    unit = f"\u00a0{printed(marker.unit)}" if marker.unit else ""
    return f"{marker.values.get(text, text)}{unit}"


def method(run: CohortRun, book: Rulebook, counts: Counts) -> Iterator[Block]:
    """How it was made, what was assumed, versions and digests."""
    made = run.run
    yield Paragraph(
        "The same evaluator ranks one patient and a cohort. A finding is present where its rule is true, "
        "absent where it is false, and not known where what was entered can't decide it; not known is "
        "never absent."
    )
    if counts.shared:
        yield Paragraph(
            "Cells under 5, nought among them, are hidden, and further cells where the sum would give a "
            "small one away. No patient is listed."
        )
    if made.get("assumptions"):
        said = f"{len(made['assumptions'])} facts were assumed where they were not known."
        yield Paragraph(" ".join([said, made.get("why_assumed") or ""]).strip(), "caution")
        yield Paragraph(f"Assumed: {_assumed(made['assumptions'], book)}.")
    yield Facts(
        (
            ("Software", str(made["software"])),
            ("Rulebook", f"{made['rulebook']} {made['rulebook_version']}"),
            ("Rulebook digest (SHA-256)", str(made["rulebook_digest"])),
            ("Input digest (SHA-256)", str(made["input"]["sha256"])),
            ("Results digest (SHA-256)", run.digest()),
            ("To be reviewed by", phrases.day(made.get("review_by"))),
        )
    )


def _first_of(total: int) -> str:
    return f" (the first {LISTED} of {total:,})" if total > LISTED else f" ({total:,})"
