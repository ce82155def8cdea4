"""The header of a cohort file: every column is declared, stands once, and is spelled as declared."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

from cds.errors import Fault, InputError
from cds.intake.table import MAX_COLUMNS, MAX_FAULTS
from cds.intake.template import ID, columns
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "pipes"}
#: How the first line of a MAF starts.
MAF_STARTS = ("#version", "Hugo_Symbol\t")


@dataclass(frozen=True)
class ColumnOf:
    """A column that fills a marker: where it stands, and the factor to the canonical unit."""

    at: int
    name: str
    marker: Marker
    factor: float


@dataclass(frozen=True)
class Header:
    """The columns of one file."""

    width: int
    id_at: int
    columns: tuple[ColumnOf, ...]


def read_header(names: Sequence[str], book: Rulebook, file: str, ignored: Collection[str] = ()) -> Header:
    """Check a header; InputError lists every fault. `ignored` columns are declared extras."""
    accepted = _accepted(book)
    faults = _shape(names) or chain(_unknown(names, accepted, frozenset(ignored)), _twice(names))
    first = [Fault(f"{file}:1", *fault) for fault in islice(faults, MAX_FAULTS)]
    if first:
        raise InputError("The cohort file's header is refused", first)
    found = tuple(ColumnOf(at, name, *accepted[name]) for at, name in enumerate(names) if name in accepted)
    return Header(len(names), names.index(ID), found)


def _shape(names: Sequence[str]) -> list[tuple[str, str]]:
    if len(names) > MAX_COLUMNS:
        return [(f"has {len(names):,} columns, more than {MAX_COLUMNS:,}", "Keep the template's columns.")]
    first = names[0]
    if first.startswith(MAF_STARTS):
        return [("is a MAF, not a cohort file", "Import it first: `cds import maf FILE --out cohort.csv`.")]
    for sign, word in DELIMITERS.items():
        if len(names) <= 2 and first.count(sign) > 0:
            return [(f"seems to be separated by {word}", "Separate cells by commas.")]
    if first.startswith("sep="):
        return [("is a `sep=` line, not a header", "Remove the line.")]
    if first.startswith("#"):
        return [("is a comment, not a header", "Remove the line.")]
    if ID not in names:
        folded = [fold(name) for name in names]
        if ID in folded:
            return [(f"column {shown(names[folded.index(ID)])} is not spelled as declared", f"Write {ID}.")]
        return [
            (f"has no column `{ID}`: no header, or none of ours", "Start from `cds template cohort.csv`.")
        ]
    return []


@lru_cache(maxsize=16)
def _accepted(book: Rulebook) -> dict[str, tuple[Marker, float]]:
    return columns(book)


def _unknown(
    names: Sequence[str], accepted: Mapping[str, object], ignored: Collection[str]
) -> Iterator[tuple[str, str]]:
    """A fault for each unknown column; each is worked out when it is asked for, since that takes a while."""
    unknown = [name for name in names if name != ID and name not in accepted and name not in ignored]
    by_fold = {fold(name): name for name in accepted} if unknown else {}
    by_marker = {name.partition(" (")[0]: name for name in reversed(list(accepted))}
    for name in unknown:
        close = by_fold.get(fold(name)) or by_marker.get(fold(name).partition("(")[0].strip())
        close = close or next(iter(difflib.get_close_matches(fold(name), list(accepted), n=1)), None)
        remedy = f"Did you mean `{close}`?" if close else "Remove it, or name it with --ignore."
        yield f"unknown column {shown(name)}", remedy


def _twice(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for at, name in enumerate(names, start=1):
        first = seen.setdefault(fold(name), at)
        if first != at:
            yield f"columns {first} and {at} have the same name {shown(name)}", "Keep one of them."


def fold(name: str) -> str:
    """A name without what the eye does not see: case, width, spaces around, zero-width signs."""
    plain = unicodedata.normalize("NFKC", name)
    visible = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Cc"))
    return visible.strip().casefold()


def shown(name: str) -> str:
    """A column's name with invisible signs made visible, and not too long."""
    return ascii(name if len(name) <= 40 else name[:37] + "...")
