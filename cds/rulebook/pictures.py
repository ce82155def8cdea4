"""The pathway picture as data: nodes on a grid, what joins them, and where drugs act."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds.rulebook.base import Id, MarkerId, Record, Text
from cds.vocabulary import Verification


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
