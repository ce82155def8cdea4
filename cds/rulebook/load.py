"""Load `rules/` into a Rulebook: every file strictly, all faults at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from cds.errors import Fault, InputError, RulebookError
from cds.locations import rules_folder
from cds.rulebook import cache, strict_yaml
from cds.rulebook.base import Record
from cds.rulebook.book import PARTS, Part, Rulebook
from cds.rulebook.crosschecks import crosscheck

R = TypeVar("R", bound=Record)


@dataclass
class _Reader:
    root: Path
    faults: list[Fault] = field(default_factory=list)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    raw: dict[str, list[Any]] = field(default_factory=dict)

    def part(self, part: Part) -> Any:
        """All entries of one part, in file order."""
        entries: list[Record] = []
        self.raw[part.name] = []
        for path in self._files(part):
            entries += self._entries(part, path)
        if part.single:
            return entries[0] if entries else None
        return tuple(entries)

    def _files(self, part: Part) -> list[Path]:
        target = self.root / part.path
        files = sorted(target.glob("*.yaml")) if target.is_dir() else [target]
        missing = not files or not all(path.is_file() for path in files)
        if missing and not part.optional:
            self.faults.append(Fault(f"rules/{part.path}", "not found", "Restore the file."))
        return [] if missing else files

    def _entries(self, part: Part, path: Path) -> Iterator[Record]:
        try:
            tree = strict_yaml.read(path, f"rules/{path.relative_to(self.root).as_posix()}")
        except InputError as error:
            self.faults += error.faults
            return
        whole = part.single or part.one_per_file
        if not isinstance(tree.data, dict if whole else list):
            wanted = "a mapping" if whole else "a list of entries"
            self.faults.append(Fault(tree.place(()), f"expected {wanted}", "See rules/README.md."))
            return
        for index, data in enumerate([tree.data] if whole else tree.data):
            where: strict_yaml.Path_ = () if whole else (index,)
            entry = self._entry(part, tree, where, data)
            if entry is not None:
                self.raw[part.name].append(data)
                yield entry

    def _entry(
        self, part: Part, tree: strict_yaml.Tree, where: strict_yaml.Path_, data: Any
    ) -> Record | None:
        try:
            entry = part.model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self.faults.append(_fault(tree, where, detail))
            return None
        key = str(getattr(entry, part.key)) if part.key else f"entry {len(self.places)}"
        known = self.places.setdefault((part.name, key), tree.place(where))
        if known != tree.place(where):
            self.faults.append(
                Fault(tree.place(where), f"{key} is already declared at {known}", "Rename one.")
            )
        if part.one_per_file and part.key and Path(tree.name).stem != key:
            self.faults.append(
                Fault(tree.place(where), f"the file holds {key}", "Name the file after the id.")
            )
        return entry


def _fault(tree: strict_yaml.Tree, where: strict_yaml.Path_, detail: Any) -> Fault:
    path = tuple(part for part in detail["loc"] if isinstance(part, (str, int)))
    name = ".".join(str(part) for part in path) or "entry"
    remedy = (
        "Remove the key or mend its name." if detail["type"] == "extra_forbidden" else "See rules/README.md."
    )
    return Fault(tree.place((*where, *path)), f"{name}: {detail['msg'].lower()}", remedy)


def digest_of(root: Path) -> str:
    """SHA-256 over names and bytes of all YAML files of a rules folder."""
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*.yaml"), key=lambda path: path.relative_to(root).as_posix()):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def load(root: Path | None = None) -> Rulebook:
    """Load and cross-check a rules folder (default: the one that ships).

    Raises RulebookError with every fault found, each with file and line.
    """
    if root is not None and not (root / "rulebook.yaml").is_file():
        lost = Fault("rules/rulebook.yaml", "not found", "Name the folder that holds rulebook.yaml.")
        raise RulebookError(f"No rulebook in {root}", [lost])
    return _load((root or rules_folder()).resolve(), digest_of(root or rules_folder()))


@lru_cache(maxsize=4)
def _load(root: Path, digest: str) -> Rulebook:
    shipped = root == rules_folder().resolve()
    known = cache.read(digest) if shipped else None
    if known is not None:
        return known
    reader = _Reader(root)
    book = _read(reader, digest)
    if shipped:
        cache.write(digest, reader.raw, reader.places)
    return book


def _read(reader: _Reader, digest: str) -> Rulebook:
    parts = {part.name: reader.part(part) for part in PARTS}
    if not reader.faults:
        book = Rulebook(**parts, digest=digest, places=reader.places)
        reader.faults += crosscheck(book)
    if reader.faults:
        count = len(reader.faults)
        raise RulebookError(f"{count} problem{'s' if count > 1 else ''} in rules/", sorted(reader.faults))
    return book
