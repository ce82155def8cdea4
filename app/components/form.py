"""The patient form, made from the rulebook: a marker added in YAML appears here by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from app.components import words
from app.components.blocks import counted, note, plain
from app.components.work import book, work
from cds.document.blocks import Tone
from cds.errors import InputError
from cds.intake.draft import SAID_BESIDE, Draft, read_field
from cds.intake.template import entered
from cds.rulebook.markers import Group, Marker
from cds.vocabulary import OUTCOMES, TIMINGS
from cds.wording import printed

NO_DRUG = "none"


def groups() -> list[tuple[Group, list[Marker]]]:
    """Groups in the order of the rulebook with the markers that can be entered."""
    rules = book()
    markers = entered(rules)
    return [
        (group, found) for group in rules.groups if (found := [m for m in markers if m.group == group.id])
    ]


def section_of(markers: Sequence[Marker]) -> str:
    """The section of the form a group stands in: what most of its markers concern."""
    concerns: list[str] = [marker.concern for marker in markers if marker.concern != "record"]
    concerns = concerns or ["record"]
    return max(dict.fromkeys(concerns), key=concerns.count)


def matches(marker: Marker, asked: str, only_entered: bool) -> bool:
    """Whether a marker is shown under the search and the filter."""
    if only_entered and marker.id not in work().draft.markers:
        return False
    text = " ".join((marker.id, marker.label, marker.help, *marker.values.values())).casefold()
    return all(word in text for word in asked.casefold().split())


@st.fragment
def group_fields(group: Group, markers: Sequence[Marker], is_open: bool, view: str) -> None:
    """One group: folded, with the number entered beside its heading. Reruns alone when a field changes.

    The heading itself never changes: Streamlit would make the whole group anew, and whoever works by
    keyboard would lose the place. The fields of a folded group are not made: what they hold stands
    in the draft.
    """
    name = f"group_{group.id}_{view}_{work().form}"
    with st.container(key=f"counted_{name}"):
        count = sum(marker.id in work().draft.markers for marker in markers)
        st.html(counted(group.label, count, len(markers)))
        with st.expander(group.label, expanded=is_open, key=name, on_change="rerun") as folder:
            if folder.open:
                st.text(group.help)
                _fields(markers)


def _fields(markers: Sequence[Marker]) -> None:
    """Fields in two columns, the left one filled first: so the Tab key goes through them."""
    half = (len(markers) + 1) // 2
    for column, part in zip(st.columns(2, gap="large"), (markers[:half], markers[half:]), strict=True):
        with column:
            for marker in part:
                field(marker, work().draft)


def field(marker: Marker, draft: Draft, prefix: str = "m") -> None:
    """One marker's field, and beside it what is wrong with what was typed."""
    if marker.type == "number":
        _number(marker, draft, prefix)
    elif marker.type == "drugs":
        _drugs(marker, draft, prefix)
    else:
        _category(marker, draft, prefix)
    for tone, text in remarks(marker, draft):
        note(text, tone)
    if draft.details(marker.id).get("flag") or _looks_wrong(marker, draft):
        _confirm(marker, draft, prefix)


def key(marker: Marker, prefix: str) -> str:
    """The key of a marker's widget; it changes when another case is opened."""
    return f"{prefix}_{marker.id}_{work().form}"


def nothing(marker: Marker) -> str:
    """How it is said that nothing is known of a marker."""
    return words.NOT_TESTED if marker.concern == "tumour" else words.NOT_ENTERED


def _category(marker: Marker, draft: Draft, prefix: str) -> None:
    value = draft.value(marker.id)
    options = ["", *marker.values]
    st.radio(
        marker.label,
        options,
        index=options.index(value) if value in options else 0,
        format_func=lambda option: marker.values.get(option, nothing(marker)),
        horizontal=True,
        help=marker.help,
        key=key(marker, prefix),
        on_change=_put,
        args=(marker, draft, prefix),
    )


def _number(marker: Marker, draft: Draft, prefix: str) -> None:
    unit = draft.details(marker.id).get("unit", marker.unit)
    st.text_input(
        f"{marker.label} ({printed(unit)})" if unit else marker.label,
        value=draft.value(marker.id),
        placeholder=nothing(marker),
        help=marker.help,
        key=key(marker, prefix),
        on_change=_put,
        args=(marker, draft, prefix),
        autocomplete="off",
    )
    if marker.other_units:
        units = [str(marker.unit), *(other.name for other in marker.other_units)]
        st.radio(
            f"Unit of {marker.label}",
            units,
            index=units.index(str(unit)),
            format_func=printed,
            horizontal=True,
            key=key(marker, f"{prefix}_unit"),
            on_change=_put,
            args=(marker, draft, prefix),
        )


def _put(marker: Marker, draft: Draft, prefix: str) -> None:
    """A field was changed: keep it in the draft."""
    unit = st.session_state.get(key(marker, f"{prefix}_unit"))
    value = st.session_state[key(marker, prefix)] or ""
    draft.put(marker.id, value, None if unit in (None, marker.unit) else unit)
    _kept(draft)


def _kept(draft: Draft) -> None:
    if draft is work().draft:
        work().keep()


def _drugs(marker: Marker, draft: Draft, prefix: str) -> None:
    known = draft.drugs(marker.id)
    chosen = [NO_DRUG] if known == {} else list(known or ())
    names = [NO_DRUG, *(drug.name for drug in book().drugs)]
    st.multiselect(
        marker.label,
        [*names, *(name for name in chosen if name not in names)],
        default=chosen,
        accept_new_options=True,
        placeholder=f"{words.NOT_ENTERED}; type a name, or none",
        help=marker.help,
        key=key(marker, prefix),
        on_change=_put_drugs,
        args=(marker, draft, prefix),
    )
    if marker.id == "prior_drugs":
        for name, outcome in (known or {}).items():
            _outcome(marker, draft, prefix, name, outcome)


def _outcome(marker: Marker, draft: Draft, prefix: str, name: str, outcome: str | None) -> None:
    st.radio(
        f"What became of {plain(name)}",
        ("", *OUTCOMES),
        index=1 + OUTCOMES.index(outcome) if outcome in OUTCOMES else 0,
        format_func=lambda word: word.replace("_", " ") or "not said",
        horizontal=True,
        key=key(marker, f"{prefix}_outcome_{name}"),
        on_change=_put_drugs,
        args=(marker, draft, prefix),
    )


def _put_drugs(marker: Marker, draft: Draft, prefix: str) -> None:
    chosen: list[str] = st.session_state[key(marker, prefix)]
    drugs = {
        name: st.session_state.get(key(marker, f"{prefix}_outcome_{name}")) or None
        for name in chosen
        if name != NO_DRUG
    }
    draft.put_drugs(marker.id, drugs if chosen else None)
    _kept(draft)


def remarks(marker: Marker, draft: Draft) -> Iterable[tuple[Tone, str]]:
    """What has to be said about a field as it stands."""
    if marker.id not in draft.markers:
        return
    try:
        one = read_field(draft, marker, book())
    except InputError as refused:
        for fault in refused.faults:
            yield "stop", f"Not used: {fault.problem.removeprefix(f'{marker.id}: ')}. {fault.remedy}"
        return
    for flag in one.flags:
        yield "caution", flag.removeprefix(f"{marker.id}: ")


def _looks_wrong(marker: Marker, draft: Draft) -> bool:
    """Whether a value was read but not used until somebody confirms it."""
    if marker.id not in draft.markers or not (marker.fraction_slip or marker.other_units):
        return False
    try:
        return marker.id not in read_field(draft, marker, book()).profile
    except InputError:
        return False


def _confirm(marker: Marker, draft: Draft, prefix: str) -> None:
    name = key(marker, f"{prefix}_confirm")

    def confirm() -> None:
        draft.say(marker.id, "flag", "confirmed" if st.session_state[name] else "")
        _kept(draft)

    st.checkbox(
        f"{plain(draft.value(marker.id))} {marker.unit or ''} is meant as typed",
        value=draft.details(marker.id).get("flag") == "confirmed",
        key=name,
        on_change=confirm,
    )


def details() -> None:
    """What can be said beside a value: assay, specimen, date, before or after therapy."""
    draft = work().draft
    named = [marker for marker in entered(book()) if marker.id in draft.markers and marker.type != "drugs"]
    with st.expander("Add assay, specimen or date to a value"):
        if not named:
            st.text("Nothing is entered yet.")
            return
        marker = st.selectbox(
            "Value", named, format_func=lambda one: one.label, key=f"detail_of_{work().form}"
        )
        said = draft.details(marker.id)
        for column, name in zip(st.columns(len(SAID_BESIDE)), SAID_BESIDE, strict=True):
            with column:
                _detail(marker, draft, name, said.get(name, ""))
        for tone, text in remarks(marker, draft):
            note(text, tone)


def _detail(marker: Marker, draft: Draft, name: str, value: str) -> None:
    where = key(marker, f"detail_{name}")
    label = {"date": "Date (2026-11-23)", "timing": "Before or after therapy"}.get(
        name, name.replace("_", " ").capitalize()
    )

    def put() -> None:
        draft.say(marker.id, name, st.session_state[where])
        _kept(draft)

    if name == "timing":
        offered = ("", *TIMINGS[:2])
        said = value.removesuffix(" therapy")
        index = offered.index(said) if said in offered else 0
        st.selectbox(
            label, offered, index, format_func=lambda word: word or "not said", key=where, on_change=put
        )
    else:
        st.text_input(label, value=value, key=where, on_change=put, autocomplete="off")
