"""Join what is tied together: union-find over names or numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def joined(items: Iterable[T], ties: Iterable[Iterable[T]]) -> list[list[T]]:
    """Groups of items that ties connect, in order of their first item; ties to strangers are ignored."""
    leader = {item: item for item in items}

    def lead(item: T) -> T:
        while leader[item] != item:
            leader[item] = item = leader[leader[item]]
        return item

    for tie in ties:
        known = [lead(item) for item in tie if item in leader]
        for other in known[1:]:
            leader[lead(other)] = lead(known[0])
    groups: dict[T, list[T]] = {}
    for item in leader:
        groups.setdefault(lead(item), []).append(item)
    return list(groups.values())
