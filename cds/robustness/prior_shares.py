"""Rank acceptability mixed over the counted patterns of untested tumour markers, none of them sampled."""

from __future__ import annotations

from collections.abc import Iterator

from cds.cohort import Cohort
from cds.decision import decide
from cds.derivation import States, derive
from cds.robustness.acceptability import Acceptor, Shares, mixture
from cds.robustness.priors import imputed, patterns, together
from cds.robustness.units import Field, fields
from cds.robustness.weights import DRAWS
from cds.rulebook.book import Rulebook

#: Patients decided at once, each with all its patterns.
TOGETHER = 64
Mixed = dict[int, tuple[float, Shares, Shares]]


def pattern_fields(cohort: Cohort, states: States, book: Rulebook) -> list[tuple[int, Field]]:
    """One patient under each pattern that fits what was tested: its count, and its ranked options."""
    return _pattern_fields(cohort, states, book)[0]


def _pattern_fields(cohort: Cohort, states: States, book: Rulebook) -> list[list[tuple[int, Field]]]:
    """The same for each patient of a cohort, decided at once."""
    found = [patterns(book, cohort, states, row) for row in range(len(cohort))]
    parts = [imputed(book, cohort.part(row, row + 1), one) for row, one in enumerate(found)]
    filled = decide(together(book, parts), book, ())
    tried = iter(fields(filled.plan, filled.truths, filled.ranking))
    return [[(count, next(tried)) for count, _ in one.counts] for one in found]


def mixed_shares(listed: list[tuple[int, Field]], acceptor: Acceptor, n: int) -> Mixed:
    """Wide shares over the patterns, by option column; `n` options in the rulebook."""
    return mixture([(count, acceptor.wide(field)) for count, field in listed], n)


def cohort_prior_shares(cohort: Cohort, book: Rulebook, draws: int = DRAWS, seed: int = 0) -> Iterator[Mixed]:
    """The mixture for each patient of a cohort: share ranked, shares of ranks held and dropped."""
    acceptor = Acceptor(book, draws, seed)
    for start in range(0, len(cohort), TOGETHER):
        part = cohort.part(start, start + TOGETHER)
        for listed in _pattern_fields(part, derive(part, book), book):
            yield mixed_shares(listed, acceptor, len(book.options))
