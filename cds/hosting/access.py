"""Who may do what. Without a sign-in: the user of this machine, who may do everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Role = Literal["edit", "read"]
ANYONE = "*"


def role_of(email: str | None, verified: bool, roles: Mapping[str, Sequence[str]]) -> Role | None:
    """The role of somebody who signed in; None if the list does not name the address.

    An address that the sign-in service did not verify has no role. `*` stands for everybody who
    can sign in, and is heeded for `read` only.
    """
    if not email or not verified:
        return None
    name = email.strip().casefold()
    if name in {address.strip().casefold() for address in roles.get("edit", ()) if address != ANYONE}:
        return "edit"
    readers = {address.strip().casefold() for address in roles.get("read", ())}
    return "read" if name in readers or ANYONE in readers else None


#: What Streamlit asks of a sign-in, beside the secret of the service.
NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
SHORTEST_SECRET = 32


def sign_in_faults(secrets: Mapping[str, Any]) -> tuple[str, ...]:
    """What is missing in `secrets.toml`; it names keys and never shows a value."""
    if "auth" not in secrets:
        return ()
    auth = secrets["auth"]
    faults = [f"[auth] has no {name}" for name in NEEDED if not auth.get(name)]
    if 0 < len(str(auth.get("cookie_secret", ""))) < SHORTEST_SECRET:
        faults.append(f"[auth] cookie_secret is shorter than {SHORTEST_SECRET} characters")
    roles = secrets.get("roles", {})
    if not roles.get("edit") and not roles.get("read"):
        faults.append("[roles] names nobody: no one will get in")
    if ANYONE in roles.get("edit", ()):
        faults.append("[roles] edit = * is not heeded: name every address")
    return tuple(faults)
