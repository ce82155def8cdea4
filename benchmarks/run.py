"""Measure everything and write the table of results.

python -m benchmarks.run            a million patients, about half an hour; writes benchmarks/README.md
python -m benchmarks.run --quick    100,000 patients, about two minutes; prints only
python -m benchmarks.run --large    also ten million patients, once
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from pathlib import Path

from benchmarks import cohorts, engine
from benchmarks.measure import HEAD, ROOT, Figure, machine
from cds.rulebook.load import load
from examples.make_cohort import write

README = ROOT / "benchmarks" / "README.md"
START, END = "<!-- results -->", "<!-- end of results -->"


def main() -> None:
    """Read the command line, measure, and show or write the results."""
    parser = argparse.ArgumentParser(description="Measure speed and memory.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the cohorts here, and take those that stand here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = asked.folder or Path(folder)
        said = measured(place, asked.quick, asked.large, 3 if asked.quick else asked.rounds)
    print(said)
    if not asked.quick:
        head, _, rest = README.read_text(encoding="utf-8").partition(START)
        README.write_text(f"{head}{START}\n{said}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def measured(folder: Path, quick: bool, large: bool, rounds: int) -> str:
    """All figures as Markdown."""
    book, rows = load(), 100_000 if quick else 1_000_000
    about = f"Measured on {dt.datetime.now(dt.UTC).date()}: {machine()}. Rulebook {book.identity.version}."
    sizes = [10_000, 100_000] if quick else [10_000, 100_000, 1_000_000]
    made = {n: _cohort(folder, n) for n in (*sizes, *([10_000_000] if large else []))}
    files = cohorts.Files(made[rows], folder)
    figures: list[Figure] = [*cohorts.paired(files, rounds)]
    few = engine.cohorts_of(made[100_000], book)
    figures.append(engine.against_zen(few, book, rounds))
    figures += engine.one_patient(book, rounds)
    if large:
        figures += cohorts.large(made[10_000_000], folder)
    lines = [about, "", f"Cohort: {rows:,} patients, {made[rows].stat().st_size / 1e6:,.0f} MB of CSV;"]
    lines += [cohorts.rules_per_patient(files) + ".", "", HEAD, *(figure.row() for figure in figures), ""]
    grown = {n: path for n, path in made.items() if n <= 10**6}
    lines += [
        "Growth with patients (both policies, Parquet):",
        "",
        *cohorts.growth(grown, folder, rounds),
        "",
    ]
    lines += ["Growth with rules (engine alone, 100,000 patients):", "", *engine.growth(few, book, rounds)]
    return "\n".join(lines)


def _cohort(folder: Path, rows: int) -> Path:
    path = folder / f"cohort{rows}.csv"
    if not path.exists():
        write(path, rows, seed=7)
    return path


if __name__ == "__main__":
    main()
