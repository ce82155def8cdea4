"""The pathway picture as data: nodes on a grid, what joins them, and where drugs act."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cds.rulebook.base import Id, MarkerId, Record, Text
from cds.vocabulary import Verification


class Node(Record):
    """A protein or complex, the markers that tell of it, and which of their values are what.

    A value listed nowhere is normal. `column` may lie between two columns.

    Attributes:
        id: Name.
        label: Name in the picture.
        column: Place from the left.
        row: Place from the top.
        altered: Marker values that mean it is altered.
        uncertain: Marker values of which nobody knows what they mean.
    """

    id: Id
    label: Text
    column: Annotated[float, Field(ge=0, le=4)]
    row: Annotated[float, Field(ge=0, le=9)]
    altered: dict[MarkerId, tuple[Text, ...]] = Field(default_factory=dict)
    uncertain: dict[MarkerId, tuple[Text, ...]] = Field(default_factory=dict)


class Edge(Record):
    """What one node does to another.

    Attributes:
        source: The node that acts.
        target: The node that it acts on.
        acts: What it does.
        feedback: Side on which a feedback is drawn.
    """

    source: Id
    target: Id
    acts: Literal["activates", "inhibits"]
    feedback: Literal["left", "right"] | None = None


class Action(Record):
    """Where a drug acts, and the options that hold it (ids or tags).

    Attributes:
        drug: The drug.
        node: The node that it blocks.
        options: Options that hold the drug: ids, tags, or `all`.
        acts: Whether it blocks the node whole.
    """

    drug: Text
    node: Id
    options: tuple[Id, ...] = Field(min_length=1)
    acts: Literal["blocks", "blocks in part"] = "blocks"


class Picture(Record):
    """`rules/pathway.yaml`: the pathway picture. It illustrates; it gives no points.

    Attributes:
        title: Its title.
        note: What a reader must not take from it.
        nodes: What is drawn.
        edges: What joins them.
        actions: Where drugs act.
        verification: What our check of it found.
    """

    title: Text
    note: Text
    nodes: tuple[Node, ...] = Field(min_length=1)
    edges: tuple[Edge, ...]
    actions: tuple[Action, ...]
    verification: Verification
