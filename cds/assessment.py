"""Assess one patient: gather what was decided and why into one frozen result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cds import __version__, result
from cds.cohort import Cohort, DrugUse, Value, decode, plain, show
from cds.conditions import words
from cds.decision import Decision, decide
from cds.difference import compare
from cds.explanation import Explainer
from cds.files import canonical, sha256
from cds.notice import RESEARCH_ONLY
from cds.ranking import scope_gates
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.rulebook.options import Comparator
from cds.vocabulary import AnswerRole, Kind


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
    policies = tuple(explainer.policy(name) for name in decision.plans)
    default, *others = policies
    differences = tuple(found for other in others for found in compare(book, default, other))
    differs, because = _first_place(default, others, differences)
    entered, derived = _values(decision, book, row, context)
    return result.Assessment(
        research_only=RESEARCH_ONLY,
        predictive_markers=book.identity.predictive_markers,
        patient=decision.cohort.ids[row],
        answer=decision.answer_of(row).id,
        answer_because=tuple(_answer_because(decision, explainer, row)),
        first_place_differs=differs,
        differs_because=because,
        policies=policies,
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


def _answer_because(decision: Decision, explainer: Explainer, row: int) -> Iterator[result.Reason]:
    plan, book, answer = decision.plan, decision.book, decision.answer_of(row)
    gates = scope_gates(plan)
    match answer.role:
        case AnswerRole.GATE:
            for rule in gates[answer.id]:
                if decision.truths.true[rule, row]:
                    label = words(plan.rules[rule].when, book.marker)
                    yield result.Reason(code=plan.rules[rule].id, label=label)
        case AnswerRole.INCOMPLETE:
            rules = sorted(rule for rules in gates.values() for rule in rules)
            yield from _not_known(book, (name for rule in rules for name in explainer.deciding(plan, rule)))
        case AnswerRole.FACTS_MISSING:
            missing = decision.states.evaluator.missing
            yield from _not_known(book, (name for name in answer.needs if missing(name)[row]))
        case AnswerRole.ONLY_HYPOTHESES | AnswerRole.ALL_EXCLUDED:
            yield from _option_reasons(explainer, decision, answer.role)


def _not_known(book: Rulebook, names: Iterable[str]) -> Iterator[result.Reason]:
    for name in dict.fromkeys(names):
        yield result.Reason(code=name, label=f"{book.marker[name].label} is not known")


def _option_reasons(explainer: Explainer, decision: Decision, role: AnswerRole) -> Iterator[result.Reason]:
    """Why the options that could be named in another patient can't be named in this one."""
    seen: set[str] = set()
    plan = decision.plan
    for column in plan.rankable:
        if plan.nameable[column] or role is AnswerRole.ALL_EXCLUDED:
            for reason in explainer.option(plan.policy.id, column).reasons:
                if reason.code not in seen:
                    seen.add(reason.code)
                    yield reason


def _first_place(
    default: result.PolicyResult,
    others: Sequence[result.PolicyResult],
    differences: tuple[result.Difference, ...],
) -> tuple[bool, tuple[str, ...]]:
    """Whether another policy has other options in the first place, and because of what."""
    mine, concerned = _firsts(default), []
    for other in others:
        theirs = _firsts(other)
        if mine != theirs:
            concerned += [d for d in differences if d.policy == other.policy and d.option in mine | theirs]
    because = [word for d in concerned for word in d.order_because]
    because += [
        line.because for d in concerned for line in d.lines if line.because.startswith("contradicted")
    ]
    because = because or [line.because for d in concerned for line in d.lines]
    return any(mine != _firsts(other) for other in others), tuple(dict.fromkeys(because))


def _firsts(policy: result.PolicyResult) -> set[str]:
    return {option.option for option in policy.options if option.rank == 1}


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
    for index, rule in enumerate(decision.plan.rules):
        if rule.kind is Kind.INFORMS and decision.truths.true[index, row] and bool(rule.note) == above:
            yield result.Note(code=rule.note or rule.id, rule=rule.id, label=rule.label, text=rule.rationale)


def _conflicts(decision: Decision, book: Rulebook, row: int) -> Iterator[result.Conflict]:
    for marker_id, mask in decision.states.conflicts.items():
        if mask[row]:
            marker = book.marker[marker_id]
            acting = decode(marker, decision.states.columns[marker_id][row])
            text = f"The value entered and the value derived differ; the stricter one acts: {acting}"
            yield result.Conflict(code=marker_id, label=marker.label, text=text)
    for index, rule in enumerate(decision.plan.rules):
        if rule.kind is Kind.CONFLICT and decision.truths.true[index, row]:
            yield result.Conflict(code=rule.id, label=rule.label, text=rule.rationale)


def _comparators(decision: Decision, book: Rulebook, row: int) -> Iterator[result.ComparatorShown]:
    taken = {
        use.drug
        for marker in book.markers
        if marker.received
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
    return sha256(canonical([cohort.ids[row], values]))


__all__ = ["Context", "assess", "explain", "input_digest"]
