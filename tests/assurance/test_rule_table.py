"""Each rule names the options, with the kind and the points, that a second hand wrote down for it."""

from __future__ import annotations

from cds.rulebook.load import load
from tests.assurance.mutant_runs import Court
from tests.assurance.rule_table import expected


def test_the_table_holds_every_rule_once():
    assert set(expected()) == set(load().rule)


def test_every_rule_does_what_the_table_says():
    court = Court.of(load())
    wanted, found = expected(), court.undecided(court.right)
    wrong = [
        f"{rule}: {found.get(rule)} is not {said}" for rule, said in wanted.items() if found.get(rule) != said
    ]
    assert not wrong, "\n".join(wrong)
