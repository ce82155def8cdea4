"""The marker statement: what the answer would be if no tumour marker were known."""

from __future__ import annotations

from collections.abc import Iterator

from cds.cohort import Cohort
from cds.decision import Decision, decide
from cds.robustness.variations import first_differing_rank
from cds.rulebook.book import Rulebook
from cds.stability import MarkerStatement


def without_tumour_markers(cohort: Cohort, book: Rulebook) -> Cohort:
    """The same patients with every tumour marker unknown."""
    columns = {n: column for n, column in cohort.columns.items() if book.marker[n].concern != "tumour"}
    return Cohort(cohort.ids, columns, cohort.drug_lists)


def marker_statements(decision: Decision, book: Rulebook) -> Iterator[tuple[MarkerStatement, ...]]:
    """For each patient one statement for each policy decided."""
    without = decide(without_tumour_markers(decision.cohort, book), book, tuple(decision.plans))
    differing = {
        name: first_differing_rank(ranking.rank, without.rankings[name].rank)
        for name, ranking in decision.rankings.items()
    }
    for row in range(len(decision.cohort)):
        same = bool(decision.answer[row] == without.answer[row])
        yield tuple(_statement(name, same, int(ranks[row])) for name, ranks in differing.items())


def _statement(policy: str, answer_same: bool, at_rank: int) -> MarkerStatement:
    if at_rank:
        said = f"different at rank {at_rank}"
    else:
        said = "the same" if answer_same else "another one, over the same order"
    return MarkerStatement(
        policy=policy,
        answer_same=answer_same,
        at_rank=at_rank or None,
        sentence=f"Without any tumour marker the answer would be {said}.",
    )
