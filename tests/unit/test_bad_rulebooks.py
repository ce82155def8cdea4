"""A spoilt rulebook is refused with place, problem and remedy: one defect at a time, and all at once."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cds.checks import condition_check, rulebook_check
from cds.checks.rulebook_check import check
from cds.errors import RulebookError
from cds.rulebook import load as loading
from cds.rulebook import strict_yaml
from cds.rulebook.crosschecks import CHECKS
from cds.rulebook.load import load
from tests.bad_rulebooks.beside import BESIDE, WHOLE
from tests.bad_rulebooks.crosschecked import COUNTINGS, MARKERS, NAMES
from tests.bad_rulebooks.edits import TOY, Bad
from tests.bad_rulebooks.proven import PROVEN
from tests.bad_rulebooks.yaml_and_models import DIALECT, MODELS

REFUSED = (*DIALECT, *MODELS, *NAMES, *MARKERS, *COUNTINGS, *BESIDE)


def refusal(spoilt: Bad, root: Path) -> str:
    with pytest.raises(RulebookError) as refused:
        load(spoilt.make(root / "rules"))
    return str(refused.value)


@pytest.mark.parametrize("spoilt", REFUSED, ids=str)
def test_a_spoilt_rulebook_is_refused(spoilt: Bad, tmp_path: Path):
    said = refusal(spoilt, tmp_path)
    assert [word for word in spoilt.says if word not in said] == [], said


@pytest.mark.parametrize("spoilt", PROVEN, ids=str)
def test_a_rulebook_that_loads_is_still_proven_wrong(spoilt: Bad, tmp_path: Path):
    said = "\n".join(check(load(spoilt.make(tmp_path / "rules"))).lines)
    assert [word for word in spoilt.says if word not in said] == [], said
    assert not said.endswith("no faults")


def test_defects_have_names_of_their_own():
    names = [spoilt.name for spoilt in (*REFUSED, *PROVEN)]
    assert len(set(names)) == len(names)


def test_the_copies_are_sound_before_they_are_spoilt(tmp_path: Path):
    assert check(load(TOY)).faults == ()
    assert check(load(Bad("whole", (), WHOLE).make(tmp_path / "rules"))).faults == ()


def test_the_shipped_rulebook_has_no_faults():
    assert check(load()).faults == ()


def test_all_faults_are_listed_at_once(tmp_path: Path):
    chosen = [spoilt for spoilt in NAMES if spoilt.changes[0].file in ("options/T1.yaml", "comparators.yaml")]
    several = Bad("several", (), tuple(change for spoilt in chosen for change in spoilt.changes))
    said = refusal(several, tmp_path)
    assert "problems in rules/" in said
    assert [word for spoilt in chosen for word in spoilt.says if word not in said] == []


def test_every_message_names_place_problem_and_remedy(tmp_path: Path):
    for number, spoilt in enumerate(REFUSED):
        for line in refusal(spoilt, tmp_path / str(number)).splitlines()[1:]:
            place, problem = line.split(": ", 1)
            assert place.strip().startswith("rules/")
            assert problem.endswith((".", "?"))


# --- No refusal without a defect that meets it ----------------------------------------------------

CROSSCHECKS = dict.fromkeys(sys.modules[crosscheck.__module__] for crosscheck in CHECKS)
MODULES = (strict_yaml, loading, *CROSSCHECKS, condition_check, rulebook_check)
RAISERS = ("Fault", "_Refused", "unknown_name")


def sites(module: ModuleType) -> Iterator[tuple[str, int]]:
    """Where a module makes a fault."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISERS:
            yield module.__name__, node.lineno


def watched(name: str, real: Any, seen: set[tuple[str, int]]) -> Callable[..., Any]:
    """A stand-in that notes who makes a fault."""

    def note() -> None:
        frame = sys._getframe(2)
        seen.add((frame.f_globals["__name__"], frame.f_lineno))

    def make(*args: Any, **kwargs: Any) -> Any:
        made = list(real(*args, **kwargs)) if name == "unknown_name" else real(*args, **kwargs)
        if made:
            note()
        return made

    return make


def test_every_fault_that_can_be_said_is_met_by_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: set[tuple[str, int]] = set()
    for module in MODULES:
        for name in ("Fault", "unknown_name"):
            if name in vars(module):
                monkeypatch.setattr(module, name, watched(name, vars(module)[name], seen))

    class Refused(strict_yaml._Refused):
        def __init__(self, *args: Any) -> None:
            frame = sys._getframe(1)
            seen.add((frame.f_globals["__name__"], frame.f_lineno))
            super().__init__(*args)

    monkeypatch.setattr(strict_yaml, "_Refused", Refused)
    for number, spoilt in enumerate(REFUSED):
        refusal(spoilt, tmp_path / f"refused{number}")
    for number, spoilt in enumerate(PROVEN):
        check(load(spoilt.make(tmp_path / f"proven{number}" / "rules")))
    with pytest.raises(Exception, match="can't be read"):
        strict_yaml.read(tmp_path / "none.yaml")
    assert sorted({site for module in MODULES for site in sites(module)} - seen) == []
