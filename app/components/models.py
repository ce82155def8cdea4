"""Risk models that are installed: their cards, and what they say beside a ranking."""

from __future__ import annotations

import streamlit as st

from app.components.blocks import note
from cds import models_folder


def installed() -> list[str]:
    """The models in `models/` that have a card."""
    folder = models_folder()
    return sorted(path.parent.name for path in folder.glob("*/card.md")) if folder.is_dir() else []


def show_card(name: str) -> None:
    """The card of one model, as it is written."""
    path = models_folder() / name / "card.md"
    if path.is_file():
        st.markdown(path.read_text(encoding="utf-8"))
    else:
        note("This model has no card.", "caution")
