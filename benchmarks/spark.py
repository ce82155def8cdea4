"""Spark in local mode beside one process, on the same file: `python -m benchmarks.spark [PATIENTS]`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.engine import seconds
from benchmarks.measure import ROOT, machine
from cds.batch.digest import digest_of
from cds.batch.run import rank_file
from cds.batch.spark import as_stored, rank
from cds.batch.stored import Stored
from examples.make_cohort import write


def main() -> None:
    """Measure and print; the digests must agree."""
    from pyspark.sql import SparkSession

    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    print(f"{patients:,} patients; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        cohort, out = Path(folder) / "cohort.csv", Path(folder) / "out"
        write(cohort, patients, seed=7)
        print(f"one process, CSV to Parquet: {seconds(lambda: rank_file(cohort, out)):.1f} s")
        builder = SparkSession.builder.master("local[2]")
        builder = builder.config("spark.driver.memory", "4g").config("spark.local.dir", folder)
        builder = builder.config("spark.ui.showConsoleProgress", "false")
        sessions: list[SparkSession] = []
        print(f"Spark starts: {seconds(lambda: sessions.append(builder.getOrCreate())):.1f} s")
        frame = sessions[0].read.csv(str(cohort), header=True)
        noop = frame.write.format("noop").mode("overwrite")
        print(f"Spark reads the CSV: {seconds(noop.save):.1f} s")
        result = str(Path(folder) / "spark")
        for name in ("first", "second"):
            took = seconds(lambda: rank(frame, check=False).write.mode("overwrite").parquet(result))
            print(f"Spark ranks and writes Parquet, {name} time: {took:.1f} s")
        print(f"Spark checks ids and units: {seconds(lambda: rank(frame)):.1f} s")
        stored = Stored(out)
        table = as_stored(sessions[0].read.parquet(result).toArrow(), stored.layout)
        same = digest_of([table], stored.layout) == digest_of(stored.tables(), stored.layout)
        print(f"same digest: {same}")
        sessions[0].stop()


if __name__ == "__main__":
    main()
