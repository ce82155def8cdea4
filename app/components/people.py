"""Who works here: the user of this machine, or whoever signed in; and the case store in their name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAuthError, StreamlitSecretNotFoundError

import cds
from cds.hosting.access import role_of
from cds.store.cases import CaseStore, open_store
from cds.store.drafts import Drafts
from cds.store.places import clear_left, local_user


def signs_in() -> bool:
    """Whether a sign-in is set up (`[auth]` in `.streamlit/secrets.toml`)."""
    return bool(_secret("auth"))


def _secret(name: str) -> Mapping[str, Any]:
    try:
        return dict(st.secrets.get(name, {}))
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return {}


def role() -> str | None:
    """`edit`, `read`, or None for somebody who has no right here."""
    if not signs_in():
        return "edit"
    roles: Mapping[str, Sequence[str]] = _secret("roles")
    return role_of(_claim("email"), _claim("email_verified") in (True, "true"), roles)


def _claim(name: str) -> Any:
    return st.user.get(name) if st.user.get("is_logged_in") else None


def actor() -> str:
    """Who signs what is written."""
    return str(_claim("email")) if signs_in() else local_user()


def may_edit() -> bool:
    """Whether this person may change what is kept."""
    return role() == "edit"


def gate() -> bool:
    """Let in whom the list of roles names; True if the page may be shown."""
    if not signs_in() or role():
        return True
    if not st.user.get("is_logged_in"):
        st.text("Please sign in.")
        st.button("Sign in", on_click=_sign_in, type="primary")
        if st.session_state.get("sign_in_failed"):
            st.text("The sign-in is not set up completely. `cds doctor` says what is missing.")
        return False
    st.text("You are signed in, but no role here is yours. Ask whoever keeps the list of roles.")
    st.button("Sign out", on_click=st.logout)
    return False


def _sign_in() -> None:
    """Go to the sign-in service; what is missing for it is told without a trace."""
    try:
        st.login()
    except StreamlitAuthError:
        st.session_state["sign_in_failed"] = True


@st.cache_resource(show_spinner=False)
def _opened() -> CaseStore:
    """The connection to the store, shared by all sessions; no patient data is cached.

    At the start of the app what earlier visits left behind and nobody needs any more is removed.
    """
    clear_left()
    opened = open_store()
    Drafts(opened).drop_old()
    return opened


def store() -> CaseStore | None:
    """The case store in this person's name; None, with the reason on the page, if it can't be opened."""
    try:
        return _opened().as_actor(actor())
    except cds.CdsError as refused:
        st.session_state["store_refused"] = str(refused)
        return None
