"""Rank acceptability mixed over the counted patterns of untested tumour markers, none of them sampled."""

from __future__ import annotations

from collections.abc import Iterator

from cds.cohort import Cohort
from cds.decision import CHECKED, decide
from cds.derivation import States, derive
from cds.robustness.acceptability import Acceptor, Shares, mixture
from cds.robustness.priors import imputed, patterns
from cds.robustness.units import Field, fields
from cds.robustness.weights import DRAWS
from cds.rulebook.book import Rulebook

Mixed = dict[int, tuple[float, Shares, Shares]]


def pattern_fields(cohort: Cohort, states: States, book: Rulebook) -> list[tuple[int, Field]]:
    """One patient under each pattern that fits what was tested: its count, and its ranked options."""
    found = patterns(book, cohort, states)
    filled = decide(imputed(book, cohort, found), book, (CHECKED,))
    tried = fields(filled.plans[CHECKED], filled.truths, filled.rankings[CHECKED])
    return list(zip((count for count, _ in found.counts), tried, strict=True))


def mixed_shares(listed: list[tuple[int, Field]], acceptor: Acceptor, n: int) -> Mixed:
    """Wide shares over the patterns, by option column; `n` options in the rulebook."""
    return mixture([(count, acceptor.wide(field)) for count, field in listed], n)


def cohort_prior_shares(cohort: Cohort, book: Rulebook, draws: int = DRAWS, seed: int = 0) -> Iterator[Mixed]:
    """The mixture for each patient of a cohort: share ranked, shares of ranks held and dropped."""
    acceptor = Acceptor(book, draws, seed)
    for row in range(len(cohort)):
        one = cohort.part(row, row + 1)
        listed = pattern_fields(one, derive(one, book), book)
        yield mixed_shares(listed, acceptor, len(book.options))
