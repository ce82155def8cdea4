"""The pages that are made of data; `python -m tests.assurance.pages` writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from cds.assurance.hazards import Control, Hazard, hazards
from cds.curation.field_tables import field_tables
from cds.rulebook.load import load
from tests.assurance.promises import figures, promises
from tests.assurance.third_party import packages
from tests.case_files import cases

ROOT = Path(__file__).parents[2]
START, END = "<!-- promises, by tests.assurance.pages -->", "<!-- end of promises -->"
FIELDS_START, FIELDS_END = "<!-- fields, by tests.assurance.pages -->", "<!-- end of fields -->"
MADE = "<!-- Made by `python -m tests.assurance.pages`; change the data, not this page. -->"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = list(head)
    lines = [names, ["--"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def hazard_page() -> str:
    """The hazard log."""
    log = hazards()
    levels = defaultdict(int)
    for hazard in log:
        levels[hazard.risk(hazard.before), hazard.risk(hazard.after)] += 1
    moved = ", ".join(f"{n} from {a} to {b}" for (a, b), n in sorted(levels.items()))
    overview = table(
        ("hazard", "title", "severity", "before", "after"),
        ((h.id, h.title, h.severity, h.risk(h.before), h.risk(h.after)) for h in log),
    )
    return "\n\n".join([
        MADE,
        "# Hazard log",
        f"{len(log)} hazards; {len({t for h in log for t in h.tests})} tests prove their controls. "
        "Estimates of severity and probability are the makers'; no clinician has made or accepted them. "
        "The data stand in `cds/assurance/hazards.yaml`; a test "
        "fails if a control names no test that runs by default.",
        f"Risk: {moved}.",
        overview,
        *map(_hazard, log),
    ]) + "\n"  # fmt: skip


def _hazard(hazard: Hazard) -> str:
    return "\n".join([
        f"## {hazard.id} {hazard.title}",
        f"- Cause: {hazard.cause}",
        f"- Sequence: {hazard.sequence}",
        f"- Harm: {hazard.harm}",
        f"- {hazard.origin.capitalize()}. Severity {hazard.severity}; "
        f"probability {hazard.before} before, {hazard.after} after.",
        *(_control(control) for control in hazard.controls),
        f"- What is left: {hazard.residual}",
    ])  # fmt: skip


def _control(control: Control) -> str:
    tests = "".join(f"\n  - `{test}`" for test in control.tests)
    return f"- Control by {control.kind}: {control.what}{tests}"


def trace_page() -> str:
    """Each rule with its cases, and each promise with its tests."""
    driven: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for case in cases():
        for rule, truth in case.expect.get("rules", {}).items():
            driven[rule][truth].append(case.file)
    book = load()
    rows = (
        (
            rule.id,
            rule.kind.value,
            rule.label,
            *(_files(driven[rule.id][truth]) for truth in ("true", "false", "unknown")),
        )
        for rule in book.rule.values()
    )
    kept = ((promise.text, " ".join(f"`{test}`" for test in promise.tests)) for promise in promises())
    return "\n\n".join([
        MADE,
        "# Traceability",
        "## Promises and their tests",
        table(("promise", "tests"), kept),
        "## Rules and their cases",
        f"{len(book.rule)} rules. Each is true, false and unknown in some case of `tests/cases`; the files "
        "and how many cases they hold:",
        table(("rule", "kind", "says", "true", "false", "unknown"), rows),
    ]) + "\n"  # fmt: skip


def _files(names: list[str]) -> str:
    return ", ".join(f"{name} {names.count(name)}" for name in sorted(set(names)))


def readme() -> str:
    """The README with each promise, its figure and the command that prints it."""
    known = figures()
    rows = (
        (promise.text, f"{shown.figure} ({shown.measured:%d %b %Y})", f"`{promise.command}`")
        for promise in promises()
        if (shown := known.get(promise.text))
    )
    head, _, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition(START)
    made = table(("promise", "figure", "command"), rows)
    return f"{head}{START}\n{made}\n{END}{rest.partition(END)[2]}"


def third_party_page() -> str:
    """What the software is built on."""
    listed = list(packages())
    counts = ", ".join(
        f"{sum(p.part == part for p in listed)} {part}" for part in ("run time", "optional", "development")
    )
    return "\n\n".join([
        MADE,
        "# Third-party software",
        f"{len(listed)} packages of `requirements.lock`, each pinned with hashes: {counts}. Licences are "
        "what the installed package says of itself; a test refuses GPL and AGPL at run time.",
        "Known advisories: `make advisories` (pip-audit over the lock, strict). It asks an advisory service "
        "for every pinned version, so it is no part of the tests; a package without an answer fails it. The "
        "workflow runs it on each push and weekly. Its last result: [long-runs.md](long-runs.md).",
        table(("package", "version", "part", "licence", "purpose"), listed),
    ]) + "\n"  # fmt: skip


def rules_readme() -> str:
    """The README of the rulebook with the fields of every file."""
    head, _, rest = (ROOT / "rules/README.md").read_text(encoding="utf-8").partition(FIELDS_START)
    return f"{head}{FIELDS_START}\n{field_tables()}\n{FIELDS_END}{rest.partition(FIELDS_END)[2]}"


PAGES: dict[str, Callable[[], str]] = {
    "README.md": readme,
    "rules/README.md": rules_readme,
    "docs/safety/hazards.md": hazard_page,
    "docs/safety/traceability.md": trace_page,
    "docs/third-party.md": third_party_page,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main()
