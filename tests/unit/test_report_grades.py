"""Grades of evidence and the pathway picture: declared, complete, never mixed, never points."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from cds.document.blocks import Table
from cds.report.case import document as case
from cds.rulebook.crosschecks.shown import check_grades, check_picture
from cds.rulebook.grades import GRADED, TO_BE_CONFIRMED, Grade
from cds.rulebook.load import load
from cds.rulebook.pictures import Edge
from tests.unit import report_reading as reading


def test_every_option_and_every_rule_that_speaks_for_or_against_is_graded():
    book = load()
    regimens = {grade.names for grade in book.grades if grade.of == "regimen"}
    markers = {grade.names for grade in book.grades if grade.of == "marker"}
    assert regimens == set(book.option)
    assert markers == {rule.id for rule in book.rule.values() if rule.kind in GRADED}
    assert all(len(grade.because) > 20 for grade in book.grades)


def test_no_grade_is_called_confirmed_before_a_person_confirmed_it():
    assert {grade.verification.value for grade in load().grades} == {"unchecked"}


@pytest.mark.parametrize(
    "levels", [{"m": "m3", "amp": "II-D", "escat": "IV-A", "of": "regimen"}, {"m": "m3", "of": "marker"}]
)
def test_a_regimen_never_takes_the_grade_of_a_marker(levels):
    with pytest.raises(ValidationError, match="a regimen has m only"):
        Grade.model_validate({"names": "O01", "because": "x", "verification": "unchecked", **levels})


class Changed:
    """The rulebook with some shelves changed."""

    def __init__(self, **fields) -> None:
        self.__dict__ |= fields

    def __getattr__(self, name):
        return getattr(load(), name)


def changed(**fields) -> list[str]:
    book = Changed(**fields)
    return [str(fault) for fault in (*check_grades(book), *check_picture(book))]


def grade(**fields) -> Grade:
    whole = {"of": "regimen", "names": "O01", "m": "m3", "because": "x", "verification": "unchecked"}
    return Grade.model_validate(whole | fields)


def test_faults_of_grades_are_told():
    grades = load().grades
    assert any("unknown regimen 'O99'" in fault for fault in changed(grades=(*grades, grade(names="O99"))))
    assert any("m has no level 'm9'" in fault for fault in changed(grades=(*grades[1:], grade(m="m9"))))
    assert any("O01 has no grade" in fault for fault in changed(grades=grades[1:]))
    rules = tuple(kept for kept in grades if kept.names != "m.pten")
    assert any("m.pten has no grade" in fault for fault in changed(grades=rules))
    assert not changed()


def test_faults_of_the_pathway_picture_are_told():
    picture = load().pathway
    edge = Edge(source="nowhere", target="akt", acts="activates")
    found = changed(pathway=picture.model_copy(update={"edges": (edge,)}))
    assert any("unknown node 'nowhere'" in fault for fault in found)
    node = picture.nodes[0].model_copy(update={"altered": {"rb1": ("gone",), "no_marker": ("x",)}})
    found = changed(pathway=picture.model_copy(update={"nodes": (node, *picture.nodes[1:])}))
    assert any("rb1 has no value 'gone'" in fault for fault in found)
    assert any("no_marker has no value" in fault for fault in found)
    act = picture.actions[0].model_copy(update={"options": ("O99",)})
    found = changed(pathway=picture.model_copy(update={"actions": (act,)}))
    assert any("unknown option or tag 'O99'" in fault for fault in found)


def test_the_report_shows_both_grades_in_tables_of_their_own():
    document = reading.composed("typical_adult")
    section = next(section for section in document.sections if section.id == "grades")
    captions = [block.caption for block in section.blocks if isinstance(block, Table)]
    assert captions[0] == "Grade of the regimen"
    assert TO_BE_CONFIRMED in section.blocks[0].text


def test_a_rulebook_without_grades_and_picture_still_makes_a_report():
    """The toy rulebook declares neither; what needs them is left out."""
    from cds.assessment import assess
    from cds.cohort import cohort_from_profiles

    toy = load(reading.ROOT / "tests" / "toy_rulebook")
    assert toy.pathway is None
    document = case.case_document(assess(cohort_from_profiles(toy, [{}]), toy), toy)
    assert "pathway" not in [section.id for section in document.sections]
