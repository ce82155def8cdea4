"""A rulebook of one rule without a nested condition runs as a cohort, in every format and with helpers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds.batch.digest import digest_of
from cds.batch.expand import explanation
from cds.batch.run import FORMS, rank_file
from cds.batch.stored import Stored
from cds.rulebook.load import load

TOY = Path(__file__).parents[1] / "toy_rulebook"
RULE = """
- id: x.gene
  kind: target
  label: Target absent
  options: [T2]
  when: {gene: lost}
  rationale: The partner needs the gene.
  since: 1.0.0
  evidence: [{source: toy_mouse, locator: Figure 4}]
  verification: unchecked
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory) -> Path:
    folder = Path(shutil.copytree(TOY, tmp_path_factory.mktemp("rules") / "small"))
    (folder / "effects" / "safety.yaml").unlink()
    (folder / "effects" / "tumour.yaml").write_text(RULE, encoding="utf-8")
    for name in ("overlaps", "axes"):
        (folder / f"{name}.yaml").write_text("[]\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("helped", [False, True], ids=["alone", "helped"])
@pytest.mark.parametrize("form", FORMS)
def test_every_format_holds_the_same_ranking(tmp_path, rules, form, helped):
    (tmp_path / "c.csv").write_text("id,gene_dna\nP1,lost\nP2,intact\nP3,\n", encoding="utf-8")
    for out, how in (("out", {"form": form, "alone_up_to": 0 if helped else 1 << 30}), ("plain", {})):
        assert rank_file(tmp_path / "c.csv", tmp_path / out, rules=rules, **how) == 0
    stored, plain = Stored(tmp_path / "out"), Stored(tmp_path / "plain")
    stored.check_files()
    assert digest_of(stored.tables(), stored.layout) == digest_of(plain.tables(), plain.layout)
    book = load(rules)
    statuses = [
        next(option.status for option in explanation(stored, name, book).policy("checked").options
             if option.option == "T2")
        for name in ("P1", "P2", "P3")
    ]  # fmt: skip
    assert statuses[0] != statuses[1] and len(book.rule) == 1
