"""The marker matrix of a cohort: one column for each patient, one row for each finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cds.document.blocks import Figure, Table
from cds.document.figures.drawing import Drawing
from cds.document.figures.palette import SECOND
from cds.document.figures.states import State, cell, legend

STRIP = 60
_LEFT, _RIGHT, _HIGH = 230.0, 72.0, 16.0
_WORDS = ("present", "absent", "uncertain", "not known")


def marker_matrix(cells: Mapping[str, Sequence[State]], first: int = 1) -> Figure:
    """At most 60 patients in the order given; `first` is the number of the first column."""
    columns = max(map(len, cells.values()), default=0)
    if columns > STRIP:
        raise ValueError(f"a strip holds {STRIP} patients, found {columns}; use `strips`")
    counts = {label: _count(states) for label, states in cells.items()}
    lead = max(counts, key=lambda label: counts[label][0], default="")
    sentence = "No finding to show."
    if lead:
        present, known = counts[lead]
        sentence = (
            f"Patients {first} to {first + columns - 1}: {lead} present in {present} of {known} known; "
            f"{columns - known} not known."
        )
    drawing = Drawing(sentence)
    legend(drawing, 0, 2, _WORDS)
    wide = (drawing.width - _LEFT - _RIGHT) / max(columns, 12)
    y = 30.0
    for label, states in cells.items():
        taken = drawing.wrapped(0, y + 12, label, _LEFT - 12, 11.5)
        for index, state in enumerate(states):
            cell(drawing, _LEFT + index * wide, y, wide - 1, _HIGH - 2, state)
        present, known = counts[label]
        drawing.text(drawing.width, y + 12, f"{present}/{known}", 11.5, "end", SECOND)
        y += max(_HIGH, taken * 14.4 + 3)
    for index in range(0, columns, 10):
        drawing.text(_LEFT + (index + 0.5) * wide, y + 14, str(first + index), 11, "middle", SECOND)
    drawing.text(drawing.width, y + 14, "present/known", 11, "end", SECOND)
    rows = tuple((label, str(p), str(k), str(columns - k)) for label, (p, k) in counts.items())
    caption = f"Findings, patients {first} to {first + columns - 1}"
    table = Table(caption, ("Finding", "Present", "Known", "Not known"), rows, numeric=(1, 2, 3))
    return Figure(f"marker-matrix-{first}", sentence, drawing.svg(y + 20), table)


def strips(cells: Mapping[str, Sequence[State]]) -> Iterator[Figure]:
    """The matrix of any number of patients, 60 at a time."""
    columns = max(map(len, cells.values()), default=0)
    for start in range(0, columns, STRIP):
        part = {label: states[start : start + STRIP] for label, states in cells.items()}
        yield marker_matrix(part, start + 1)


def _count(states: Sequence[State]) -> tuple[int, int]:
    present = sum(state == "altered" for state in states)
    return present, sum(state != "not tested" for state in states)
