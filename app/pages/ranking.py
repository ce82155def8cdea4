"""Page 3: the ranking, in the blocks of the same document that every report renders."""

from __future__ import annotations

import streamlit as st

from app.components.blocks import note, show, show_section
from app.components.frame import policy
from app.components.views import open_ranking
from app.components.work import Ranked
from cds import Block, Section, Table


def page() -> None:
    """Answer, safety in short, what stands beside, the order, and what is not ranked."""
    st.title("Ranking")
    ranked = open_ranking()
    if ranked is None:
        return
    show_section(ranked.section("answer"))
    show_section(ranked.section("safety"))
    show_section(ranked.section("comparators"))
    _order(ranked)
    show_section(ranked.section("not-ranked"))
    for name in ("stability", "separation", "intervals"):
        show_section(ranked.section(name))
    _differences(ranked)


def _order(ranked: Ranked) -> None:
    """The order of the policy that was chosen; the other one stands further down."""
    if policy() == "checked":
        show_section(ranked.section("ranking"))
        return
    st.header("Ranked options, as published", anchor="ranking")
    result = ranked.assessment.policy("as_published")
    note(result.sentence, "caution")
    shown = [
        block for block in _policies(ranked) if isinstance(block, Table) and result.label in block.caption
    ]
    for block in shown[:1]:
        show(block)
    if not result.ranked():
        note("No option is ranked under this policy.", "caution")


def _differences(ranked: Ranked) -> None:
    section = ranked.section("policies")
    if section is not None:
        show_section(Section(section.id, section.title, tuple(_policies(ranked))))


def _policies(ranked: Ranked) -> tuple[Block, ...]:
    section = ranked.section("policies")
    return section.blocks if section else ()


page()
