"""Defects that load, and that `cds rules check` proves."""

from __future__ import annotations

from tests.bad_rulebooks.edits import GENE, RULES, SAFETY, SCOPE, Bad, Change, bad, when

SIGNAL = (
    "- id: {id}\n  kind: {kind}\n  label: Another reading of signal A\n  options: [T1]\n"
    "  when: {{signal_a: high}}\n"
    "  axis: activity\n  checked: {{level: {level}}}\n  as_published: {{none: not_in_policy}}\n"
    "  rationale: Once more.\n  since: 1.0.0\n  evidence: [{{source: toy_mouse, locator: Figure 4}}]\n"
    "  verification: unchecked\n"
)
WEIGHT = (
    "- id: weight\n  ref: T-9\n  label: Weight\n  group: scope\n  concern: record\n  type: category\n"
    "  values: {a: a}\n  help: Weight.\n"
)
LABEL = "- {key: evr_label_toy, type: label, title: An invented label, identity: unchecked}\n"

PROVEN = (
    when(
        "a condition that is never true",
        "x.infection can never be true",
        "{all: [{infection: active}, {infection: none}]}",
    ),
    when(
        "a condition that is always true",
        "x.infection is true whatever the patient",
        "{any: [{infection: active}, {not: {infection: active}}]}",
    ),
    when(
        "bounds that exclude each other",
        "x.infection can never be true",
        "{all: [{platelets: {lt: 75}}, {platelets: {ge: 100}}]}",
    ),
    bad(
        "a rule that repeats another",
        ("m.again repeats m.signal_a", "Keep one of them"),
        "effects/zagain.yaml",
        None,
        SIGNAL.format(id="m.again", kind="supports", level="m_lab"),
    ),
    bad(
        "a rule that contradicts another",
        ("m.against contradicts m.signal_a", "mark both mixed"),
        "effects/zagainst.yaml",
        None,
        SIGNAL.format(id="m.against", kind="opposes", level="a_lab"),
    ),
    bad(
        "steps of a score that overlap",
        ("organ_class: steps overlap or leave a gap", "Make them a partition"),
        SAFETY,
        "{waste: {ge: 2, le: 3}}",
        "{waste: {le: 3}}",
    ),
    bad(
        "steps of a score with a gap",
        "organ_class: steps overlap or leave a gap",
        SAFETY,
        "{waste: {ge: 2, le: 3}}",
        "{waste: {ge: 2, lt: 3}}",
    ),
    bad(
        "steps of a score that forget a value",
        "organ_class: steps overlap or leave a gap",
        SAFETY,
        "{any: [{fluid: some}, {all: [{fluid: much}, {waste: {lt: 2}}]}]}",
        "{all: [{fluid: much}, {waste: {lt: 2}}]}",
    ),
    bad(
        "a sequence axis of another class",
        "other_alpha_progressed is not of class inhibitor",
        "axes.yaml",
        "drug_class: alpha",
        "drug_class: inhibitor",
    ),
    Bad(
        "a label of everolimus read for one option",
        ("x.platelets is about everolimus but not about all options", "Name all or say why"),
        (
            Change("sources.yaml", "- {key: toy_mouse", f"{LABEL}- {{key: toy_mouse"),
            Change(RULES, "  not_all_because: Only the alpha drugs lower platelets.\n", ""),
            Change(
                RULES,
                "rationale: They fall further.\n  since: 1.0.0\n  evidence: [{source: own_definition",
                "rationale: They fall further.\n  since: 1.0.0\n  evidence: [{source: evr_label_toy",
            ),
        ),
    ),
    bad(
        "a source that nothing cites",
        ("nothing cites evr_label_toy", "Cite or remove it"),
        "sources.yaml",
        "- {key: toy_mouse",
        f"{LABEL}- {{key: toy_mouse",
    ),
    bad(
        "a marker that no rule reads",
        ("no rule reads weight", "say unread and why"),
        SCOPE,
        "- id: age\n",
        f"{WEIGHT}- id: age\n",
    ),
    bad(
        "a marker read that says unread",
        ("infection is read, yet says unread", "Remove unread"),
        SAFETY,
        "  recoverable: true\n",
        "  recoverable: true\n  unread: record_only\n",
    ),
    bad(
        "a rule about nothing that is ranked",
        "x.gene names no option that can be ranked",
        GENE,
        "options: [T2]\n  when: {gene: lost}",
        "options: [T5]\n  when: {gene: lost}",
    ),
)
