"""How a copy of the toy rulebook is spoilt: one small edit, and the words its refusal must hold."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

TOY = Path(__file__).parents[1] / "toy_rulebook"


@dataclass(frozen=True)
class Change:
    """Replace `old` by `new` in a file; without `old` write the file anew, without both remove it."""

    file: str
    old: str | None = None
    new: str | bytes | None = None

    def apply(self, root: Path) -> None:
        """Change one file of a copied rulebook."""
        path = root / self.file
        if self.new is None:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif self.old is None:
            path.write_bytes(self.new if isinstance(self.new, bytes) else self.new.encode())
        else:
            text = path.read_text(encoding="utf-8")
            assert self.old in text, f"{self.file} does not hold {self.old!r}"
            path.write_text(text.replace(self.old, str(self.new), 1), encoding="utf-8")


@dataclass(frozen=True)
class Bad:
    """One defect: what it is, the words of its message, and the edits that make it."""

    name: str
    says: tuple[str, ...]
    changes: tuple[Change, ...]

    def make(self, root: Path) -> Path:
        """A spoilt copy of the toy rulebook."""
        shutil.copytree(TOY, root)
        for change in self.changes:
            change.apply(root)
        return root

    def __str__(self) -> str:
        return self.name


def bad(name: str, says: str | tuple[str, ...], file: str, old: str | None, new: str | bytes | None) -> Bad:
    """A defect made by one edit."""
    return Bad(name, (says,) if isinstance(says, str) else says, (Change(file, old, new),))


SCOPE, SAFETY, TUMOUR = "markers/scope.yaml", "markers/safety.yaml", "markers/tumour.yaml"
RULES, GENE = "effects/safety.yaml", "effects/tumour.yaml"
CHECKED, PUBLISHED = "policies/checked.yaml", "policies/as_published.yaml"
ANSWERS = "answers.yaml"
#: The condition of one rule, to be replaced by another.
WHEN = "when: {infection: active}"


def when(name: str, says: str | tuple[str, ...], condition: str) -> Bad:
    """A defect in the condition of an exclusion."""
    return bad(name, says, RULES, WHEN, f"when: {condition}")
