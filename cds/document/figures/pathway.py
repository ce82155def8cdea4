"""The pathway picture: which nodes this patient's tests reached, and where the options act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cds.document.blocks import Figure, Table
from cds.document.figures.drawing import Drawing
from cds.document.figures.palette import ACTION, LINE, SECOND, STOP, TEXT, WHITE
from cds.document.figures.states import State, cell, legend
from cds.rulebook.pictures import Edge, Node, Picture

_STEP_X, _STEP_Y, _WIDE, _HIGH, _TOP, _LEFT = 164.0, 112.0, 142.0, 78.0, 34.0, 26.0


@dataclass(frozen=True)
class NodeState:
    """A node in this patient: its state and the findings in words, and the drugs that act there."""

    state: State
    findings: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()


def pathway(picture: Picture, states: Mapping[str, NodeState]) -> Figure:
    """Draw the picture for one patient; a node without a state is not tested."""
    known = {node.id: states.get(node.id, NodeState("not tested")) for node in picture.nodes}
    sentence = _sentence(picture, known)
    drawing = Drawing(sentence)
    legend(drawing, 0, 2)
    places = {node.id: _corner(node) for node in picture.nodes}
    for edge in picture.edges:
        _edge(drawing, edge, places)
    for node in picture.nodes:
        _node(drawing, node, places[node.id], known[node.id])
    rows = tuple(
        (node.label, known[node.id].state, "; ".join(known[node.id].findings) or "nothing entered",
         ", ".join(known[node.id].drugs) or "none of the ranked options")
        for node in picture.nodes
    )  # fmt: skip
    table = Table(picture.title, ("Node", "State", "Findings", "Drugs that act here"), rows)
    bottom = max(y for _, y in places.values()) + _HIGH
    return Figure("pathway", sentence, drawing.svg(bottom + 10), table)


def _sentence(picture: Picture, states: Mapping[str, NodeState]) -> str:
    tested = [node for node in picture.nodes if states[node.id].state != "not tested"]
    altered = [node.label for node in tested if states[node.id].state == "altered"]
    said = f"altered: {', '.join(altered)}" if altered else "none altered"
    return f"{len(tested)} of {len(picture.nodes)} nodes of the pathway are tested; {said}."


def _corner(node: Node) -> tuple[float, float]:
    return _LEFT + node.column * _STEP_X, _TOP + node.row * _STEP_Y


def _node(drawing: Drawing, node: Node, corner: tuple[float, float], found: NodeState) -> None:
    x, y = corner
    strong = found.state == "altered"
    drawing.rect(x, y, _WIDE, _HIGH, WHITE, ACTION if strong else LINE, 2.5 if strong else 1.2, 5)
    cell(drawing, x + 6, y + 7, 14, 14, found.state)
    used = drawing.wrapped(x + 26, y + 18, node.label, _WIDE - 24, 12, bold=strong)
    drawing.text(x + 26, y + 18 + used * 15, found.state, 11.5, fill=SECOND)
    if found.drugs:
        drawing.wrapped(
            x + 6, y + 21 + (used + 1) * 14.5, f"× {', '.join(found.drugs)}", _WIDE, 11.5, fill=STOP
        )


def _edge(drawing: Drawing, edge: Edge, places: Mapping[str, tuple[float, float]]) -> None:
    (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
    if edge.feedback:
        _loop(drawing, x1, y1 + _HIGH / 2, y2 + _HIGH / 2, edge.acts)
    elif abs(y1 - y2) < 1:
        right = x1 > x2
        left, end = (x1, x2 + _WIDE) if right else (x1 + _WIDE, x2)
        _arrow(drawing, (left, y1 + _HIGH / 2), (end, y2 + _HIGH / 2), edge.acts)
    else:
        down = y2 > y1
        start = (x1 + _WIDE / 2, y1 + _HIGH if down else y1)
        _arrow(drawing, start, (_meet(x1, x2), y2 if down else y2 + _HIGH), edge.acts)


def _meet(x1: float, x2: float) -> float:
    """Where an edge enters a node: its middle, a little towards where the edge comes from."""
    shift = max(-40.0, min(40.0, (x1 - x2) / 3))
    return x2 + _WIDE / 2 + shift


def _loop(drawing: Drawing, x: float, y1: float, y2: float, acts: str) -> None:
    side = x - 16
    drawing.path(
        f"M{x:.1f} {y1:.1f} L{side:.1f} {y1:.1f} L{side:.1f} {y2:.1f} L{x - 3:.1f} {y2:.1f}",
        LINE,
        1.5,
        dash="5 3",
    )
    _head(drawing, (side, y2), (x - 2, y2), acts)


def _arrow(drawing: Drawing, start: tuple[float, float], end: tuple[float, float], acts: str) -> None:
    drawing.line(*start, *end, LINE, 1.6)
    _head(drawing, start, end, acts)


def _head(drawing: Drawing, start: tuple[float, float], end: tuple[float, float], acts: str) -> None:
    """An arrow head for what activates, a bar for what inhibits."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1.0)
    ux, uy = dx / length, dy / length
    end = (end[0] - 3 * ux, end[1] - 3 * uy)
    if acts == "inhibits":
        drawing.line(end[0] - 8 * uy, end[1] + 8 * ux, end[0] + 8 * uy, end[1] - 8 * ux, TEXT, 2.2)
    else:
        back = (end[0] - 9 * ux, end[1] - 9 * uy)
        points = (
            f"M{end[0]:.1f} {end[1]:.1f} L{back[0] - 4.5 * uy:.1f} {back[1] + 4.5 * ux:.1f} "
            f"L{back[0] + 4.5 * uy:.1f} {back[1] - 4.5 * ux:.1f} Z"
        )
        drawing.path(points, TEXT, 1, TEXT)


def drawn(
    picture: Picture, values: Mapping[str, tuple[str, str]], drugs: Mapping[str, Sequence[str]]
) -> dict[str, NodeState]:
    """The state of every node: `values` holds a marker's value and its words, `drugs` those of a node."""
    return {node.id: _state(node, values, tuple(drugs.get(node.id, ()))) for node in picture.nodes}


def _state(node: Node, values: Mapping[str, tuple[str, str]], drugs: tuple[str, ...]) -> NodeState:
    markers = [name for name in dict.fromkeys([*node.altered, *node.uncertain]) if name in values]
    findings = tuple(values[name][1] for name in markers)
    if not markers:
        return NodeState("not tested", (), drugs)
    for state, meaning in (("altered", node.altered), ("uncertain", node.uncertain)):
        if any(values[name][0] in meaning.get(name, ()) for name in markers):
            return NodeState("altered" if state == "altered" else "uncertain", findings, drugs)
    return NodeState("tested, normal", findings, drugs)
