"""Two saved versions beside each other: what was entered, answered and decided, where it differs."""

from __future__ import annotations

from collections.abc import Iterator

from cds.document.blocks import Table
from cds.intake.draft import read_draft
from cds.rulebook.book import Rulebook
from cds.store.cases import Version

NOT_KNOWN = "not known"


def compared(left: Version, right: Version, book: Rulebook) -> Table:
    """Every line in which two saved versions differ."""
    rows = tuple(row for row in _rows(left, right, book) if row[1] != row[2])
    columns = ("Item", left.content.label, right.content.label)
    what = f"{len(rows)} lines" if len(rows) != 1 else "1 line"
    return Table(f"{what} in which the two differ", columns, rows)


def _rows(left: Version, right: Version, book: Rulebook) -> Iterator[tuple[str, str, str]]:
    for label, told in (("Answer then", _answer), ("First then", _first)):
        yield label, told(left), told(right)
    yield "Decision", left.content.decided(), right.content.decided()
    here, there = _understood(left, book), _understood(right, book)
    for name in dict.fromkeys([*here, *there]):
        label = book.marker[name].label if name in book.marker else name
        yield label, here.get(name, NOT_KNOWN), there.get(name, NOT_KNOWN)


def _understood(version: Version, book: Rulebook) -> dict[str, str]:
    """Marker -> value as the present rulebook understands it."""
    reading = read_draft(version.content.draft(), book)
    unread = dict.fromkeys(version.content.markers, "can't be read by this rulebook")
    return {**unread, **{line.marker: line.understood for line in reading.back}}


def _answer(version: Version) -> str:
    ranking = version.content.ranking
    return ranking.answer.replace("_", " ") if ranking else "not ranked"


def _first(version: Version) -> str:
    ranking = version.content.ranking
    return " = ".join(place.label for place in ranking.first()) if ranking else ""
