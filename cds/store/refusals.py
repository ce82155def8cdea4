"""What the case store refuses, and why."""

from __future__ import annotations

from cds.errors import CdsError, Fault


class StoreError(CdsError):
    """The store can't be used, or a request to it is refused; nothing was written."""

    exit_code = 2


class NotSaved(StoreError):
    """Somebody saved a newer version since this one was opened."""

    def __init__(self, opened: int, newest: int) -> None:
        """Say which version was opened and which is the newest."""
        problem = f"version {opened} was opened, version {newest} was saved since"
        remedy = "Open the newest version and enter the change there, or save as a new case."
        super().__init__("Not saved: the case was changed in the meantime", [Fault("case", problem, remedy)])


def refused(title: str, place: str, problem: str, remedy: str = "") -> StoreError:
    """One refusal with one fault."""
    return StoreError(title, [Fault(place, problem, remedy)])
