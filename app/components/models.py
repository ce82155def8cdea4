"""Risk models: none unless one is chosen; what one says stands beside the order, never in its place."""

from __future__ import annotations

import re

import streamlit as st

from app.components.blocks import note, show_section
from app.components.frame import refusal
from app.components.work import Ranked, book, work
from cds.errors import CdsError
from cds.locations import models_folder
from cds.risk.model import RiskModel
from cds.risk.shelf import installed_model, read_record, shelved

NONE = "no risk model"


@st.cache_resource(show_spinner="Checking the model against its digests and golden rows", max_entries=8)
def _checked(name: str, _digest: str) -> RiskModel:
    """A model that was checked whole; it holds no data of the patients here."""
    return installed_model(name, book())


def model_titles() -> dict[str, str]:
    """`ID@VERSION` -> what the model is, for every installed model; simulated ones last."""
    declared = [read_record(folder).manifest.declaration for folder in shelved()]
    ordered = sorted(declared, key=lambda one: (one.simulated, one.id))
    return {f"{one.id}@{one.version}": f"{one.title} ({one.id} {one.version})" for one in ordered}


def beside(ranked: Ranked) -> None:
    """Choose a model, and see both orders."""
    st.header("Risk model", anchor="model")
    try:
        titles = model_titles()
    except CdsError as refused:  # the rest of the page stands without a model
        refusal(refused)
        return
    if not titles:
        note("No risk model was used. None is installed.")
        return
    job = work()
    st.selectbox(
        "Beside the order",
        ["", *titles],
        index=["", *titles].index(job.model) if job.model in titles else 0,
        format_func=lambda name: titles.get(name, NONE),
        key=f"risk_model_{job.form}",
        on_change=_choose,
        args=(ranked,),
    )
    if job.said_of_model:
        refusal(job.said_of_model)
    section = ranked.section("model")
    if section is not None:
        show_section(section, heading=False)


def _choose(ranked: Ranked) -> None:
    job = work()
    name = st.session_state[f"risk_model_{job.form}"]
    job.said_of_model = None
    try:
        ranked.beside(_checked(name, book().digest) if name else None)
        job.model = name
    except CdsError as refused:
        job.model, job.said_of_model = "", refused
        ranked.beside(None)


def show_card(name: str) -> None:
    """The card of one model, as it is written."""
    path = models_folder() / name.partition("@")[0] / "card.md"
    if path.is_file():
        below = re.sub(r"^#", "###", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        st.markdown(below)  # its headings stand below those of the page
    else:
        note("This model has no card.", "caution")
