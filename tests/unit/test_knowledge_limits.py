"""The counts of `docs/knowledge-limits.md` are those of the rulebook."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cds.rulebook.load import load

BOOK = load()
PAGE = (Path(__file__).parents[2] / "docs" / "knowledge-limits.md").read_text(encoding="utf-8")
WORDS = ("confirmed", "partly", "unchecked", "contradicted", "inconsistent")
RULES = tuple(BOOK.rule.values())
MARKER_KINDS = ("supports", "opposes")
COUNTED: dict[str, tuple[Any, ...]] = {
    "claims of the review": BOOK.claims,
    "rules": RULES,
    "of these, exclusions": tuple(rule for rule in RULES if rule.kind == "excludes"),
    "evidence lines": tuple(line for option in BOOK.options for line in option.lines),
    "cut points of markers": tuple(cut for marker in BOOK.markers for cut in marker.cuts),
    "drugs": BOOK.drugs,
}


@pytest.mark.parametrize("row", COUNTED)
def test_a_row_of_the_table_is_counted_again(row: str):
    [cells] = re.findall(rf"^\| {row} \| (.*) \|$", PAGE, re.MULTILINE)
    *counts, secondary = cells.split(" | ")
    entries = COUNTED[row]
    found = Counter(str(getattr(entry, "verdict", None) or entry.verification) for entry in entries)
    assert counts == [str(len(entries)), *(str(found[word]) for word in WORDS)]
    if secondary != "not marked":
        assert secondary == str(sum(entry.review_needed for entry in entries))


def test_the_sentences_are_counted_again():
    labels = {source.key for source in BOOK.sources if source.type == "label"}
    own = {source.key for source in BOOK.sources if source.type == "own_reading"}
    cited = [{citation.source for citation in rule.evidence} for rule in RULES]
    reviewed = sum(rule.reviewed is not None for rule in RULES)
    marked = sum(source.review_needed for source in BOOK.sources)
    for said in (
        f"rulebook {BOOK.identity.version};",
        f"{reviewed} of {len(RULES)}.**",
        f"{sum(names <= own for names in cited)} rules rest on those two alone",
        f"{sum(bool(names & labels) for names in cited)} rules cite one of {len(labels)} labels",
        f"{marked} of {len(BOOK.sources)} sources are marked so",
        f"{sum(rule.kind in MARKER_KINDS for rule in RULES)} rules give or take points for a marker",
    ):
        assert said in PAGE
