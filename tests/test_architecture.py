"""What may import what: one way through `cds`; `app` uses the public names and a few packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import cds

ROOT = Path(__file__).resolve().parent.parent

#: Modules and packages of `cds`, earliest first: each may import those before it, none after it.
ORDER = (
    "errors",
    "files",
    "vocabulary",
    "notice",
    "wording",
    "locations",
    "rulebook",
    "cohort",
    "intake",
    "conditions",
    "cells",
    "derivation",
    "plan",
    "truths",
    "risk",
    "scoring",
    "ranking",
    "decision",
    "stability",
    "result",
    "difference",
    "explanation",
    "robustness",
    "assessment",
    "checks",
    "curation",
    "store",
    "comparison",
    "batch",
    "document",
    "report",
    "assurance",
    "hosting",
    "commands",
    "cli",
    "__main__",
)
#: Risk and rules meet in scoring; before it they do not know each other.
STRANGERS = {"risk": {"conditions", "derivation", "plan", "truths"}}
#: What `app` may use beside the names that `cds` exports: the rest is the inside of the engine.
APP_USES = {
    "assurance",
    "batch",
    "comparison",
    "document",
    "errors",
    "hosting",
    "intake",
    "locations",
    "notice",
    "report",
    "risk",
    "rulebook",
    "store",
    "vocabulary",
    "wording",
}
#: Folders and libraries that `cds` must work without; scikit-survival is GPL and for tests only.
NEVER = {"app", "benchmarks", "sksurv", "streamlit", "tests"}


def imports(path: Path) -> Iterator[str]:
    """The dotted names a file imports, wherever in the file; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}:{node.lineno}: import by the full name, not by dots"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def modules() -> list[Path]:
    """All files of `cds` but its front door, which exports from everywhere."""
    return [path for path in files("cds") if path != ROOT / "cds" / "__init__.py"]


def part(path: Path) -> str:
    """The module or package directly under `cds` that a file belongs to."""
    return path.relative_to(ROOT / "cds").with_suffix("").parts[0]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def wrong_way(path: Path) -> Iterator[str]:
    """What a file of `cds` imports from a later part, or from the front door."""
    me = part(path)
    for dotted in imports(path):
        package, _, rest = dotted.partition(".")
        other = rest.partition(".")[0]
        if package != "cds" or other in {me, "__version__"}:
            continue
        if other not in ORDER:
            yield f"{name(path)}: {dotted} is no module; import it from where it is defined"
        elif ORDER.index(other) > ORDER.index(me) or other in STRANGERS.get(me, ()):
            yield f"{name(path)}: {me} must not import {other}"


def test_every_part_of_cds_has_its_place_in_the_order():
    unknown = {part(path) for path in modules()} - set(ORDER)
    assert not unknown, (
        f"add {sorted(unknown)} to ORDER in {Path(__file__).name}, where it belongs in the flow"
    )


def test_imports_flow_one_way():
    wrong = [line for path in modules() if part(path) in ORDER for line in wrong_way(path)]
    assert not wrong, "\n".join(wrong)


def test_cds_works_without_app_and_without_test_libraries():
    wrong = [
        f"{name(path)}: {dotted}"
        for path in files("cds")
        for dotted in imports(path)
        if dotted.partition(".")[0] in NEVER
    ]
    assert not wrong, "\n".join(wrong)


def test_app_imports_public_names_and_a_few_packages():
    public = set(cds.__all__)
    wrong = [
        f"{name(path)}: {used}"
        for path in files("app")
        for used in names_of_cds(path)
        if used not in public and used.partition(".")[0] not in APP_USES
    ]
    assert not wrong, "\n".join(wrong)


def test_public_names_have_the_types_that_they_are_loaded_with():
    """What type checkers and editors read is what `__getattr__` loads; the interface stays small."""
    tree = ast.parse((ROOT / "cds" / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module.removeprefix("cds.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("cds.")
        for alias in node.names
        if node.module != "cds.extras"
    }
    assert typed == cds._HOME
    assert {*typed, "__version__"} == set(cds.__all__)
    assert len(cds.__all__) <= 30


def names_of_cds(path: Path) -> set[str]:
    """What of `cds` a file uses, by `from cds import x`, `from cds.x import y` or `cds.x`."""
    taken = {dotted.removeprefix("cds.") for dotted in imports(path) if dotted.startswith("cds.")}
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return taken | {
        node.attr
        for node in tree
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cds"
    }


#: What readers see of a block; programs find blocks by their ids.
SHOWN = {"caption", "label", "sentence", "text", "title"}
LOOKS_INTO = {"endswith", "find", "index", "removeprefix", "removesuffix", "startswith"}


def looks_into_text(path: Path) -> Iterator[str]:
    """Where a file decides by the words that a reader sees."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=ast.Attribute(attr=shown))):
                found = method in LOOKS_INTO and shown in SHOWN
            case ast.Compare(
                ops=[ast.In() | ast.NotIn() | ast.Eq()], comparators=[ast.Attribute(attr=shown)]
            ):
                found = shown in SHOWN
            case ast.Compare(left=ast.Attribute(attr=shown), ops=[ast.Eq() | ast.NotEq()]):
                found = shown in SHOWN
            case _:
                found = False
        if found:
            yield f"{name(path)}:{node.lineno}: give the block an id and ask for that"


def test_text_is_never_a_key():
    places = [*files("app"), *files("cds/document"), *files("cds/report"), *files("cds/store")]
    wrong = [line for path in places for line in looks_into_text(path)]
    assert not wrong, "\n".join(wrong)


def test_a_decision_by_text_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    bad = tmp_path / "bad.py"
    bad.write_text("a.text.startswith('x')\n'x' in b.caption\nc.title == 'x'\nd.id == 'x'\n")
    assert len(list(looks_into_text(bad))) == 3


def test_only_the_front_door_is_excused_from_the_order(tmp_path, monkeypatch):
    """The check itself works: a wrong import, a stranger and a name from the front door are all told."""
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "cds").mkdir()
    bad = tmp_path / "cds" / "risk.py"
    bad.write_text("import cds.cli\nfrom cds import rank\nfrom cds.errors import Fault\nimport cds.truths\n")
    assert len(list(wrong_way(bad))) == 3
