"""Every citation names a source that is declared."""

from __future__ import annotations

from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.base import Citation, Record
from cds.rulebook.book import PARTS, Rulebook
from cds.rulebook.evidence import Claim
from cds.rulebook.markers import Code


def check_citations(book: Rulebook) -> Iterator[Fault]:
    """Every cited source stands in sources.yaml."""
    for place, citation in all_citations(book):
        yield from unknown_name(place, "source", citation, book.source)


def all_citations(book: Rulebook) -> Iterator[tuple[str, str]]:
    """Every citation of a source: where it stands, and the source it names."""
    for part in PARTS:
        entries = getattr(book, part.name)
        for entry in entries if isinstance(entries, tuple) else [entries]:
            place = book.place(part.name, str(getattr(entry, part.key or "id", part.name)))
            yield from ((place, source) for source in sources_in(entry))


def sources_in(part: object) -> Iterator[str]:
    """The sources that a record and the records in it cite."""
    if isinstance(part, (Citation, Code)):
        yield part.source
    elif isinstance(part, Claim):
        yield from part.checked_against
    elif isinstance(part, Record):
        for name in type(part).model_fields:
            yield from sources_in(getattr(part, name))
    elif isinstance(part, (tuple, list)):
        for item in part:
            yield from sources_in(item)
    elif isinstance(part, dict):
        yield from sources_in(list(part.values()))
