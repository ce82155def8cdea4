"""Page 5: what if values were others, or weights were others. Nothing here can be saved or exported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import streamlit as st

from app.components import form, words
from app.components.blocks import note, show
from app.components.frame import policy
from app.components.views import open_ranking
from app.components.work import Ranked, assessed, book, work
from cds.comparison.changes import Change, changes
from cds.document.blocks import Items, Table
from cds.intake.draft import Draft, ReadBack, read_draft
from cds.intake.template import entered
from cds.report.case.document import sentence
from cds.rulebook.own_weights import weight_faults, with_weights


def page() -> None:
    """A changed copy of the case beside what was entered."""
    st.title("What if")
    ranked = open_ranking()
    if ranked is None:
        return
    chosen = st.segmented_control(
        "What to change", [words.VALUES, words.WEIGHTS], default=words.VALUES, required=True, key="what"
    )
    with st.container(border=True, key="what_if"):
        if chosen == words.WEIGHTS:
            _weights(ranked)
        else:
            _values(ranked)


# --- other values -----------------------------------------------------------------------------


def _values(ranked: Ranked) -> None:
    job = work()
    if job.what_if is None:
        job.what_if = Draft(job.draft.label, dict(job.draft.markers))
    left, right = st.columns(2, gap="large")
    with right:
        st.header("Changed copy")
        markers = entered(book())
        marker = st.selectbox(
            "Marker to change", markers, format_func=lambda one: one.label, key="what_if_marker"
        )
        form.field(marker, job.what_if, "w")
        st.button("Reset to what was entered", key="what_if_reset", on_click=_reset)
    with left:
        st.header("As entered")
        _differences()
    _result(ranked)


def _reset() -> None:
    work().what_if = None
    work().form += 1


def _differences() -> None:
    """Only the fields that were changed."""
    now, then = work().what_if, work().draft
    assert now is not None  # noqa: S101 - made above
    back = {line.marker: line.understood for line in read_draft(then, book()).back}
    changed = {line.marker: line for line in read_draft(now, book()).back}
    names = [
        name for name in {**then.markers, **now.markers} if then.markers.get(name) != now.markers.get(name)
    ]
    if not names:
        note("Nothing is changed yet. Choose a marker and give it another value.")
        return
    rows = tuple(
        (
            book().marker[name].label,
            back.get(name, form.nothing(book().marker[name])),
            _now(name, now, changed),
        )
        for name in names
    )
    show(Table("Changed fields", ("Marker", "As entered", "What if"), rows))


def _now(name: str, draft: Draft, read: Mapping[str, ReadBack]) -> str:
    if name in read:
        return read[name].understood
    return "not used" if name in draft.markers else form.nothing(book().marker[name])


def _result(ranked: Ranked) -> None:
    reading = read_draft(work().what_if or work().draft, book())
    if reading.faults:
        note("A changed value can't be read; no order is shown.", "stop")
        return
    other = assessed(reading.patient, dt.datetime.now(dt.UTC), book())
    st.header("What would follow")
    note(f"As entered: {sentence(ranked.assessment, book())}")
    note(f"What if: {sentence(other, book())}")
    _changes(changes(ranked.assessment, other, policy()))


def _changes(found: tuple[Change, ...]) -> None:
    if not found:
        note("No option changes its place, status or points.")
        return
    show(
        Items(tuple(_said(change) for change in found if change.moved) or ("No place changes, only points.",))
    )
    rows = tuple(
        (
            change.label,
            change.was,
            change.now,
            f"{change.points_was:+d}",
            f"{change.points_now:+d}",
            "; ".join(change.because),
        )
        for change in found
    )
    columns = ("Option", "Was", "Would be", "Points before", "Points after", "Because")
    show(Table("Options that change", columns, rows, (3, 4), widths=(2, 1.2, 1.2, 0.8, 0.8, 4)))


def _said(change: Change) -> str:
    because = f", because: {'; '.join(change.because[:2])}" if change.because else ""
    return f"{change.label}: was {change.was}, would be {change.now}{because}."


# --- other weights ----------------------------------------------------------------------------


def _weights(ranked: Ranked) -> None:
    note(
        "Weights of the checked policy, in points for half a line. Stronger evidence must not weigh "
        "less than "
        "weaker evidence: a set that breaks this order is not tried.",
        "quiet",
    )
    job, rules = work(), book()
    declared = rules.policy["checked"].weights
    levels = [level for level in rules.levels if level.id in declared]
    wrong = []
    half = (len(levels) + 1) // 2
    for column, part in zip(st.columns(2, gap="large"), (levels[:half], levels[half:]), strict=True):
        with column:
            for level in part:
                typed = st.text_input(
                    f"{level.label} (declared {declared[level.id]})",
                    value=str(job.weights.get(level.id, declared[level.id])),
                    key=f"weight_{level.id}_{job.form}",
                    help=level.means,
                    autocomplete="off",
                ).strip()
                if typed.isascii() and typed.isdigit() and len(typed) <= 4:
                    job.weights[level.id] = int(typed)
                else:
                    wrong.append(f"{level.label}: {typed[:20]!r} is not a whole number")
    st.button("Back to the declared weights", key="weights_reset", on_click=_declared)
    _tried(ranked, wrong)


def _declared() -> None:
    work().weights = {}
    work().form += 1


def _tried(ranked: Ranked, wrong: list[str]) -> None:
    rules, weights = book(), work().weights
    faults = [*wrong, *weight_faults(rules, weights)]
    if faults:
        note("These weights are not tried:", "stop")
        show(Items(tuple(faults), "stop"))
        return
    tried = with_weights(rules, weights)
    if tried is rules:
        note("These are the declared weights.")
        return
    other = assessed(ranked.patient, dt.datetime.now(dt.UTC), tried)
    st.header("The order with your weights")
    result = other.policy("checked")
    note(result.sentence, "caution")
    rows = tuple(
        (f"{option.rank}{' (tie)' if option.tied else ''}", option.label, option.tier, f"{option.points:+d}")
        for option in result.ranked()
    )
    show(Table(f"Ranking, policy {result.label}", ("Rank", "Option", "Tier", "Points"), rows, (3,)))
    _changes(changes(ranked.assessment, other, "checked"))


page()
