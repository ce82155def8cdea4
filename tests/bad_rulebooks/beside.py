"""Defects in what is shown beside the ranking: grades, test panels, the pathway picture."""

from __future__ import annotations

from tests.bad_rulebooks.edits import Bad, Change, bad

GRADED = "- {{of: marker, names: {}, amp: I, escat: X, m: m2, because: So, verification: unchecked}}\n"
#: Files that the toy rulebook leaves out: grades, test panels and the pathway picture.
SHOWN = {
    "grade_schemes.yaml": (
        "- id: m\n  label: Levels\n  grades: [regimen, marker]\n  levels: {m1: a trial, m2: a mouse}\n"
        "  evidence: [{source: own_definition, locator: this file}]\n  verification: unchecked\n"
        "- id: amp\n  label: Other levels\n  grades: [marker]\n  levels: {I: much, II: little}\n"
        "  evidence: [{source: own_definition, locator: this file}]\n  verification: unchecked\n"
        "- id: escat\n  label: Third levels\n  grades: [marker]\n  levels: {X: none}\n"
        "  evidence: [{source: own_definition, locator: this file}]\n  verification: unchecked\n"
    ),
    "grades.yaml": "".join(
        [
            f"- {{of: regimen, names: T{n}, m: m1, because: So, verification: unchecked}}\n"
            for n in range(1, 7)
        ]
        + [
            GRADED.format(rule)
            for rule in ("x.gene", "m.signal_a", "m.signal_b", "m.signal_low", "m.old_wives")
        ]
    ),
    "panels.yaml": "- {id: p, label: Both tests, reveals: [gene_dna, gene_stain]}\n",
    "pathway.yaml": (
        "title: A picture\nnote: It shows nothing.\nverification: unchecked\n"
        "nodes:\n"
        "  - {id: one, label: One, column: 0, row: 0, altered: {gene: [lost]}}\n"
        "  - {id: two, label: Two, column: 1, row: 0}\n"
        "edges: [{source: one, target: two, acts: activates}]\n"
        "actions: [{drug: alphanib, node: two, options: [alpha]}]\n"
    ),
}
WHOLE = tuple(Change(file, None, text) for file, text in SHOWN.items())


def shown(name: str, says: str | tuple[str, ...], file: str, old: str, new: str) -> Bad:
    """A defect in what is shown beside the ranking."""
    [change] = bad(name, says, file, old, new).changes
    return Bad(name, (says,) if isinstance(says, str) else says, (*WHOLE, change))


BESIDE = (
    shown("a grade of nothing", "unknown regimen 'T9'", "grades.yaml", "names: T1", "names: T9"),
    shown("a level that its scheme lacks", "m has no level 'm7'", "grades.yaml", "m: m1", "m: m7"),
    shown(
        "a scheme for something else",
        "m does not grade a regimen",
        "grade_schemes.yaml",
        "[regimen, marker]",
        "[marker]",
    ),
    shown(
        "an option without a grade",
        "T6 has no grade",
        "grades.yaml",
        "- {of: regimen, names: T6, m: m1, because: So, verification: unchecked}\n",
        "",
    ),
    shown(
        "a rule without a grade",
        "x.gene has no grade",
        "grades.yaml",
        GRADED.format("x.gene"),
        "",
    ),
    shown(
        "a regimen with the level of a marker",
        "a regimen has m only",
        "grades.yaml",
        "names: T1, m: m1",
        "names: T1, amp: I, m: m1",
    ),
    shown(
        "a grade twice",
        ("T1 is already declared at rules/grades.yaml:1", "Rename one"),
        "grades.yaml",
        "names: T2",
        "names: T1",
    ),
    shown(
        "a panel of what no test answers",
        "gene is not a tumour marker a test answers",
        "panels.yaml",
        "gene_stain",
        "gene",
    ),
    shown("a marker twice in a panel", "p names a marker twice", "panels.yaml", "gene_stain", "gene_dna"),
    shown("a picture of no value", "one: gene has no value 'gone'", "pathway.yaml", "[lost]", "[gone]"),
    shown(
        "a picture that joins no node", "unknown node 'three'", "pathway.yaml", "target: two", "target: three"
    ),
    shown(
        "a picture of no option",
        "alphanib: unknown option or tag 'alfa'",
        "pathway.yaml",
        "[alpha]",
        "[alfa]",
    ),
)
