"""The ledger of the review's claims: complete, counted, and each one used or set aside with a reason."""

from __future__ import annotations

from collections import Counter

import pytest

from cds.rulebook.load import load
from cds.vocabulary import Unused, Verification

BOOK = load()
#: What the check of the review found, claim by claim.
VERDICTS = {
    Verification.CONFIRMED: 23,
    Verification.PARTLY: 27,
    Verification.CONTRADICTED: 18,
    Verification.INCONSISTENT: 10,
    Verification.UNCHECKED: 76,
}


def test_every_claim_of_the_review_is_there():
    assert sorted(claim.id for claim in BOOK.claims) == [f"C{number:03}" for number in range(1, 155)]


def test_the_verdicts_count_as_the_check_found_them():
    assert Counter(claim.verdict for claim in BOOK.claims) == VERDICTS


def test_a_leaning_goes_with_unchecked_claims_only():
    assert {claim.verdict for claim in BOOK.claims if claim.leaning} == {Verification.UNCHECKED}
    assert all(claim.leaning for claim in BOOK.claims if claim.verdict is Verification.UNCHECKED)


def test_a_claim_is_used_or_says_why_not(capsys: pytest.CaptureFixture[str]):
    used = {name for names in BOOK.claims_of.values() for name in names}
    reasons = Counter(claim.unused_because for claim in BOOK.claims if claim.unused_because)
    assert {claim.id for claim in BOOK.claims if not claim.unused_because} == used
    assert set(reasons) <= set(Unused)
    with capsys.disabled():
        print(f"\nclaims: {len(BOOK.claims)}, used {len(used)}; unused because " + ", ".join(
            f"{reason} {count}" for reason, count in sorted(reasons.items())
        ))  # fmt: skip


def test_a_contradicted_claim_gives_no_points_in_the_check():
    """A rule or line counts in the check only if something besides contradicted claims stands behind it."""
    wrong = {Verification.CONTRADICTED, Verification.INCONSISTENT}
    lines = [line for option in BOOK.options for line in option.lines]
    resting = [
        item
        for item in [*BOOK.rule.values(), *lines]
        if item.claims and {BOOK.claim[name].verdict for name in item.claims} <= wrong
    ]
    assert resting, "nothing rests on contradicted claims alone: the test would prove nothing"
    assert [item.id for item in resting if "checked" in item.counts and item.counts["checked"].units] == []


def test_inconsistencies_and_errors_of_the_review():
    assert len(BOOK.inconsistencies) == 43
    assert len(BOOK.errors) == 23
    assert len({item.id for item in BOOK.inconsistencies}) == 43
    assert len({item.id for item in BOOK.errors}) == 23


def test_every_claim_says_where_it_stands():
    assert all(claim.place.section and claim.place.line >= 1 for claim in BOOK.claims)
