"""Which test or change would alter the order.

Each section is there only if the assessment holds it. Every figure is about this rulebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.document.blocks import Block, Items, Paragraph, Table
from cds.result import Assessment
from cds.rulebook.book import Rulebook
from cds.stability import Change, EffectOfTest, Flips, NextTest, OutcomeOfTest

INDEPENDENT = (
    "No counted patient shows what was tested here: the genes are taken as independent, each with its own "
    "counts."
)


def next_test(assessment: Assessment, book: Rulebook, drawn: Iterable[Block] = ()) -> Iterator[Block]:
    """The check-list of missing safety facts, then the tests of tumour markers; `drawn` stands between."""
    if assessment.robustness is not None:
        yield from tests(assessment.robustness.next_test, book, drawn)


def tests(found: NextTest, book: Rulebook, drawn: Iterable[Block] = ()) -> Iterator[Block]:
    """The answer in words first, then the check-list, then what each test could change."""
    yield Paragraph(found.sentence, "plain" if found.no_test_changes_first else "monitor")
    if found.checklist:
        n = len(found.checklist)
        known = "1 fact of the patient is" if n == 1 else f"{n} facts of the patient are"
        yield Paragraph(f"Before any test of the tumour: {known} not known.", "caution")
        yield Items(tuple(_by_group(found.checklist, book)))
    yield from drawn
    changing = [test for test in found.tests if test.can_change_order]
    if changing:
        columns = ("Test", "Changes the first option", "Changes the order", "Can take an option's rank")
        yield Table("Tests that could change the order", columns, tuple(map(_test_row, changing)), id="tests")
        yield from (_outcomes(test, book) for test in changing if not _told_by_one(test))
        yield legend(changing[0].outcomes[0].order, book)
    opening = [test for test in found.tests if test.opens and len(test.markers) == 1]
    if opening:
        yield Paragraph("A result could open a referral or a choice without everolimus, whatever the order:")
        yield Items(tuple(_opening(test, book) for test in opening))
    silent = tuple(_silent(found))
    if silent:
        yield Paragraph(f"Could change no rank of this patient: {'; '.join(silent)}.", "quiet")
    yield Paragraph(f"Counts are open-access patients, not this patient: {found.prior}.", "quiet")
    if not found.joint:
        yield Paragraph(INDEPENDENT, "quiet")


def _by_group(markers: Iterable[str], book: Rulebook) -> Iterator[str]:
    """`Blood: platelets; neutrophils`, a line for each group of markers."""
    groups: dict[str, list[str]] = {}
    for name in markers:
        groups.setdefault(book.marker[name].group, []).append(book.marker[name].label)
    labels = {group.id: group.label for group in book.groups}
    yield from (f"{labels[group]}: {'; '.join(named)}" for group, named in groups.items())


def _opening(test: EffectOfTest, book: Rulebook) -> str:
    opened: dict[str, list[str]] = {}
    for rule in test.opens:
        opened.setdefault(_opened(rule, book), []).append(book.rule[rule].label)
    said = (f"{what} ({'; '.join(findings)})" for what, findings in opened.items())
    return f"{test.label}: {'; '.join(said)}"


def _opened(rule: str, book: Rulebook) -> str:
    """What a finding would open: the choices that name it, or a referral."""
    choices = [one.label for one in book.comparators if rule in one.opened_by]
    if book.rule[rule].note == "genetics_referral":
        choices.append("a genetics referral")
    return " and ".join(choices)


def _silent(found: NextTest) -> Iterator[str]:
    """Tests that change no rank and open nothing; a panel stands for its markers."""
    silent = [test for test in found.tests if not (test.can_change_order or test.opens)]
    inside = {name for test in silent if len(test.markers) > 1 for name in test.markers}
    yield from (test.label for test in silent if len(test.markers) > 1 or not inside & {*test.markers})


def _told_by_one(test: EffectOfTest) -> bool:
    """Whether one marker of a panel alone decides: that marker's own table says the same."""
    named = [{*one.values} for one in test.outcomes if one.values]
    return len(test.markers) > 1 and all(len(names) == 1 for names in named) and len(set.union(*named)) == 1


def _test_row(test: EffectOfTest) -> tuple[str, ...]:
    sampled = " (sampled)" if test.sampled else ""
    return (
        f"{test.label}{sampled}",
        _changes(test.can_change_first, test.first_changes, test),
        _changes(test.can_change_order, test.order_changes, test),
        _yes(test.can_exclude),
    )


def _changes(can: bool, count: int | None, test: EffectOfTest) -> str:
    """`in 38 of 88 (0.43)`; a result that no counted patient shows with its upper 95 % limit."""
    if not can:
        return "no"
    if count is None or test.of is None:
        return "yes, not counted"
    limits = [one.at_most for one in test.outcomes if one.order_changes and one.at_most is not None]
    unseen = f", at most {max(limits):.2f}" if count == 0 and limits else ""
    return f"in {_fraction(count, test.of)}{unseen}"


def _fraction(count: int, of: int) -> str:
    return f"{count} of {of} ({count / of:.2f})" if of < 10**6 else f"{count / of:.2f}"


def _outcomes(test: EffectOfTest, book: Rulebook) -> Table:
    rows = tuple(_outcome_row(one, test, book) for one in test.outcomes)
    result = "Result" if len(test.markers) == 1 else "Result, e.g."
    return Table(f"Results of: {test.label}", (result, "Order then", "Changes", "Counted"), rows)


def _outcome_row(one: OutcomeOfTest, test: EffectOfTest, book: Rulebook) -> tuple[str, ...]:
    alone = len(test.markers) == 1
    said = "; ".join(
        _values(book, name, v) if alone else f"{book.marker[name].label}: {_values(book, name, v)}"
        for name, v in one.values.items()
    )
    changes = "first place" if one.first_changes else "order" if one.order_changes else "nothing"
    counted = "not counted"
    if one.count is not None and test.of is not None:
        counted = _fraction(one.count, test.of)
        counted += f", at most {one.at_most:.2f}" if one.at_most is not None else ""
    return said or "none of the findings below", order(one.order), changes, counted


def legend(places: Iterable[Iterable[str]], book: Rulebook) -> Paragraph:
    """What the ids of options stand for."""
    named = (f"{name} {book.option[name].label}" for place in places for name in place)
    return Paragraph(f"{'; '.join(named)}.", "quiet")


def order(places: Iterable[Iterable[str]]) -> str:
    """`O01 > O03 = O04`."""
    return " > ".join(" = ".join(place) for place in places) or "no option ranked"


def _values(book: Rulebook, marker: str, values: Iterable[str]) -> str:
    known = book.marker[marker]
    unit = f" {known.unit}" if known.unit else ""
    return " or ".join(known.values.get(value, f"{value}{unit}") for value in values)


def flips(assessment: Assessment, book: Rulebook) -> Iterator[Block]:
    """The smallest changes that would give another answer."""
    for found in assessment.robustness.flips if assessment.robustness else ():
        yield from changes(found, book)


def changes(found: Flips, book: Rulebook) -> Iterator[Block]:
    """One search: what would have to be otherwise, and which weights."""
    yield Paragraph(found.sentence)
    rows = tuple(
        ("; ".join(_change(one, book) for one in flip.changes), order(flip.order)) for flip in found.flips
    )
    if rows:
        caption = f"Smallest changes, policy {book.policy[found.policy].label}"
        yield Table(caption, ("If it were so", "Order then"), rows)
        yield legend(found.flips[0].order, book)
    if found.weight_sentence:
        yield Paragraph(f"Weights instead of facts: {found.weight_sentence}")


def _change(change: Change, book: Rulebook) -> str:
    now = _values(book, change.marker, change.now) if change.now else "not known"
    return f"{book.marker[change.marker].label}: {_values(book, change.marker, change.then)} (now: {now})"


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"
