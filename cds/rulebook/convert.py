"""Bring a rulebook of the form used up to 2026.11 into today's form; comments and layout stay.

    python -m cds.rulebook.convert DIR

What the earlier form calls `checked` and `as_published` in a rule or evidence line becomes one
mapping `counts`; `axis` becomes `topic` (`axes.yaml` becomes `topics.yaml`), the kind `target`
becomes `target_absent`, and a few other keys get plainer names. Answers, tiers and reasons, which
the earlier software held itself, are copied from the rulebook that ships. A rulebook in today's
form is left as it is.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from cds.locations import rules_folder

POLICIES = ("checked", "as_published")
RENAMED_KEYS = {
    "policies": {"floor": "needs_positive_evidence", "hypotheses": "keeps_hypotheses_apart"},
    "rulebook": {"no_predictive_marker": "predictive_markers"},
    "effects": {"axis": "topic"},
}
RENAMED_VALUES = {"effects": {"kind": {"target": "target_absent"}}}
RENAMED_FILES = {"axes.yaml": "topics.yaml"}
ADDED_FILES = ("tiers.yaml", "answers.yaml", "reasons.yaml")
ADDED_KEYS = ("title", "subject", "comparators_title", "meaning")

Pair = tuple[yaml.ScalarNode, yaml.Node]


@dataclass(frozen=True, order=True)
class Edit:
    """Put `new` in the place of the characters from `start` up to, not including, `end`."""

    start: int
    end: int
    new: str


def convert(root: Path) -> tuple[str, ...]:
    """Convert a rules folder in place; the names of the files that changed."""
    changed = []
    for old, new in RENAMED_FILES.items():
        if (root / old).is_file():
            (root / old).rename(root / new)
            changed.append(new)
    for path in sorted(root.rglob("*.yaml")):
        text = path.read_bytes().decode("utf-8-sig")
        converted = converted_text(text, path.relative_to(root).parts[0].removesuffix(".yaml"))
        if converted != text:
            path.write_bytes(converted.encode())
            changed.append(path.relative_to(root).as_posix())
    for name in ADDED_FILES:
        if not (root / name).exists():
            shutil.copy(rules_folder() / name, root / name)
            changed.append(name)
    return tuple(changed)


def converted_text(text: str, part: str) -> str:
    """One file of a part (`effects`, `options`, ...) in today's form."""
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    edits = sorted(_edits(tree, text, part), reverse=True) if tree is not None else []
    for edit in edits:
        text = text[: edit.start] + edit.new + text[edit.end :]
    if part == "rulebook" and isinstance(tree, yaml.MappingNode):
        text = _with_added_keys(text, {key.value for key, _ in tree.value})
    return text


def _edits(tree: yaml.Node, text: str, part: str) -> Iterator[Edit]:
    for entry in tree.value if isinstance(tree, yaml.SequenceNode) else [tree]:
        if not isinstance(entry, yaml.MappingNode):
            continue
        yield from _renamed(entry, part)
        if part == "effects":
            yield from _gathered(entry, text)
        if part == "options":
            for key, lines in entry.value:
                if key.value == "lines":
                    for line in lines.value:
                        yield from _gathered(line, text)


def _renamed(entry: yaml.MappingNode, part: str) -> Iterator[Edit]:
    keys, values = RENAMED_KEYS.get(part, {}), RENAMED_VALUES.get(part, {})
    for key, value in entry.value:
        if key.value in keys:
            yield Edit(key.start_mark.index, key.end_mark.index, keys[key.value])
        if new := values.get(key.value, {}).get(str(value.value)):
            yield Edit(value.start_mark.index, value.end_mark.index, new)


def _gathered(entry: yaml.MappingNode, text: str) -> Iterator[Edit]:
    """The readings of a rule or line, gathered under `counts` where the first of them is."""
    pairs = [pair for pair in entry.value if pair[0].value in POLICIES]
    if not pairs:
        return
    if entry.flow_style:
        yield from _gathered_flow(entry, pairs, text)
        return
    first, *others = pairs
    column = first[0].start_mark.column
    blocks = [_block(pair, text, column) for pair in pairs]
    if others and text[blocks[0].end : blocks[1].start].strip(" \n\r") == "":
        first_block = Edit(blocks[0].start, blocks[1].end, "")
        yield Edit(first_block.start, first_block.end, _counts(column, [b.new for b in blocks]))
        return
    yield Edit(blocks[0].start, blocks[0].end, _counts(column, [b.new for b in blocks]))
    yield from (Edit(block.start, block.end, "") for block in blocks[1:])


def _block(pair: Pair, text: str, column: int) -> Edit:
    """A key with its value and the rest of the last line, and the same one level deeper."""
    start = pair[0].start_mark.index
    last = max(pair[0].end_mark.index, _end(pair[1], text))
    stop = text.find("\n", last)
    end = len(text) if stop < 0 else stop + 1
    lines = text[start:end].rstrip("\r\n").split("\n")
    deeper = "\n".join(
        [" " * (column + 2) + lines[0], *(f"  {line}" if line.strip() else line for line in lines[1:])]
    )
    line_start = text.rfind("\n", 0, start) + 1
    whole_line = not text[line_start:start].strip()
    return Edit(line_start if whole_line else start, end, deeper + "\n")


def _counts(column: int, blocks: list[str]) -> str:
    return " " * column + "counts:\n" + "".join(blocks)


def _end(node: yaml.Node, text: str) -> int:
    """Where a value ends; a block value ends with its last part, not with what follows it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1], text)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1], text)
    return (
        len(text[: node.end_mark.index].rstrip())
        if isinstance(node, yaml.ScalarNode)
        else node.end_mark.index
    )


def _gathered_flow(entry: yaml.MappingNode, pairs: list[Pair], text: str) -> Iterator[Edit]:
    said = ", ".join(text[key.start_mark.index : value.end_mark.index] for key, value in pairs)
    (first, first_value), *others = pairs
    yield Edit(first.start_mark.index, first_value.end_mark.index, f"counts: {{{said}}}")
    places = [key.start_mark.index for key, _ in entry.value]
    for key, value in others:
        before = places.index(key.start_mark.index) - 1
        yield Edit(entry.value[before][1].end_mark.index, value.end_mark.index, "")


def _with_added_keys(text: str, known: set[str]) -> str:
    """`rulebook.yaml` with the product's words, which the earlier software held itself."""
    shipped = (rules_folder() / "rulebook.yaml").read_text(encoding="utf-8")
    tree = yaml.compose(shipped, Loader=yaml.SafeLoader)
    pairs = tree.value if isinstance(tree, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value in ADDED_KEYS and key.value not in known:
            block = shipped[key.start_mark.index : value.end_mark.index].rstrip()
            text = text.rstrip("\n") + "\n" + block + "\n"
    return text


def main() -> None:
    """Convert the folder named on the command line and print what changed."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m cds.rulebook.convert DIR")
    changed = convert(Path(sys.argv[1]))
    print("\n".join([*changed, f"{len(changed)} files changed"]))


if __name__ == "__main__":
    main()
