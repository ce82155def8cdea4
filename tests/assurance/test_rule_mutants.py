"""Small changes of the rulebook are noticed by the case files or by the rule table: all of them, in `long`.

The default run tries a sample of them.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import islice

import pytest

from cds.rulebook.load import load
from tests.assurance.mutant_runs import Court
from tests.assurance.rule_mutants import mutants

EVERY, PARTS = 60, 16


@cache
def court() -> Court:
    """The cases, decided once in each process."""
    return Court.of(load())


def survivors(start: int, step: int) -> tuple[Counter[str], list[str]]:
    """How many mutants of each group were tried, and which survived."""
    tried: Counter[str] = Counter()
    found = []
    for mutant in islice(mutants(load()), start, None, step):
        tried[mutant.group] += 1
        if court().failing(mutant) is None:
            found.append(str(mutant))
    return tried, found


def test_a_sample_of_rule_mutants_is_caught():
    tried, found = survivors(7, EVERY)
    assert sum(tried.values()) > 50
    assert not found, "\n".join(found)


def test_the_unchanged_rulebook_is_not_caught():
    """The court itself works: without a change no case fails, with a dropped rule one does."""
    right = next(mutants(load()))
    assert court().failing(right) is not None
    unchanged = type(right)("none", right.where, "none", load())
    assert court().failing(unchanged) is None


def test_every_kind_of_change_is_tried():
    groups = Counter(mutant.group for mutant in mutants(load()))
    wanted = {"condition", "level", "sign", "half", "counted", "option", "kind", "topic", "derived", "weight"}
    assert wanted <= set(groups)
    assert min(groups[name] for name in wanted) >= 20


@pytest.mark.long
def test_every_rule_mutant_is_caught():
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(survivors, range(PARTS), [PARTS] * PARTS))
    tried = sum((one for one, _ in parts), Counter[str]())
    found = [text for _, texts in parts for text in texts]
    print(f"\nfigure: {sum(tried.values()):,} changes of the rulebook, {len(found)} not noticed")
    print(dict(sorted(tried.items())))
    assert not found, "\n".join(found)
