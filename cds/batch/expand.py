"""From masks back to the full explanation of one patient. No marker is read again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from cds.assessment import Context, explain
from cds.batch.expand_risk import with_stored_risk
from cds.batch.layout import nested_parts
from cds.batch.results import CONFLICT, SEPARATOR, unpacked
from cds.batch.stored import Stored
from cds.batch.words import said_of, words_of
from cds.cohort import Cohort, unknown_column
from cds.conditions import Evaluator, Mask, Truth
from cds.decision import Decision, decide_from
from cds.derivation import States
from cds.errors import Fault, InputError, RulebookError
from cds.ranking import STATUSES, Ranking
from cds.result import Assessment, Conflict
from cds.rulebook.book import Rulebook
from cds.rulebook.conditions import Condition, Joined, Missing, Not
from cds.truths import Truths


class MaskEvaluator(Evaluator):
    """Answers what is unknown from stored masks: rules, parts of rules, and markers."""

    def __init__(self, book: Rulebook, unknown: Mask, untested: Mask, open_parts: Mask) -> None:
        """Each mask has one row for each rule, marker or nested part, and one column."""
        super().__init__({}, book.marker)
        nobody = np.zeros(unknown.shape[1], dtype=bool)
        self._untested = dict(zip(book.marker, untested, strict=True))
        for conditions, masks in (
            (nested_parts(book), open_parts),
            ([rule.when for rule in book.rule.values()], unknown),
        ):
            for condition, mask in zip(conditions, masks, strict=True):
                self._seen[condition] = Truth(nobody, ~mask)

    def _evaluate(self, condition: Condition) -> Truth:
        if isinstance(condition, (Joined, Not)):
            raise KeyError("this part of a rule was not stored")
        untested = self.missing(condition.marker)
        unknown = np.zeros_like(untested) if isinstance(condition, Missing) else untested
        return Truth(np.zeros_like(unknown), ~unknown)

    def missing(self, marker: str) -> Mask:
        """Where the marker is unknown."""
        untested: Mask = self._untested[marker]
        return untested


def explanation(stored: Stored, patient: str, book: Rulebook) -> Assessment:
    """The full explanation of one patient; RulebookError if the rulebook is not the run's own."""
    if book.digest != stored.run["rulebook_digest"]:
        fault = Fault("rules", "are not those of this run", f"Use version {stored.run['rulebook_version']}.")
        raise RulebookError("The results can't be explained", [fault])
    row = stored.patient(patient)
    decision = _decision(row, stored, book)
    _check(row, stored, decision)
    flags = [flag for flag in (row["flags"][0].as_py() or "").split(SEPARATOR) if flag]
    context = Context(
        flags=tuple(said_of(flag, words_of(book)) for flag in flags if not flag.startswith(CONFLICT)),
        assumed=stored.run["assumptions"] or {},
        made_on=dt.date.fromisoformat(stored.run["made_on"]),
    )
    assessment = explain(decision, book, 0, context)
    said = assessment.provenance.model_copy(
        update={"input_digest": stored.run["input"]["sha256"], "software": stored.run["software"]}
    )
    conflicts = (*_conflicts(flags, book), *assessment.conflicts)
    assessment = assessment.model_copy(update={"provenance": said, "conflicts": conflicts})
    return with_stored_risk(assessment, decision, stored, book)


def _conflicts(flags: list[str], book: Rulebook) -> Iterator[Conflict]:
    """Where an entered and a derived value differed; which values they were is not kept."""
    for flag in flags:
        if flag.startswith(CONFLICT):
            marker = book.marker[flag.removeprefix(CONFLICT)]
            text = "The value entered and the value derived differ; the stricter one acts."
            yield Conflict(code=marker.id, label=marker.label, text=text)


def _decision(row: pa.Table, stored: Stored, book: Rulebook) -> Decision:
    """Truths from masks, and what follows from truths alone."""
    layout = stored.layout
    bits = {"fired": len(layout.rules), "unknown": len(layout.rules)}
    bits |= {"untested": len(layout.markers), "open_parts": layout.parts}
    planes = {name: unpacked(row[name].combine_chunks(), n) for name, n in bits.items()}
    truths = Truths(planes["fired"], planes["unknown"])
    evaluator = MaskEvaluator(book, planes["unknown"], planes["untested"], planes["open_parts"])
    columns = {marker.id: unknown_column(marker, 1) for marker in book.markers}
    cohort = Cohort((row["id"][0].as_py(),), {})
    return decide_from(book, cohort, States(columns, {}, evaluator), truths)


def _check(row: pa.Table, stored: Stored, decision: Decision) -> None:
    """InputError if what stands in the table does not follow from its masks."""
    for policy in stored.layout.policies:
        if _stored(row, stored, policy) != _follows(decision.rankings[policy], decision, policy):
            fault = Fault(stored.ranking.name, "does not agree with its own masks", "Rank again.")
            raise InputError("The results were changed", [fault])


def _stored(row: pa.Table, stored: Stored, policy: str) -> Mapping[str, tuple[str, int, int]]:
    fields = stored.layout.fields(policy)
    return {option: tuple(row[name][0].as_py() for name in names) for option, *names in fields}


def _follows(ranked: Ranking, decision: Decision, policy: str) -> Mapping[str, tuple[str, int, int]]:
    laid_out = decision.plans[policy]
    return {
        laid_out.options[column].id: (
            str(STATUSES[ranked.status[column, 0]]),
            int(ranked.points[column, 0]),
            int(ranked.rank[column, 0]),
        )
        for column in laid_out.rankable
    }
