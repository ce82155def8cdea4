"""Strict YAML: scalars stay text, lines are remembered, and what misleads is refused.

Refused: duplicate keys, anchors and aliases, tags, several documents, keys that are not text,
empty values, over 2 MB, deeper than 32 levels, over 200,000 nodes. Plain loaders turn `no` into
false, `010` into 8, and keep the last of two equal keys without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cds.errors import Fault, InputError

MAX_BYTES, MAX_DEPTH, MAX_NODES = 2_000_000, 32, 200_000
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Tree:
    """A parsed document: plain dicts, lists and text, and the line of each path in it."""

    name: str
    data: Any
    lines: dict[Path_, int]

    def place(self, path: Path_) -> str:
        """`file:line` of a path, or of its nearest parent that has a line."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines.get(path, 1)}"


class _Refused(Exception):
    def __init__(self, line: int, problem: str, remedy: str) -> None:
        self.line, self.problem, self.remedy = line, problem, remedy


def read(path: Path, name: str | None = None) -> Tree:
    """Read one file strictly; InputError with place, problem and remedy if it is refused."""
    name = name or path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError("A file can't be read", [Fault(name, error.strerror or "not readable")]) from None
    return parse(raw, name)


def parse(raw: bytes, name: str) -> Tree:
    """Parse bytes strictly; see `read`."""
    builder = _Builder()
    try:
        data = builder.build(_decode(raw))
    except _Refused as refused:
        fault = Fault(f"{name}:{refused.line}", refused.problem, refused.remedy)
        raise InputError("A YAML file is refused", [fault]) from None
    return Tree(name, data, builder.lines)


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise _Refused(1, f"over {MAX_BYTES:,} bytes", "Split the file.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _Refused(line, "not UTF-8", "Save the file as UTF-8.") from None


class _Builder:
    def __init__(self) -> None:
        self.lines: dict[Path_, int] = {}
        self.nodes = 0

    def build(self, text: str) -> Any:
        loader = yaml.CSafeLoader(text)
        try:
            self._refuse_anchors(text)
            node = loader.get_single_node()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            has_tab = "\t" in text.split("\n")[line - 1] if mark else False
            remedy = "Indent by spaces, not tabs." if has_tab else "Mend the line."
            raise _Refused(line, f"not valid YAML: {problem}", remedy) from None
        finally:
            loader.dispose()
        if node is None:
            raise _Refused(1, "the file is empty", "Write an entry or remove the file.")
        return self._value(node, (), 0)

    @staticmethod
    def _refuse_anchors(text: str) -> None:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _Refused(line, "anchors and aliases are not allowed", "Write the value out.")
            if tag := getattr(event, "tag", None):
                raise _Refused(line, f"tag {tag} is not allowed", "Write plain text.")

    def _value(self, node: yaml.Node, path: Path_, depth: int) -> Any:
        self.nodes += 1
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise _Refused(line, "nested too deep or too large", "Split the file.")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(part, (*path, i), depth + 1) for i, part in enumerate(node.value)]
        if node.value == "" and not getattr(node, "style", None):
            raise _Refused(
                line, f"{path[-1] if path else 'the file'} has no value", "Write a value or remove the key."
            )
        return node.value

    def _mapping(self, node: yaml.MappingNode, path: Path_, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused(line, "a key must be text", "Write the key as a word.")
            if key.value in result:
                raise _Refused(line, f"key {key.value!r} stands twice", "Keep one of them.")
            self.lines[(*path, key.value)] = line
            result[key.value] = self._value(value, (*path, key.value), depth + 1)
        return result
