"""Words of rules, code and documents: no advice, no command, no praise; only information."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cds import notice, wording
from cds.document.blocks import lines
from cds.report.case import changes, evidence, front, method, policies, robustness, why
from cds.report.case import document as case
from cds.report.case import entries as record
from cds.report.case import safety as findings
from cds.report.case import stability as stable
from cds.report.cohort import document as cohort
from cds.rulebook.base import Record
from tests.unit import report_reading as reading

PRAISE = re.compile(
    r"\b(recommend(ed|ation|ations|s)?|best|optimal|optimum|ideal(ly)?|superior|preferred)\b", re.IGNORECASE
)
MUST = re.compile(r"\b(should|must|ought to|needs to be (given|stopped|started))\b", re.IGNORECASE)
VERBS = (
    "Add", "Administer", "Avoid", "Check", "Choose", "Consider", "Continue", "Discontinue", "Do", "Don't",
    "Give", "Hold", "Increase", "Offer", "Prescribe", "Reduce", "Refer", "Repeat", "Replace", "Request",
    "Select", "Start", "Stop", "Switch", "Treat", "Use", "Withhold",
)  # fmt: skip
COMMAND = re.compile(rf"(?:^|[.;:] )(?:{'|'.join(VERBS)}) (?!(?:of|and|or|is|was|at|rules?)\b)[a-z]")
#: A sentence that says what software does not do names the word it denies.
DENIED = ("never authors a recommendation", "not reached", "recommendation pages", "becomes one")
#: Titles of sources are quoted as they were published.
QUOTED = ("sources", "drugs")


def faults(texts: Iterator[tuple[str, str]]) -> list[str]:
    return [
        f"{where}: {text[:120]!r}"
        for where, text in texts
        if (PRAISE.search(text) or MUST.search(text) or COMMAND.search(text))
        and not any(denied in text for denied in DENIED)
    ]


def strings(part: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(part, str):
        yield where, part
    elif isinstance(part, Record):
        for name in type(part).model_fields:
            yield from strings(getattr(part, name), f"{where}.{name}")
    elif isinstance(part, tuple | list):
        for item in part:
            yield from strings(item, where)
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from strings(value, f"{where}.{key}")


def test_the_check_itself_sees_advice():
    for text in (
        "Give sorafenib.",
        "It is done. Start with 5 mg.",
        "the best option",
        "You should test",
        "Recommended",
    ):
        assert faults(iter([("x", text)])), text
    for text in (
        "Use of sirolimus",
        "The order is fixed.",
        "Stop rules are true",
        "Checked against as published",
    ):
        assert not faults(iter([("x", text)])), text


@pytest.mark.parametrize(
    "shelf",
    [
        "answers", "claims", "comparators", "drug_classes", "errors", "grade_schemes", "grades", "groups",
        "identity", "inconsistencies", "levels", "options", "overlaps", "pathway", "policies", "rules",
    ],
)  # fmt: skip
def test_rules_inform_and_do_not_advise(shelf):
    told = strings(getattr(reading.book(), shelf), shelf)
    shown = ((where, text) for where, text in told if ".evidence" not in where and ".help" not in where)
    assert not faults(shown)


def test_markers_inform_and_do_not_advise():
    """Help texts tell how a value is entered; labels and values inform."""
    told = (
        (marker.id, text)
        for marker in reading.book().markers
        for text in (marker.label, *marker.values.values())
    )
    assert not faults(told)


MODULES = (
    wording, notice, case, changes, cohort, evidence, findings, front, method, policies, record, robustness,
    stable, why,
)  # fmt: skip


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_words_of_the_code_inform_and_do_not_advise(module):
    """Constants and dictionaries of words; sentences inside functions are seen in the documents."""
    told = ((name, value) for name, value in vars(module).items() if not name.startswith("__"))
    texts = (
        pair for name, value in told if isinstance(value, str | dict | tuple) for pair in strings(value, name)
    )
    assert not faults(texts)


@pytest.mark.parametrize("name", reading.MAIN)
def test_documents_inform_and_do_not_advise(name):
    document = reading.composed(name)
    sources = {evidence.cited(source) for source in reading.book().sources}
    told = ((name, line) for line in lines(document) if line.partition("] ")[2] not in sources)
    assert not faults(told)


@pytest.mark.parametrize("name", reading.MAIN)
def test_documents_use_the_fixed_sentences(name):
    document = reading.composed(name)
    assert document.research_only == "RESEARCH ONLY: not for treatment decisions"
    told = " ".join(lines(document))
    assert "Not tested is not negative" in told
    assert "n/a" not in told.lower().split()
