"""Defects that one file shows by itself: the YAML dialect, and the models of the entries."""

from __future__ import annotations

from tests.bad_rulebooks.edits import CHECKED, GENE, RULES, SAFETY, SCOPE, TUMOUR, bad, when

AXES = "axes.yaml"

DIALECT = (
    bad(
        "a key twice",
        ("rules/markers/scope.yaml:3", "key 'ref' stands twice"),
        SCOPE,
        "  ref: T-1\n",
        "  ref: T-1\n  ref: T-1\n",
    ),
    bad("an anchor", "anchors and aliases are not allowed", SCOPE, "label: Age", "label: &age Age"),
    bad("an alias", "anchors and aliases are not allowed", AXES, None, "- {id: &a a, label: *a}\n"),
    bad(
        "a merge key",
        "<<: extra inputs are not permitted",
        SCOPE,
        "  ref: T-1\n",
        "  ref: T-1\n  <<: {unit: g}\n",
    ),
    bad("a tag", ("tag", "is not allowed"), SCOPE, "label: Age", "label: !!str Age"),
    bad(
        "two documents",
        ("rules/axes.yaml", "another document"),
        AXES,
        None,
        "- {id: a, label: A}\n---\n- {id: b, label: B}\n",
    ),
    bad("a key that is a list", "a key must be text", AXES, None, "- {id: a, ? [label] : A}\n"),
    bad("a key without a value", "help has no value", SCOPE, "help: Age today.", "help:"),
    bad("an item without a value", "1 has no value", AXES, None, "- {id: a, label: A}\n-\n"),
    bad("a document without a value", "the file has no value", AXES, None, "---\n"),
    bad("an unclosed bracket", "not valid YAML", SCOPE, "hard: [0, 120]", "hard: [0, 120"),
    bad("a tab", "not valid YAML", SCOPE, "  label: Age", "\tlabel: Age"),
    bad("an empty file", "the file is empty", AXES, None, "# nothing\n"),
    bad(
        "another encoding",
        ("not UTF-8", "Save the file as UTF-8"),
        AXES,
        None,
        "- {id: a, label: Müdigkeit}\n".encode("latin-1"),
    ),
    bad("a huge file", "over 2,000,000 bytes", AXES, None, "#" * 2_000_001),
    bad("deep nesting", "nested too deep", AXES, None, "[" * 40 + "a" + "]" * 40),
    bad("a list for a mapping", "expected a mapping", "rulebook.yaml", None, "- {id: toy}\n"),
    bad("a mapping for a list", "expected a list of entries", AXES, None, "id: a\nlabel: A\n"),
    bad(
        "a missing file", ("rules/overlaps.yaml: not found", "Restore the file"), "overlaps.yaml", None, None
    ),
    bad("a missing folder", "rules/claims: not found", "claims", None, None),
    bad(
        "an id twice",
        "age stands already at rules/markers/safety.yaml",
        SAFETY,
        "- id: infection",
        "- id: age",
    ),
    bad(
        "a file named otherwise",
        ("the file holds T9", "Name the file after the id"),
        "options/T5.yaml",
        "id: T5",
        "id: T9",
    ),
)

MODELS = (
    bad(
        "a key unknown to the model",
        ("colour: extra inputs are not permitted", "Remove the key or mend its name"),
        SCOPE,
        "  ref: T-1\n",
        "  ref: T-1\n  colour: red\n",
    ),
    bad(
        "a field left out",
        ("rules/markers/scope.yaml", "help: field required"),
        SCOPE,
        "  help: Age today.\n",
        "",
    ),
    bad("an unknown kind", "kind: input should be", RULES, "kind: demotes", "kind: demote"),
    bad(
        "an unknown verification",
        "verification: input should be",
        SCOPE,
        "verification: unchecked",
        "verification: maybe",
    ),
    bad("yes for a flag", "write true or false", SAFETY, "recoverable: true", "recoverable: yes"),
    bad(
        "an id that starts with a digit", "id: string should match pattern", SCOPE, "- id: age", "- id: 2age"
    ),
    bad("no options", "options: tuple should have at least 1 item", RULES, "options: [alpha]", "options: []"),
    bad(
        "no evidence",
        "evidence: tuple should have at least 1 item",
        RULES,
        "evidence: [{source: toy_trial, locator: Methods}]",
        "evidence: []",
    ),
    bad(
        "a word for a number",
        "hard.1: input should be a valid number",
        SCOPE,
        "hard: [0, 120]",
        "hard: [0, many]",
    ),
    bad("an infinite cut", "finite number", SCOPE, "{at: 18,", "{at: inf,"),
    bad("a unit with factor zero", "greater than 0", SAFETY, "factor: 1}", "factor: 0}"),
    bad("an unknown sign", "sign: input should be '+' or '-'", "levels.yaml", 'sign: "+"', "sign: plus"),
    bad("an unknown tier", "tier: input should be", "options/T2.yaml", "tier: B", "tier: Z"),
    bad("a negative weight", "greater than or equal to 0", CHECKED, "trial: 30", "trial: -1"),
    bad(
        "a weight with a fraction",
        "weights.trial: input should be a valid integer",
        CHECKED,
        "trial: 30",
        "trial: 2.5",
    ),
    bad(
        "a reason for half that is not one",
        "half: input should be",
        GENE,
        "half: activity_not_benefit",
        "half: it_seems_fair",
    ),
    bad("an empty label", "label: string should have at least 1 character", SCOPE, "label: Age", 'label: ""'),
    bad("a blank label", "label: string should have at least 1 character", SCOPE, "label: Age", 'label: " "'),
    bad(
        "an unavailable option without its word",
        "unavailable: input should be",
        "options/T5.yaml",
        "unavailable: concept",
        "unavailable: soon",
    ),
    bad(
        "an answer to how it can be undone that is none",
        "recoverable: input should be",
        RULES,
        "recoverable: treat",
        "recoverable: perhaps",
    ),
    bad(
        "a date that is none",
        "retired.on: input should be a valid date",
        GENE,
        "on: 2026-01-01",
        "on: long ago",
    ),
    bad(
        "a derived value without a condition",
        "derived.0.when: field required",
        TUMOUR,
        "when: {any: [{gene_dna: lost}, {gene_stain: lost}]}",
        "because: lost",
    ),
    when("two keys in a condition", "exactly one key", "{infection: active, disease: other}"),
    when("a word for a condition", "exactly one key", "active"),
    when("an empty conjunction", "all: needs a list of at least one condition", "{all: []}"),
    when("a disjunction that is no list", "any: needs a list", "{any: {infection: active}}"),
    when("an empty list of values", "an empty list is never true", "{infection: []}"),
    when("a list inside a value", "expected a word", "{infection: [[active]]}"),
    when("a list of markers that are missing", "expected a word", "{missing: [age]}"),
    when("a comparison without a bound", "a comparison needs lt, le, gt or ge", "{platelets: {}}"),
    when("an unknown operator", "unknown operator 'under'", "{platelets: {under: 75}}"),
    when("a bound that is a word", "'low' is not a number", "{platelets: {lt: low}}"),
    when("an empty word", "expected a word", '{infection: ""}'),
)
