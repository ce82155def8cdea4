"""Spark in local mode: the digest of one machine, whatever the partitions."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds.batch.digest import digest_of
from cds.batch.layout import layout_of
from cds.batch.run import rank_file
from cds.batch.stored import Stored
from cds.errors import InputError
from examples.make_cohort import write
from tests.cohorts import BOOK, HEADER, ROW, cohort_text
from tests.policies import POLICIES

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
pytest.importorskip("pyspark")
ROWS, PARTITIONS = 100_000, 4


@pytest.fixture(scope="module")
def spark(tmp_path_factory) -> Iterator[object]:
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(Path(__file__).parents[2])}
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.local.dir", str(tmp_path_factory.mktemp("spark")))
        .getOrCreate()
    )
    yield session
    session.stop()


def test_100_000_patients_in_4_partitions_have_the_same_digest(spark, tmp_path):
    from cds.batch.spark import as_stored, rank, refused

    path = tmp_path / "cohort.csv"
    write(path, ROWS, seed=3)
    rank_file(path, tmp_path / "out")
    stored = Stored(tmp_path / "out")
    frame = spark.read.csv(str(path), header=True, inferSchema=False).repartition(PARTITIONS)
    assert frame.rdd.getNumPartitions() == PARTITIONS
    table = rank(frame).toArrow()
    assert len(table) == ROWS
    assert digest_of([as_stored(table, stored.layout)], stored.layout) == digest_of(
        stored.tables(), stored.layout
    )
    assert refused(frame).count() == 0


def test_typed_columns_and_refused_rows(spark, tmp_path):
    from cds.batch.spark import as_stored, rank, refused

    rows = [f"P{n},{ROW}" for n in range(20)]
    rows[3] = rows[3].replace("unresectable", "maybe")
    path = tmp_path / "cohort.csv"
    path.write_bytes(cohort_text(rows, HEADER))
    rank_file(path, tmp_path / "out")
    frame = spark.read.csv(str(path), header=True, inferSchema=True)
    layout = layout_of(BOOK, POLICIES)
    table = as_stored(rank(frame).toArrow(), layout)
    assert digest_of([table], layout) == digest_of(Stored(tmp_path / "out").tables(), layout)
    assert [(row.id, row.code) for row in refused(frame).collect()] == [("P3", "value_not_allowed")]


def test_a_doubtful_frame_is_refused(spark, tmp_path):
    from cds.batch.spark import rank

    for rows, said in (
        ([f"P1,{ROW}", f"P1,{ROW}"], "twice"),
        ([f"P{n},{ROW}".replace(",40,", ",0.4,") for n in range(4)], "fractions"),
    ):
        path = tmp_path / f"{said}.csv"
        path.write_bytes(cohort_text(rows, HEADER))
        with pytest.raises(InputError, match=said):
            rank(spark.read.csv(str(path), header=True))
    with pytest.raises(InputError, match="unknown column"):
        rank(spark.createDataFrame([("P1", "x")], "id string, hospital string"))
