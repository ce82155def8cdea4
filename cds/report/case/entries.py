"""What was entered, what is not known, and the places for what the board decides."""

from __future__ import annotations

from collections.abc import Iterator

from cds.document.blocks import Block, Entry, Facts, Form, Items, Paragraph, Table
from cds.report import phrases
from cds.result import Assessment, MarkerValue
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.vocabulary import SCORING
from cds.wording import printed

_DETAILS = ("timing", "stated_by", "flag")


def unknown(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Rules that could still move points."""
    points: dict[str, list[str]] = {}
    for option in assessment.policy("checked").ranked():
        for rule in option.undetermined:
            if rule.kind in SCORING and rule.points:
                names = ", ".join(book.marker[name].label for name in rule.markers)
                said = f"{option.option} {rule.points:+d}"
                points.setdefault(f"{rule.label} (needs: {names})", []).append(said)
    rows = tuple((label, ", ".join(effects)) for label, effects in points.items())
    if rows:
        yield Table("Undecided rules that could move points", ("Rule", "Could add"), rows, widths=(3, 2))
    else:
        yield Paragraph("No undecided rule could move points of a ranked option.")
    yield Paragraph("Not tested is not negative: nothing here was counted as normal.", "quiet")


def markers(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Every value as it was understood, and by name what was not tested."""
    columns = ("Marker", "Value", "Assay", "Specimen", "Date", "Other details")
    place = {marker.id: at for at, marker in enumerate(_by_group(book))}
    for caption, values in (("Entered", assessment.entered), ("Derived", assessment.derived)):
        ordered = sorted(values, key=lambda value: place.get(value.marker, len(place)))
        rows = tuple((value.label, _value(value), *_details(value)) for value in ordered)
        if rows and caption == "Entered":
            widths = (2.4, 2.4, 1.3, 1.3, 1.2, 1.6)
            yield Table("Markers as entered", columns, rows, widths=widths).trimmed()
        elif rows:
            pairs = tuple(row[:2] for row in rows)
            yield Table("Derived from what was entered", ("Marker", "Value"), pairs)
    if not assessment.entered:
        yield Paragraph("Nothing was entered.", "caution")
    if assessment.provenance.assumptions:
        yield Paragraph("Assumed for the whole cohort, not measured in this patient:", "caution")
        yield Facts(tuple(assessment.provenance.assumptions.items()))
    yield from _remarks(assessment, book)
    yield from _not_tested(assessment, book)


def _by_group(book: Rulebook) -> Iterator[Marker]:
    """The markers in the order of a form: group by group."""
    for group in book.groups:
        yield from (marker for marker in book.markers if marker.group == group.id)


def _remarks(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Conflicts, notes that change no place, and what looked odd in the data."""
    said = [f"Contradictory entries: {c.label}. {c.text}" for c in assessment.conflicts]
    said += [f"{note.label}. {note.text}" for note in (*assessment.notes, *assessment.information)]
    said += [f"Data quality: {phrases.flag(flag, book)}" for flag in assessment.flags]
    if said:
        yield Paragraph("Remarks, none of which changes a place in the ranking:")
        yield Items(tuple(said))


def _value(value: MarkerValue) -> str:
    """A value in words; one that was converted is rounded, with the unit it was entered in."""
    given = value.details.get("unit") or value.unit or ""
    if given != (value.unit or ""):
        return f"{value.shown}, entered in {printed(given)}"
    return f"{value.shown} (assumed)" if value.origin == "assumed" else value.shown


def _details(value: MarkerValue) -> tuple[str, ...]:
    said = dict(value.details)
    date = phrases.day(said.pop("date")) if "date" in said else ""
    first = (said.pop("assay", ""), said.pop("specimen", ""), date)
    rest = "; ".join(f"{key.replace('_', ' ')}: {said[key]}" for key in _DETAILS if key in said)
    return (*first, rest)


def _not_tested(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    missing = set(assessment.not_tested)
    pairs = []
    for group in book.groups:
        markers = [marker for marker in book.markers if marker.group == group.id]
        labels = [marker.label for marker in markers if marker.id in missing]
        if labels:
            pairs.append((f"{group.label} ({len(labels)} of {len(markers)})", "; ".join(labels)))
    if pairs:
        yield Paragraph(f"Not tested or not entered: {len(missing)} of {len(book.markers)} markers.")
        yield Facts(tuple(pairs))


DECISION = (
    Entry("The board's own leading option, written down before the ranking was read", lines=2),
    Entry(
        "Decision",
        (
            "☐ option of this ranking",
            "☐ other treatment",
            "☐ trial",
            "☐ supportive care only",
            "☐ deferred for a test",
            "☐ no decision",
        ),
        lines=1,
    ),
    Entry("Agrees with rank 1", ("☐ yes", "☐ no", "☐ not applicable"), lines=0),
    Entry("Reason, wanted whether the board agrees or not", lines=3),
    Entry("Statements on the cautions", lines=2),
    Entry("Persons, by role", lines=2),
    Entry("Date", lines=1),
    Entry("Follow-up: what was done, response, side effects, author and date", lines=3),
)


def decision(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """Places to write in: what people decide is theirs."""
    yield Paragraph("To be filled in by the board. The software decides nothing.")
    yield Form(DECISION)
