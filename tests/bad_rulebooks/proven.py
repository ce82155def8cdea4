"""Defects that load, and that `cds rules check` proves."""

from __future__ import annotations

from tests.bad_rulebooks.edits import GENE, RULES, SAFETY, SCOPE, WHEN, Bad, Change, bad, when

SIGNAL = (
    "- id: {id}\n  kind: {kind}\n  label: Another reading of signal A\n  options: [T1]\n"
    "  when: {{signal_a: high}}\n"
    "  topic: activity\n  counts: {{checked: {{level: {level}}}, as_published: {{none: not_in_policy}}}}\n"
    "  rationale: Once more.\n  since: 1.0.0\n  evidence: [{{source: toy_mouse, locator: Figure 4}}]\n"
    "  verification: unchecked\n"
)
WEIGHT = (
    "- id: weight\n  ref: T-9\n  label: Weight\n  group: scope\n  concern: record\n  type: category\n"
    "  values: {a: a}\n  help: Weight.\n"
)
MANY = (
    "- id: many_{0}\n  ref: T-9\n  label: One of many\n  group: scope\n  concern: record\n  type: category\n"
    "  values: {{a: a, b: b}}\n  help: One of many.\n"
)
LABEL = (
    "- {key: toy_label, type: label, title: An invented label, identity: unchecked, for_all_options: true}\n"
)

PROVEN = (
    when(
        "a condition that is never true",
        (
            "x.infection can never be true (",
            "kinds of patient tried, such as infection: none)",
            "Mend or retire",
        ),
        "{all: [{infection: active}, {infection: none}]}",
    ),
    when(
        "a condition that is always true",
        ("x.infection is true whatever the patient (", "tried, such as infection: none)"),
        "{any: [{infection: active}, {not: {infection: active}}]}",
    ),
    when(
        "bounds that exclude each other",
        "x.infection can never be true",
        "{all: [{platelets: {lt: 75}}, {platelets: {ge: 100}}]}",
    ),
    bad(
        "a rule that repeats another",
        ("m.again repeats m.signal_a (example patient: signal_a: high)", "Keep one of them"),
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
        "a rule that repeats another with a marker that tells nothing",
        ("m.again repeats m.signal_a (example patient: signal_a: high, signal_b: high)", "Keep one of them"),
        "effects/zagain.yaml",
        None,
        SIGNAL.format(id="m.again", kind="supports", level="m_lab").replace(
            "{signal_a: high}",
            "{all: [{signal_a: high}, {any: [{signal_b: high}, {not: {signal_b: high}}]}]}",
        ),
    ),
    bad(
        "a rule that contradicts another in part",
        ("m.against contradicts m.signal_a (example patient: signal_a: high)", "mark both mixed"),
        "effects/zagainst.yaml",
        None,
        SIGNAL.format(id="m.against", kind="opposes", level="a_lab").replace("high}", "[high, low]}"),
    ),
    bad(
        "a caution for what another rule supports",
        "m.caution contradicts m.signal_a (example patient: signal_a: high)",
        "effects/zcaution.yaml",
        None,
        SIGNAL.format(id="m.caution", kind="cautions", level="caution").replace(
            "{none: not_in_policy}", "{level: caution}"
        ),
    ),
    Bad(
        "a condition of more kinds of patient than can be tried",
        ("x.infection tells", "kinds of patient apart, more than can be tried", "Split it"),
        (
            Change("markers/zmany.yaml", None, "".join(MANY.format(number) for number in range(21))),
            Change(RULES, WHEN, f"when: {{any: [{', '.join(f'{{many_{n}: a}}' for n in range(21))}]}}"),
        ),
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
        "a topic of another class",
        "other_alpha_progressed is not of class inhibitor",
        "topics.yaml",
        "drug_class: alpha",
        "drug_class: inhibitor",
    ),
    Bad(
        "a label of everolimus read for one option",
        (
            "x.platelets cites toy_label, which speaks of every option, but does not name all",
            "Name all or say why",
        ),
        (
            Change("sources.yaml", "- {key: toy_mouse", f"{LABEL}- {{key: toy_mouse"),
            Change(RULES, "  not_all_because: Only the alpha drugs lower platelets.\n", ""),
            Change(
                RULES,
                "rationale: They fall further.\n  since: 1.0.0\n  evidence: [{source: own_definition",
                "rationale: They fall further.\n  since: 1.0.0\n  evidence: [{source: toy_label",
            ),
        ),
    ),
    bad(
        "a rule called checked that rests on the review alone",
        ("m.old_wives says confirmed, yet cites nothing that was read", "Cite the source, or say unchecked"),
        GENE,
        "locator: section Two}]\n  verification: contradicted",
        "locator: section Two}]\n  verification: confirmed",
    ),
    bad(
        "a source that nothing cites",
        ("nothing cites toy_label", "Cite or remove it"),
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
