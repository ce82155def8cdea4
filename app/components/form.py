"""The patient form, made from the rulebook: a marker added in YAML appears here by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from app.components import words
from app.components.blocks import note
from app.components.work import book, work
from cds import Group, InputError, Marker, entered, read_field

OUTCOMES = ("", "progressed", "stopped_for_toxicity", "completed")
NO_DRUG = "none"


def groups() -> list[tuple[Group, list[Marker]]]:
    """Groups in the order of the rulebook with the markers that can be entered."""
    rules = book()
    markers = entered(rules)
    return [(group, found) for group in rules.groups if (found := [m for m in markers if m.group == group.id])]


def section_of(markers: Sequence[Marker]) -> str:
    """The section of the form a group stands in: what most of its markers concern."""
    concerns = [marker.concern for marker in markers if marker.concern != "record"] or ["record"]
    return max(dict.fromkeys(concerns), key=concerns.count)


def matches(marker: Marker, asked: str, only_entered: bool) -> bool:
    """Whether a marker is shown under the search and the filter."""
    if only_entered and marker.id not in work().draft.markers:
        return False
    text = " ".join((marker.id, marker.label, marker.help, *marker.values.values())).casefold()
    return all(word in text for word in asked.casefold().split())


@st.fragment
def group_fields(group: Group, markers: Sequence[Marker], is_open: bool) -> None:
    """One group: folded, with the number entered in its heading. Reruns alone when a field changes."""
    count = sum(marker.id in work().draft.markers for marker in markers)
    label = f"{group.label}: {count} of {len(markers)} entered"
    with st.expander(label, expanded=is_open, key=f"group_{group.id}_{work().form}"):
        st.text(group.help)
        half = (len(markers) + 1) // 2
        for column, part in zip(st.columns(2, gap="large"), (markers[:half], markers[half:]), strict=True):
            with column:
                for marker in part:
                    field(marker)


def field(marker: Marker) -> None:
    """One marker's field, and beside it what is wrong with what was typed."""
    if marker.type == "number":
        _number(marker)
    elif marker.type == "drugs":
        _drugs(marker)
    else:
        _category(marker)
    for tone, text in remarks(marker):
        note(text, tone)


def key(marker: Marker, part: str = "m") -> str:
    """The key of a marker's widget; it changes when another case is opened."""
    return f"{part}_{marker.id}_{work().form}"


def _category(marker: Marker) -> None:
    value = work().draft.value(marker.id)
    options = ["", *marker.values]
    nothing = words.NOT_TESTED if marker.concern == "tumour" else words.NOT_ENTERED
    st.radio(
        marker.label,
        options,
        index=options.index(value) if value in options else 0,
        format_func=lambda option: marker.values.get(option, nothing),
        horizontal=True,
        help=marker.help,
        key=key(marker),
        on_change=_put,
        args=(marker,),
    )


def _number(marker: Marker) -> None:
    draft = work().draft
    nothing = words.NOT_TESTED if marker.concern == "tumour" else words.NOT_ENTERED
    unit = draft.details(marker.id).get("unit", marker.unit)
    st.text_input(
        f"{marker.label} ({unit})" if unit else marker.label,
        value=draft.value(marker.id),
        placeholder=nothing,
        help=marker.help,
        key=key(marker),
        on_change=_put,
        args=(marker,),
        autocomplete="off",
    )
    if marker.other_units:
        units = [str(marker.unit), *(other.name for other in marker.other_units)]
        st.radio(
            f"Unit of {marker.label}",
            units,
            index=units.index(str(unit)),
            horizontal=True,
            key=key(marker, "unit"),
            on_change=_put,
            args=(marker,),
        )


def _put(marker: Marker) -> None:
    """A field was changed: keep it in the draft."""
    unit = st.session_state.get(key(marker, "unit"))
    work().draft.put(marker.id, st.session_state[key(marker)], None if unit in (None, marker.unit) else unit)


def _drugs(marker: Marker) -> None:
    known = work().draft.drugs(marker.id)
    chosen = [NO_DRUG] if known == {} else list(known or ())
    names = [NO_DRUG, *(drug.name for drug in book().drugs)]
    st.multiselect(
        marker.label,
        [*names, *(name for name in chosen if name not in names)],
        default=chosen,
        accept_new_options=True,
        placeholder=words.NOT_ENTERED,
        help=marker.help,
        key=key(marker),
        on_change=_put_drugs,
        args=(marker,),
    )
    if marker.id == "prior_drugs":
        for name in known or {}:
            _outcome(marker, name, (known or {})[name])


def _outcome(marker: Marker, name: str, outcome: str | None) -> None:
    st.radio(
        f"What became of {name}",
        OUTCOMES,
        index=OUTCOMES.index(outcome or ""),
        format_func=lambda word: word.replace("_", " ") or "not said",
        horizontal=True,
        key=key(marker, f"outcome_{name}"),
        on_change=_put_drugs,
        args=(marker,),
    )


def _put_drugs(marker: Marker) -> None:
    chosen: list[str] = st.session_state[key(marker)]
    if not chosen:
        work().draft.put_drugs(marker.id, None)
        return
    drugs = {
        name: st.session_state.get(key(marker, f"outcome_{name}")) or None for name in chosen if name != NO_DRUG
    }
    work().draft.put_drugs(marker.id, drugs)


def remarks(marker: Marker) -> Iterable[tuple[str, str]]:
    """What has to be said about a field as it stands."""
    if marker.id not in work().draft.markers:
        return
    try:
        one = read_field(work().draft, marker, book())
    except InputError as refused:
        for fault in refused.faults:
            yield "stop", f"Not used: {fault.problem.removeprefix(f'{marker.id}: ')}. {fault.remedy}"
        return
    for flag in one.flags:
        yield "caution", flag.removeprefix(f"{marker.id}: ")
