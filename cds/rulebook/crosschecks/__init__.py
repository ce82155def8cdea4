"""Cross-checks between the parts of a rulebook."""

from __future__ import annotations

from cds.errors import Fault
from cds.rulebook.book import Rulebook
from cds.rulebook.crosschecks.citations import check_citations
from cds.rulebook.crosschecks.derivations import check_derivations
from cds.rulebook.crosschecks.ledger import check_citing, check_ledger
from cds.rulebook.crosschecks.markers import check_drugs, check_markers
from cds.rulebook.crosschecks.policies import (
    check_answers,
    check_policies,
    check_reasons,
    check_refusing,
    check_tiers,
)
from cds.rulebook.crosschecks.rules import check_countings, check_lines, check_names, check_openings
from cds.rulebook.crosschecks.shown import check_grades, check_panels, check_picture

CHECKS = (
    check_citations,
    check_citing,
    check_ledger,
    check_markers,
    check_derivations,
    check_drugs,
    check_names,
    check_countings,
    check_lines,
    check_policies,
    check_tiers,
    check_answers,
    check_reasons,
    check_refusing,
    check_openings,
    check_grades,
    check_panels,
    check_picture,
)


def crosscheck(book: Rulebook) -> list[Fault]:
    """All cross-check faults of a rulebook."""
    return [fault for check in CHECKS for fault in check(book)]
