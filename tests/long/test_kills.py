"""`kill -9` at random instants: hundreds of kills, many of them while something is being written."""

from __future__ import annotations

import random

import pytest

from cds.batch.run import rank_file
from cds.batch.stored import Stored
from tests.cohorts import HEADER, ROW, cohort_text
from tests.crashes import campaign, ranker, small_parts

WANTED, WANTED_WRITING = 300, 100


@pytest.mark.long
def test_hundreds_of_kills_lose_and_double_nothing(tmp_path):
    rows = [f"P{n},{ROW}" if n % 50 or n < 400 else f'"P{n}",{ROW}'.replace("34", "old") for n in range(800)]
    (tmp_path / "c.csv").write_bytes(cohort_text(rows, HEADER))
    wanted = {}
    for form in ("parquet", "csv", "jsonl"):
        rank_file(tmp_path / "c.csv", tmp_path / form, **small_parts(form))
        wanted[form] = Stored(tmp_path / form).run["files"]
    rng, kills, writing, campaigns, by_helpers = random.Random(20), 0, 0, 0, 0
    with ranker() as server:
        while kills < WANTED or writing < WANTED_WRITING:
            form = rng.choice(list(wanted))
            folder = tmp_path / f"campaign{campaigns}"
            folder.mkdir()
            helped = campaigns % 4 == 3
            delays = [rng.uniform(0, 1.8 if helped else 0.6) for _ in range(rng.randrange(3, 10))]
            new, while_writing = campaign(server, tmp_path / "c.csv", folder, form, delays, helped)
            assert Stored(folder / "out").run["files"] == wanted[form], f"campaign {campaigns}, {form}"
            kills, writing, campaigns = kills + new, writing + while_writing, campaigns + 1
            by_helpers += new if helped else 0
            assert campaigns < 2_000
    print(
        f"\n{campaigns} campaigns, {kills} kills, {writing} while writing, {by_helpers} of runs with "
        "helpers; all finished with the same bytes"
    )
