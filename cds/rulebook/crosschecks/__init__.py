"""Cross-checks between the shelves of a rulebook."""

from __future__ import annotations

from cds.errors import Fault
from cds.rulebook.book import Rulebook
from cds.rulebook.crosschecks.citations import check_citations
from cds.rulebook.crosschecks.derivations import check_derivations
from cds.rulebook.crosschecks.ledger import check_citing, check_ledger
from cds.rulebook.crosschecks.markers import check_drugs, check_markers
from cds.rulebook.crosschecks.rules import (
    check_lines,
    check_names,
    check_openings,
    check_policies,
    check_readings,
)
from cds.rulebook.crosschecks.shown import check_grades, check_panels, check_picture

CHECKS = (
    check_citations,
    check_citing,
    check_ledger,
    check_markers,
    check_derivations,
    check_drugs,
    check_names,
    check_readings,
    check_lines,
    check_policies,
    check_openings,
    check_grades,
    check_panels,
    check_picture,
)


def crosscheck(book: Rulebook) -> list[Fault]:
    """All cross-check faults of a rulebook."""
    return [fault for check in CHECKS for fault in check(book)]
