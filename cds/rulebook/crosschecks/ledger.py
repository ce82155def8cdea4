"""The claims ledger: every claim is used, or says why it is not."""

from __future__ import annotations

from collections.abc import Iterator

from cds.errors import Fault, unknown_name
from cds.rulebook.book import Rulebook
from cds.vocabulary import Unused, Verification

#: Directions that speak for or against an option.
FOR_OR_AGAINST = ("supports", "argues_against", "caution")


def check_citing(book: Rulebook) -> Iterator[Fault]:
    """Rules, lines, inconsistencies and errors cite claims that exist."""
    for rule in book.rules:
        for name in rule.claims:
            yield from unknown_name(book.place("rules", rule.id), "claim", name, book.claim)
    for option in book.options:
        for line in option.lines:
            for name in line.claims:
                yield from unknown_name(book.place("options", option.id), "claim", name, book.claim)
    found = [("inconsistencies", item.id, item.claims) for item in book.inconsistencies]
    found += [("errors", item.id, item.claims) for item in book.errors]
    for part, key, names in found:
        for name in names:
            yield from unknown_name(book.place(part, key), "claim", name, book.claim)


def check_ledger(book: Rulebook) -> Iterator[Fault]:
    """A claim is used by a rule or line that cites it, or says why none does."""
    used = {name for names in book.claims_of.values() for name in names}
    for claim in book.claims:
        place = book.place("claims", claim.id)
        if claim.id in used and claim.unused_because:
            yield Fault(place, f"{claim.id} is cited by a rule or line", "Remove unused_because.")
        if claim.id not in used and not claim.unused_because:
            yield Fault(place, f"no rule or line cites {claim.id}", "Cite it, or say unused_because.")
        if claim.unused_because is Unused.CONTEXT and claim.options and claim.direction in FOR_OR_AGAINST:
            said = f"{claim.id} speaks for or against an option and is no context"
            yield Fault(place, said, "Use it, or give another reason.")
        if (claim.verdict is Verification.UNCHECKED) != (claim.leaning is not None):
            yield Fault(place, f"{claim.id}: leaning goes with unchecked only", "Add or remove leaning.")
        for name in claim.options:
            yield from unknown_name(place, "option", name, ["all", *book.option])
