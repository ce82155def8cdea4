"""Page 3: the ranking, in the blocks of the same document that every report renders."""

from __future__ import annotations

import streamlit as st

from app.components import models, words
from app.components.blocks import fold_section, lead, note, show, show_all, show_section
from app.components.frame import OPTION, policy
from app.components.views import open_ranking
from app.components.work import Ranked, book


def page() -> None:
    """Answer, safety in short, what stands beside, the order, how stable it is, what is not ranked."""
    st.title("Ranking")
    ranked = open_ranking()
    if ranked is None:
        return
    _answer(ranked)
    show_section(ranked.section("safety"))
    st.page_link("screens/safety.py", label="All about safety: 2 Safety")
    _beside(ranked)
    _order(ranked)
    _ways_on(ranked)
    if ranked.assessment.policy("checked").ranked():
        show_section(ranked.section("stability-short"))
        fold_section(ranked.section("stability"), "All figures on stability")
    show_section(ranked.section("not-ranked"))
    models.beside(ranked)
    fold_section(ranked.section("policies"), "Both orders side by side")
    fold_section(ranked.section("policy-lines"), "Every line that counts differently", 0)


def _answer(ranked: Ranked) -> None:
    section = ranked.section("answer")
    if section is not None:
        lead(section.blocks[0])
        if _is_under_age(ranked):
            note(words.UNDER_AGE, "caution")
        if _none_tested(ranked):
            note(words.NONE_TESTED, "monitor")
        show_all(section.blocks[1:])


def _none_tested(ranked: Ranked) -> bool:
    tumour = {marker.id for marker in book().markers if marker.concern == "tumour"}
    return not tumour & ranked.patient.profile.keys()


def _is_under_age(ranked: Ranked) -> bool:
    options = ranked.assessment.policy("checked").options
    return any(reason.code == words.UNDER_AGE_CODE for option in options for reason in option.reasons)


def _beside(ranked: Ranked) -> None:
    """Choices without everolimus: their names above the ranking, their data to unfold."""
    section = ranked.section("comparators")
    if section is None:
        return
    st.header(section.title, anchor=section.id)
    names = [choice.label for choice in ranked.assessment.comparators]
    opened = [choice.label for choice in ranked.assessment.comparators if choice.opened]
    note(f"A board will ask for these as well; they are not ranked: {'; '.join(names)}.")
    if opened:
        note(f"Opened by a finding in this patient: {'; '.join(opened)}.", "monitor")
    with st.expander(f"What is known of these {len(names)} choices", expanded=not _can_be_named(ranked)):
        for block in section.blocks:
            show(block)


def _ways_on(ranked: Ranked) -> None:
    """One step from a ranked option to its reasons."""
    with st.container(horizontal=True):
        for option in ranked.assessment.policy(policy()).ranked()[:4]:
            st.page_link(
                "screens/why.py",
                label=f"Why {option.rank}: {option.label}",
                query_params={OPTION: option.option},
            )


def _can_be_named(ranked: Ranked) -> bool:
    return not book().answer[ranked.assessment.answer].abstains


def _order(ranked: Ranked) -> None:
    """The order of the policy that was chosen; the other one stands further down.

    Where no option can be named, hypotheses are there to unfold, below what else there is.
    """
    if policy() == "checked":
        hypotheses = len(ranked.assessment.policy("checked").ranked())
        if _can_be_named(ranked):
            st.header("Ranked options", anchor="ranking")
            section = ranked.section("ranking")
            if section is not None:  # other choices are named above already
                show_all(section.without("comparators_named").blocks)
        elif not hypotheses:
            st.header("Ranked options", anchor="ranking")
            note("No option is ranked under the checked policy. “Not ranked” below gives every reason.")
        else:
            fold_section(ranked.section("ranking"), f"{hypotheses} hypotheses, none of which can be named", 0)
        return
    st.header("Ranked options, as published", anchor="ranking")
    result = ranked.assessment.policy("as_published")
    note(result.sentence, "caution")
    section = ranked.section("policies")
    table = section.block(f"ranking_{result.policy}") if section else None
    if table is not None:
        show(table)
    else:
        note("No option is ranked under this policy.", "caution")


page()
