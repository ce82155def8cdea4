"""The pathway picture as data: nodes on a grid, what joins them, and where drugs act."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from cds.errors import Fault
from cds.rulebook.base import Id, MarkerId, Record, Text
from cds.vocabulary import Verification

if TYPE_CHECKING:
    from cds.rulebook.book import Rulebook


class Node(Record):
    """A protein or complex, the markers that tell of it, and which of their values are what.

    A value listed nowhere is normal. `column` may lie between two columns.
    """

    id: Id
    label: Text
    column: Annotated[float, Field(ge=0, le=4)]
    row: Annotated[float, Field(ge=0, le=9)]
    altered: dict[MarkerId, tuple[Text, ...]] = Field(default_factory=dict)
    uncertain: dict[MarkerId, tuple[Text, ...]] = Field(default_factory=dict)


class Edge(Record):
    """What one node does to another."""

    source: Id
    target: Id
    acts: Literal["activates", "inhibits"]
    feedback: Literal["left", "right"] | None = None


class Action(Record):
    """Where a drug acts, and the options that hold it (ids or tags)."""

    drug: Text
    node: Id
    options: tuple[Id, ...] = Field(min_length=1)
    acts: Literal["blocks", "blocks in part"] = "blocks"


class Picture(Record):
    """`rules/pathway.yaml`: the pathway picture. It illustrates; it gives no points."""

    title: Text
    note: Text
    nodes: tuple[Node, ...] = Field(min_length=1)
    edges: tuple[Edge, ...]
    actions: tuple[Action, ...]
    verification: Verification


def picture_faults(book: Rulebook) -> Iterator[Fault]:
    """Names of the pathway picture that nothing carries."""
    picture, place = book.pathway, "rules/pathway.yaml"
    if picture is None:
        return
    nodes = [node.id for node in picture.nodes]
    tags = {tag for option in book.options for tag in option.tags}
    for node in picture.nodes:
        for marker, values in [*node.altered.items(), *node.uncertain.items()]:
            declared = book.marker[marker].values if marker in book.marker else {}
            for value in values:
                if value not in declared:
                    yield Fault(place, f"{node.id}: {marker} has no value {value!r}", "Mend the name.")
    ends = [end for edge in picture.edges for end in (edge.source, edge.target)]
    for name in [*ends, *(action.node for action in picture.actions)]:
        if name not in nodes:
            yield Fault(place, f"unknown node {name!r}", "Declare it among the nodes.")
    for action in picture.actions:
        for name in action.options:
            if name not in {"all", *tags, *book.option}:
                yield Fault(place, f"{action.drug}: unknown option or tag {name!r}", "Mend the name.")
