"""Assess one patient: gather what was decided and why into one frozen result."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cds import __version__, result
from cds.cohort import Cohort, DrugUse, Value, decode, plain, show
from cds.conditions import words
from cds.decision import CHECKED, PUBLISHED, Decision, decide
from cds.difference import compare
from cds.explanation import Explainer
from cds.notice import RESEARCH_ONLY
from cds.ranking import ANSWERS, scope_gates
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.rulebook.options import Comparator
from cds.vocabulary import Answer, Kind


@dataclass(frozen=True)
class Context:
    """What a run adds to the markers: details, flags and assumptions of the input, and the date.

    `made_on` is passed in: nothing between cohort and result reads a clock.
    """

    details: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    assumed: Mapping[str, str] = field(default_factory=dict)
    made_on: dt.date | None = None


def assess(cohort: Cohort, book: Rulebook, row: int = 0, context: Context | None = None) -> result.Assessment:
    """Assess one patient of a cohort (by position)."""
    return explain(decide(cohort.part(row, row + 1), book), book, 0, context or Context())


def explain(decision: Decision, book: Rulebook, row: int, context: Context) -> result.Assessment:
    """The full result for one patient of a decision already made."""
    explainer = Explainer(decision, row)
    checked, published = explainer.policy(CHECKED), explainer.policy(PUBLISHED)
    differences = compare(book, checked, published)
    answer = ANSWERS[decision.answer[row]]
    differs, because = _first_place(book, checked, published, differences)
    entered, derived = _values(decision, book, row, context)
    return result.Assessment(
        research_only=RESEARCH_ONLY,
        no_predictive_marker=book.identity.no_predictive_marker,
        patient=decision.cohort.ids[row],
        answer=answer,
        answer_because=tuple(_answer_because(decision, explainer, answer, row)),
        first_place_differs=differs,
        differs_because=because,
        policies=(checked, published),
        differences=differences,
        notes=tuple(_notes(decision, book, row, above=True)),
        conflicts=tuple(_conflicts(decision, book, row)),
        information=tuple(_notes(decision, book, row, above=False)),
        comparators=tuple(_comparators(decision, book, row)),
        entered=entered,
        derived=derived,
        not_tested=_not_tested(decision, book, row),
        flags=context.flags,
        provenance=_provenance(decision, book, row, context),
    )


def _answer_because(
    decision: Decision, explainer: Explainer, answer: Answer, row: int
) -> Iterator[result.Reason]:
    plan = decision.plans[CHECKED]
    gates = scope_gates(plan)
    if answer is Answer.PROFILE_INCOMPLETE:
        rows = sorted(rule for rules in gates.values() for rule in rules)
        missing = dict.fromkeys(name for rule in rows for name in explainer.deciding(plan, rule))
        for name in missing:
            label = f"{plan.book.marker[name].label} is not known"
            yield result.Reason(code=name, label=label)
    for rule in gates.get(ANSWERS.index(answer), ()):
        if decision.truths.true[rule, row]:
            label = words(plan.rules[rule].when, plan.book.marker)
            yield result.Reason(code=plan.rules[rule].id, label=label)
    if answer in (Answer.ONLY_HYPOTHESES, Answer.ALL_EXCLUDED):
        yield from _top_tier_reasons(explainer, decision, row)


def _top_tier_reasons(explainer: Explainer, decision: Decision, row: int) -> Iterator[result.Reason]:
    """Why the options that could be named in another patient can't be named in this one."""
    seen: set[str] = set()
    for column in decision.plans[CHECKED].rankable:
        option = decision.plans[CHECKED].options[column]
        if option.tier == "A" or decision.answer[row] == ANSWERS.index(Answer.ALL_EXCLUDED):
            for reason in explainer.option(CHECKED, column).reasons:
                if reason.code not in seen:
                    seen.add(reason.code)
                    yield reason


def _first_place(
    book: Rulebook,
    checked: result.PolicyResult,
    published: result.PolicyResult,
    differences: tuple[result.Difference, ...],
) -> tuple[bool, tuple[str, ...]]:
    first = [{o.option for o in policy.ranked() if o.rank == 1} for policy in (checked, published)]
    if first[0] == first[1]:
        return False, ()
    concerned = [d for d in differences if d.option in first[0] | first[1]]
    because = [word for d in concerned for word in d.order_because]
    because += [
        line.because for d in concerned for line in d.lines if line.because.startswith("contradicted")
    ]
    because = because or [line.because for d in concerned for line in d.lines]
    return True, tuple(dict.fromkeys(because))


def _values(
    decision: Decision, book: Rulebook, row: int, context: Context
) -> tuple[tuple[result.MarkerValue, ...], tuple[result.MarkerValue, ...]]:
    entered, derived = [], []
    for marker in book.markers:
        value = decision.cohort.value(marker, row)
        if value is not None:
            entered.append(_value(marker, value, context))
        if marker.is_derived:
            state = decode(marker, decision.states.columns[marker.id][row])
            if state is not None and state != value:
                derived.append(_value(marker, state, context, derived=True))
    return tuple(entered), tuple(derived)


def _value(marker: Marker, value: Value, context: Context, derived: bool = False) -> result.MarkerValue:
    origin = "derived" if derived else "assumed" if marker.id in context.assumed else "entered"
    return result.MarkerValue(
        marker=marker.id,
        label=marker.label,
        value=plain(value),
        shown=show(marker, _rounded(marker, value, context)),
        unit=marker.unit,
        origin=origin,  # type: ignore[arg-type]
        details={} if derived else dict(context.details.get(marker.id, {})),
    )


def _rounded(marker: Marker, value: Value, context: Context) -> Value:
    """A value to be shown: one that was entered in another unit has three significant digits."""
    given = context.details.get(marker.id, {}).get("unit", marker.unit)
    return float(f"{value:.3g}") if isinstance(value, float) and given != marker.unit else value


def _notes(decision: Decision, book: Rulebook, row: int, above: bool) -> Iterator[result.Note]:
    for index, rule in enumerate(decision.plans[CHECKED].rules):
        if rule.kind is Kind.INFORMS and decision.truths.true[index, row] and bool(rule.note) == above:
            yield result.Note(code=rule.note or rule.id, rule=rule.id, label=rule.label, text=rule.rationale)


def _conflicts(decision: Decision, book: Rulebook, row: int) -> Iterator[result.Conflict]:
    for marker_id, mask in decision.states.conflicts.items():
        if mask[row]:
            marker = book.marker[marker_id]
            acting = decode(marker, decision.states.columns[marker_id][row])
            text = f"The value entered and the value derived differ; the stricter one acts: {acting}"
            yield result.Conflict(code=marker_id, label=marker.label, text=text)
    for index, rule in enumerate(decision.plans[CHECKED].rules):
        if rule.kind is Kind.CONFLICT and decision.truths.true[index, row]:
            yield result.Conflict(code=rule.id, label=rule.label, text=rule.rationale)


def _comparators(decision: Decision, book: Rulebook, row: int) -> Iterator[result.ComparatorShown]:
    taken = {
        use.drug
        for marker in book.markers
        if marker.id in ("prior_drugs", "current_drugs")
        for use in _drugs(decision.cohort.value(marker, row))
    }
    notes = {note.rule for above in (True, False) for note in _notes(decision, book, row, above)}
    for comparator in book.comparators:
        yield _comparator(comparator, taken, notes)


def _drugs(value: Value | None) -> tuple[DrugUse, ...]:
    return value if isinstance(value, tuple) else ()


def _comparator(comparator: Comparator, taken: set[str], notes: set[str]) -> result.ComparatorShown:
    return result.ComparatorShown(
        id=comparator.id,
        label=comparator.label,
        data=comparator.data,
        verification=comparator.verification,
        received=tuple(drug for drug in comparator.drugs if drug in taken),
        opened=bool(notes & set(comparator.opened_by)),
        sources=tuple(citation.source for citation in comparator.evidence),
    )


def _not_tested(decision: Decision, book: Rulebook, row: int) -> tuple[str, ...]:
    """Markers that are unknown after derivation, by id."""
    missing = decision.states.evaluator.missing
    return tuple(marker.id for marker in book.markers if missing(marker.id)[row])


def _provenance(decision: Decision, book: Rulebook, row: int, context: Context) -> result.Provenance:
    identity, today = book.identity, context.made_on
    return result.Provenance(
        software=f"evr-cds {__version__}",
        rulebook=identity.id,
        rulebook_version=identity.version,
        rulebook_digest=book.digest,
        review_by=identity.review_by,
        input_digest=input_digest(decision.cohort, book, row),
        assumptions=dict(context.assumed),
        made_on=today.isoformat() if today else None,
        past_review=bool(today and today > dt.date.fromisoformat(identity.review_by)),
    )


def input_digest(cohort: Cohort, book: Rulebook, row: int) -> str:
    """SHA-256 of one patient's id and markers as canonical JSON."""
    values = {m.id: plain(v) for m in book.markers if (v := cohort.value(m, row)) is not None}
    text = json.dumps([cohort.ids[row], values], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = ["Context", "assess", "explain", "input_digest"]
