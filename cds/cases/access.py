"""Who may do what. Without a sign-in: the user of this machine, who may do everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

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
