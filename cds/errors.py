"""Faults: each has a place, a problem and a remedy; all faults of a file are raised at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong: where it stands, what it is, how it is put right."""

    place: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        """`place: problem. Remedy` on one line."""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.place}: {self.problem}.{remedy}"


def unknown_name(place: str, what: str, name: str, known: Iterable[str]) -> Iterator[Fault]:
    """A fault with a suggestion, if `name` is not among the known names."""
    names = list(known)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        remedy = f"Did you mean {close[0]}?" if close else f"Declare it or use one of {len(names)} declared."
        yield Fault(place, f"unknown {what} {name!r}", remedy)


class CdsError(Exception):
    """Base of all refusals; `exit_code` is what the command line returns.

    Exit codes: 0 done; 1 done, but rows were refused or a check found something wrong; 2 bad input or
    usage, nothing written; 3 rulebook or model refused; 4 interrupted, nothing written; 70 internal fault.
    """

    exit_code = 70

    def __init__(self, title: str, faults: Iterable[Fault] = ()) -> None:
        """Keep the title and the faults, in the order in which they were found."""
        self.title = title
        self.faults = tuple(faults)
        super().__init__("\n".join([title, *(f"  {fault}" for fault in self.faults)]))


class InputError(CdsError):
    """The user's file or argument can't be used; nothing was written."""

    exit_code = 2


class RulebookError(CdsError):
    """The rulebook is refused; no ranking is made from a bad rulebook."""

    exit_code = 3


class ModelError(CdsError):
    """A risk model is refused: tampered, of another version, or with other features."""

    exit_code = 3


class Interrupted(CdsError):
    """A long run was stopped by somebody or by the machine; nothing was written."""

    exit_code = 4
