"""Values as text: our own grammar for numbers, declared values for categories, drugs by name.

Nothing is guessed: what the grammar does not know is refused with a reason and a remedy.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from functools import lru_cache

from cds.cohort import Drugs, DrugUse, Value
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.vocabulary import OUTCOMES

#: Cells that say "not known"; all else is a value.
MISSING = frozenset({"", "NA", "N/A", "nan", "unknown"})
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class ValueRefused(ValueError):
    """A value that can't be read; `code` is the reason code, `remedy` how it is put right."""

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        """Keep the three parts of the message."""
        super().__init__(problem)
        self.code, self.problem, self.remedy = code, problem, remedy


def read_value(book: Rulebook, marker: Marker, text: str, factor: float = 1.0) -> Value | None:
    """Read one value from text; None if the text says that it is not known.

    `factor` turns the unit the text is in into the canonical one. ValueRefused otherwise.
    """
    if text in MISSING:
        return None
    if marker.type == "number":
        return read_number(marker, text, factor)
    if marker.type == "drugs":
        return read_drugs(book, marker, text)
    if text not in marker.values:
        raise ValueRefused(
            "value_not_allowed", f"{marker.id}: the entry is not a value", _one_of(text, marker.values)
        )
    return text


def read_number(marker: Marker, text: str, factor: float = 1.0) -> float:
    """A number in the canonical unit, inside the marker's hard range."""
    if not NUMBER.fullmatch(text):
        raise ValueRefused("not_a_number", f"{marker.id}: the entry is not a number", _number_remedy(text))
    number = float(text) * factor
    low, high = marker.hard or (float("-inf"), float("inf"))
    if not low <= number <= high:
        raise ValueRefused(
            "outside_range",
            f"{marker.id}: the entry is outside {low:g} to {high:g} {marker.unit}",
            _unit_remedy(marker, float(text), factor),
        )
    return number


def _number_remedy(text: str) -> str:
    if text[:1] in "<>≤≥":
        return "Limits can't be compared; enter the number, or leave the cell empty."
    if "%" in text:
        return "Leave out the percent sign."
    if re.fullmatch(r"[+-]?\d+,\d+", text, re.ASCII):
        return "Write a decimal point, not a comma."
    if re.search(r"\s", text):
        return "Write the number without spaces."
    return "Write digits with a decimal point, e.g. 12.5."


def _unit_remedy(marker: Marker, number: float, factor: float) -> str:
    units = other_units(marker, number, factor)
    return (
        f"Is it in {' or '.join(units)}? Then name that unit." if units else "Check the value and its unit."
    )


def other_units(marker: Marker, number: float, factor: float) -> tuple[str, ...]:
    """Declared units, other than the one with this factor, in which the number would be a usual one."""
    units = {str(marker.unit): 1.0} | {unit.name: unit.factor for unit in marker.other_units}
    return tuple(
        name for name, by in units.items() if by != factor and not is_implausible(marker, number * by)
    )


def looks_like_other_unit(marker: Marker, number: float, factor: float = 1.0) -> bool:
    """A number (canonical, made with this factor) that is odd in its unit and usual in another one."""
    return (
        bool(marker.other_units)
        and is_implausible(marker, number)
        and bool(other_units(marker, number / factor, factor))
    )


def _one_of(text: str, allowed: Collection[str]) -> str:
    """The words that may stand here, the likeliest first."""
    close = _closest(text, tuple(allowed)) if len(text) <= 40 else None
    meant = f"Did you mean {close}? " if close else ""
    return f"{meant}Use one of: {', '.join(allowed)}."


@lru_cache(maxsize=4096)
def _closest(text: str, allowed: tuple[str, ...]) -> str | None:
    """The word that was most likely meant: by letter case and blanks, as its start, or nearly spelled so."""
    plain = re.sub(r"[\s-]+", "_", text.strip().lower())
    starting = [word for word in allowed if plain and word.lower().startswith(plain)]
    close = difflib.get_close_matches(plain, [word.lower() for word in allowed], n=1)
    found = [word for word in allowed if close and word.lower() == close[0]]
    return next(iter(starting if len(starting) == 1 else found), None)


def is_implausible(marker: Marker, number: float) -> bool:
    """Inside the hard range, but outside what is usually seen."""
    return marker.plausible is not None and not marker.plausible[0] <= number <= marker.plausible[1]


def looks_like_fraction(marker: Marker, number: float) -> bool:
    """A percent that reads as a fraction: 0.9 where 90 is meant."""
    return marker.fraction_slip and 0 < number <= 1


def read_drugs(book: Rulebook, marker: Marker, text: str) -> Drugs:
    """Drugs from `sorafenib: progressed; ondansetron`, or the word `none` for an empty list."""
    if text == "none":
        return ()
    return tuple(sorted((_read_use(book, marker, part) for part in text.split(";")), key=str))


def _read_use(book: Rulebook, marker: Marker, text: str) -> DrugUse:
    name, _, outcome = (part.strip() for part in text.partition(":"))
    return drug_use(book, marker, name, outcome or None)


def drug_use(book: Rulebook, marker: Marker, name: str, outcome: str | None) -> DrugUse:
    """A drug by generic name; brands are mapped, names the rulebook lacks are kept as they are."""
    if not name or len(name) > 80 or set(name) & set(";:"):
        raise ValueRefused(
            "drug_name",
            f"{marker.id}: a drug name is empty, too long or holds ; or :",
            "Separate drugs by ';'.",
        )
    if outcome is not None and outcome not in OUTCOMES:
        raise ValueRefused(
            "drug_outcome", f"{marker.id}: the entry is not an outcome", _one_of(outcome, OUTCOMES)
        )
    known = book.drug.get(name) or book.drug.get(name.lower())
    return DrugUse(known.name if known else name.lower(), outcome)


def unlisted_drugs(book: Rulebook, uses: Drugs) -> str | None:
    """What has to be said of drugs that the rulebook lacks; None where it holds them all."""
    names = [_as_meant(book, use.drug) for use in uses if use.drug not in book.drug]
    if not names:
        return None
    verb, whose = ("is", "its") if len(names) == 1 else ("are", "their")
    return (
        f"{', '.join(names)} {verb} not in this rulebook: {whose} interactions are not known, "
        "which is not the same as none"
    )


def _as_meant(book: Rulebook, name: str) -> str:
    close = likely_drug(book, name)
    return f"{name} (was {close} meant?)" if close else name


def likely_drug(book: Rulebook, name: str) -> str | None:
    """The declared drug that a name the rulebook lacks is nearly spelled like; None if it is declared."""
    if name in book.drug:
        return None
    return next(iter(difflib.get_close_matches(name, list(book.drug), n=1, cutoff=0.8)), None)
