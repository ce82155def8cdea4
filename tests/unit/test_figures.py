"""Pictures: each has a sentence, numbers as a table, escaped labels, and nothing that acts or leaves."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from defusedxml import ElementTree

from cds.document.blocks import Figure
from cds.document.figures import matrix, palette, pathway, ranks, survival, tallies, waterfall
from cds.document.figures.drawing import Drawing, wrap
from cds.document.figures.states import STATES
from cds.rulebook.load import load
from cds.vocabulary import Verification

OPTIONS = ("everolimus + sorafenib", "everolimus + palbociclib", "radium-223 + nivolumab + everolimus")
NASTY = ("<script>x</script>", 'a" onload="x', "a\u202eb & c", "]]>")
COUNTS = {
    OPTIONS[0]: {Verification.CONFIRMED: 3, Verification.PARTLY: 1},
    OPTIONS[1]: {Verification.CONTRADICTED: 2, Verification.UNCHECKED: 1},
}


def curve(label: str, drop: float, start: int) -> survival.Curve:
    times = [6.0, 12, 18, 24, 30]
    share = [1 - drop * n for n in range(1, 6)]
    return survival.Curve(
        label, times, share, [s - 0.05 for s in share], [min(1, s + 0.05) for s in share], [9.0, 20],
        [start, start - 5, start - 9, start - 12],
    )  # fmt: skip


def everything(labels: tuple[str, ...] = OPTIONS) -> list[Figure]:
    """Every builder once, with the labels where labels stand."""
    one, two, three = labels[:3]
    steps = [
        waterfall.Step("E1", one, 60, "counted", "● CONFIRMED"),
        waterfall.Step("E2", two, -20, "counted", "◐ PARTLY"),
        waterfall.Step("R1", three, 0, "not counted", "○ UNCHECKED"),
    ]
    book = load()
    states = pathway.drawn(book.pathway, {"rb1": ("lost", f"RB1: {one}")}, {"mtorc1": [two]})
    return [
        ranks.heat_strip(labels[:3], [(0.8, 0.15, 0.05), (0.2, 0.7, 0.1), (0, 0.15, 0.85)], "weightings"),
        ranks.policy_slope([ranks.TwoRanks(one, 1, 2), ranks.TwoRanks(two, None, 1, "refused")], "a", "b"),
        ranks.test_slope([ranks.Reach("RB1", one, 2, 1, 3), ranks.Reach("PTEN", two, 1, 1, 1)]),
        waterfall.waterfall("w", one, "A", 40, steps),
        tallies.evidence_tally(dict(zip(labels, COUNTS.values(), strict=False))),
        tallies.toxicity_overlap(
            labels[:2], {"skin": {one: ["rash", "hand-foot reaction"]}, "mouth": {two: ["x"]}}
        ),
        tallies.missingness([(one, 3), (two, 9)], 10),
        tallies.first_option_bars([tallies.First(one, 7, 2), tallies.First(two, 1, 6)], 10),
        tallies.stability_dots([0.2, 0.4, 0.9, 1.0, 1.0]),
        survival.kaplan_meier([curve(one, 0.05, 40), curve(two, 0.15, 30)], [0, 12, 24, 30], three, 24),
        matrix.marker_matrix({one: STATES, two: STATES[::-1]}),
        pathway.pathway(book.pathway, states),
    ]


ALL = everything()


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.id)
def test_a_picture_is_named_by_its_sentence(figure):
    root = ElementTree.fromstring(figure.svg)
    assert root[0].tag.endswith("title")
    assert root[0].text == figure.sentence
    assert root.get("role") == "img"
    assert figure.sentence.endswith(".")


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.id)
def test_a_picture_brings_its_numbers_as_a_table(figure):
    assert figure.table.rows
    assert figure.table.caption
    assert {len(row) for row in figure.table.rows} == {len(figure.table.columns)}


@pytest.mark.parametrize("figure", [*ALL, *everything(NASTY)], ids=lambda figure: figure.id)
def test_a_picture_holds_shapes_and_text_only(figure):
    root = ElementTree.fromstring(figure.svg)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "text", "line", "rect", "circle", "polygon", "path"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {
        name for name in attributes if name.startswith("on") or name in ("id", "href", "style", "class")
    }
    assert "url(" not in figure.svg


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.id)
def test_nothing_is_drawn_outside_the_picture(figure):
    """Text is measured with the same width that wraps it, which is on the safe side."""
    root = ElementTree.fromstring(figure.svg)
    _, _, width, height = map(float, root.get("viewBox").split())
    for element in root.iter():
        if element.tag.endswith("}text"):
            long = len(element.text or "") * float(element.get("font-size")) * 0.47
            x, anchor = float(element.get("x")), element.get("text-anchor")
            left = {"end": x - long, "middle": x - long / 2}.get(anchor, x)
            assert left >= -2, element.text
            assert left + long <= width + 2, element.text
            assert 0 < float(element.get("y")) <= height


def test_no_word_is_cut():
    long = "Hydroxychloroquine-with-a-very-long-hyphenated-partner and more"
    assert "".join(wrap(long, 80)).replace(" ", "") == long.replace(" ", "")
    drawing = Drawing("s.")
    assert drawing.wrapped(0, 0, long, 80) == len(wrap(long, 80))


def test_numbers_in_the_waterfall_are_those_of_the_table_and_add_up():
    figure = next(figure for figure in ALL if figure.id == "w")
    points = [int(row[3]) for row in figure.table.rows]
    assert sum(points[:-1]) == points[-1] == 40
    assert f"score {points[-1]:+d}" in figure.sentence
    drawn = re.findall(r">([+-]\d+|0)</text>", figure.svg)
    assert [int(text) for text in drawn] == points
    assert [row[1] for row in figure.table.rows] == ["for", "against", "no effect", ""]


def test_numbers_in_the_heat_strip_are_those_of_the_table():
    figure = ALL[0]
    drawn = re.findall(r">([<&;lgt\d]+)</text>", figure.svg)
    cells = [cell for row in figure.table.rows for cell in row[1:]]
    assert [text for text in drawn if not text.startswith("rank")][-len(cells) :] == cells
    assert "80 out of 100" in figure.sentence
    assert "not a chance of benefit" in figure.sentence


@pytest.mark.parametrize(
    ("share", "said"), [(0, "0"), (0.004, "<1"), (0.5, "50"), (0.996, ">99"), (1, "100"), (0.0099, "<1")]
)
def test_shares_never_round_to_never_or_always(share, said):
    assert ranks.percent(share) == said


def test_kaplan_meier_needs_numbers_at_risk_and_at_most_four_groups():
    curves = [curve(f"group {n}", 0.05, 40) for n in range(5)]
    with pytest.raises(ValueError, match="at most 4 groups"):
        survival.kaplan_meier(curves, [0, 12, 24, 30], "data", 24)
    figure = survival.kaplan_meier(curves[:2], [0, 12, 24, 30], "TARGET", 24)
    assert "At 24 months 80 (75 to 85) of 100 alive in group 0" in figure.sentence
    assert "not a treatment effect" in figure.sentence
    assert "Number at risk" in figure.svg
    assert "at risk 40" in figure.table.rows[0][1]


def test_a_curve_is_flat_until_its_next_event():
    found = curve("x", 0.1, 40)
    assert found.value(0) == (1.0, 1.0, 1.0)
    assert found.value(11.9)[0] == pytest.approx(0.9)
    assert found.value(12)[0] == pytest.approx(0.8)
    assert found.value(99)[0] == pytest.approx(0.5)


def test_a_matrix_is_cut_into_strips_of_sixty_without_losing_a_patient():
    draw = random.Random(1)
    states = [draw.choice(STATES) for _ in range(145)]
    figures = list(matrix.strips({"a finding": states}))
    assert [figure.id for figure in figures] == ["marker-matrix-1", "marker-matrix-61", "marker-matrix-121"]
    present = sum(int(figure.table.rows[0][1]) for figure in figures)
    known = sum(int(figure.table.rows[0][2]) for figure in figures)
    assert present == states.count("altered")
    assert known == len(states) - states.count("not tested")
    with pytest.raises(ValueError, match="60 patients"):
        matrix.marker_matrix({"a finding": states})


def test_not_tested_looks_like_no_other_state():
    shapes = []
    for state in STATES:
        drawing = Drawing("s.")
        from cds.document.figures.states import cell

        cell(drawing, 0, 0, 10, 10, state)
        shapes.append(tuple(re.findall(r"<(rect|line|circle)", drawing.svg(10))))
    assert len(set(zip(shapes, STATES, strict=True))) == 4
    assert shapes[STATES.index("not tested")] == ("rect", "line")
    assert shapes[STATES.index("uncertain")] == ("rect", "circle")


def test_the_pathway_tells_tested_altered_and_untested_nodes():
    book = load()
    known = {
        "rb1": ("lost", "RB1: lost"),
        "p_s6": ("intermediate", "p-S6: intermediate"),
        "pten": ("intact", "PTEN"),
    }
    states = pathway.drawn(book.pathway, known, {"cdk46": ["palbociclib"]})
    assert states["rb1"].state == "altered"
    assert states["s6"].state == "uncertain"
    assert states["pten"].state == "tested, normal"
    assert states["akt"].state == "not tested"
    figure = pathway.pathway(book.pathway, states)
    assert f"3 of {len(book.pathway.nodes)} nodes" in figure.sentence
    assert "altered: RB1" in figure.sentence
    assert any("palbociclib" in row[3] for row in figure.table.rows)


def test_colours_stand_out_from_what_they_stand_on():
    for ink, tint in palette.TONES.values():
        assert palette.contrast(ink, palette.WHITE) >= 4.5
        assert palette.contrast(ink, tint) >= 4.5
    for step in range(10):
        fill, ink = palette.shade(step / 10)
        assert palette.contrast(fill, ink) >= 4.5
    for colour, _, _ in palette.SERIES:
        assert palette.contrast(colour, palette.WHITE) >= 3
    for colour in (palette.LINE, palette.ACTION, palette.STOP, palette.UNSURE):
        assert palette.contrast(colour, palette.WHITE) >= 3
    assert palette.contrast(palette.UNSURE, palette.NORMAL) >= 3


#: Simulation of colour vision without red, green or blue cones (Viénot, Brettel), linear RGB.
BLIND = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "deutan": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
    "tritan": ((1, 0.1446, -0.1446), (0, 0.8592, 0.1408), (0, 0.8592, 0.1408)),
}


def linear(colour: str) -> tuple[float, ...]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = (min(max(part, 0.0), 1.0) for part in rgb)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("vision", BLIND)
def test_series_stay_apart_for_every_colour_vision(vision):
    seen = [
        lab(tuple(sum(w * p for w, p in zip(row, linear(colour), strict=True)) for row in BLIND[vision]))
        for colour, _, _ in palette.SERIES
    ]
    for one, other in itertools.combinations(seen, 2):
        assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 >= 20


def lightness(colour: str) -> float:
    return lab(linear(colour))[0]


def test_series_and_shades_stay_apart_in_grey():
    greys = sorted(lightness(colour) for colour, _, _ in palette.SERIES)
    assert all(b - a >= 8 for a, b in itertools.pairwise(greys))
    shades = [lightness(palette.shade(step / 10)[0]) for step in range(10)]
    assert all(a - b >= 3 for a, b in itertools.pairwise(shades)), "a larger share is darker"


def test_series_differ_in_dash_and_shape_as_well():
    assert len({dash for _, dash, _ in palette.SERIES}) == len({shape for _, _, shape in palette.SERIES}) == 4


def test_empty_data_give_a_sentence_and_no_fault():
    assert tallies.missingness([], 0).sentence == "Nothing is missing."
    assert tallies.toxicity_overlap(OPTIONS[:1], {}).sentence.startswith("No toxicity is listed")
    assert ranks.test_slope([]).sentence == "No single test could move an option."
    assert tallies.stability_dots([]).sentence.startswith("Median 0")
    assert "No finding to show" in matrix.marker_matrix({}).sentence


def test_a_rare_first_option_is_not_told_as_none():
    figure = tallies.first_option_bars([tallies.First("rare", 33, 0)], 10_000)
    assert "33 (&lt;1\u00a0%) checked" in figure.svg
