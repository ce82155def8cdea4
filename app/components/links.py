"""Choices that stand in the address by their id, so that a link opens the same view.

Streamlit's own binding writes the shown label, which changes with wording and rank. No value of a
patient is ever bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st


def asks_wrongly(name: str, options: Mapping[str, str]) -> bool:
    """Whether the address asks for a choice that does not exist."""
    asked = st.query_params.get(name)
    return asked is not None and asked not in options


def choose(
    widget: Callable[..., Any], label: str, options: Mapping[str, str], name: str, default: str, **how: Any
) -> str:
    """A widget over ids that follows the address and is followed by it; the default leaves it."""
    asked, followed = st.query_params.get(name), f"{name}_followed"
    if asked in options and asked != st.session_state.get(followed):
        st.session_state[name] = asked
    if st.session_state.get(name) not in options:
        st.session_state[name] = default
    chosen = widget(
        label,
        list(options),
        format_func=lambda key: options.get(key, key),
        key=name,
        persist_state="session",
        **how,
    )
    st.session_state[followed] = chosen
    if chosen != default:
        st.query_params[name] = chosen
    elif name in st.query_params:
        del st.query_params[name]
    return str(chosen)
