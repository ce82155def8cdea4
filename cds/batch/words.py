"""What the ids and flags of a run stand for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from cds.rulebook.book import Rulebook

#: What was noticed about single values, by the first word of a flag.
FLAGS = {
    "fraction": "reads as a fraction of 1, counted as not known",
    "other_unit": "reads as a value in another unit, counted as not known",
    "unusual": "unusual, counted as it is",
    "id_like_number": "id that a spreadsheet may have changed",
}


def words_of(book: Rulebook) -> dict[str, str]:
    """What the ids of a summary stand for: options, markers, claims."""
    options = {option.id: f"{option.label} ({option.id})" for option in book.options}
    markers = {marker.id: marker.label for marker in book.markers}
    return markers | options | {name: claim.says for name, claim in book.claim.items()}


def said_of(flag: str, words: Mapping[str, str]) -> str:
    """A flag in words: the marker, and what was noticed about its value."""
    kind, _, marker = flag.partition(":")
    said = FLAGS.get(kind, kind.replace("_", " "))
    return f"{word_of(marker, words)}: {said}" if marker else said


def word_of(name: str, words: Mapping[str, str]) -> str:
    """What an id stands for, else the id as words."""
    return words.get(name, name.replace("_", " "))
