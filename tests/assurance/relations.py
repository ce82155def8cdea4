"""Changes of a cohort file that must not change what is said of any patient.

A relation takes a table and gives another, with the options to read it by and, where ids change,
the new id of each old one. What is compared is each patient's whole line of the results.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cds.batch.run import rank_file
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load
from tests.profiles import RULES, Sampler

Row = dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A cohort file in the making: header, rows by column, and how it is written and read."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    ids: dict[str, str] = field(default_factory=dict)  # new id -> old id, where they differ
    ignored: tuple[str, ...] = ()
    end: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL
    start: bytes = b""
    packed: bool = False
    how: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path, name: str) -> Path:
        """The file in `folder`."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.header, lineterminator=self.end, quoting=self.quoting)  # type: ignore[arg-type]
        writer.writeheader()
        writer.writerows(self.rows)
        raw = self.start + text.getvalue().encode()
        path = folder / (f"{name}.csv.gz" if self.packed else f"{name}.csv")
        path.write_bytes(gzip.compress(raw) if self.packed else raw)
        return path


def cell(value: Any) -> str:
    """A value of a profile as it stands in a CSV cell."""
    if isinstance(value, list):
        return (
            "; ".join(": ".join(entry[key] for key in ("drug", "outcome") if key in entry) for entry in value)
            or "none"
        )
    return repr(value) if isinstance(value, float) else str(value)


def sheet(n: int, seed: int) -> Sheet:
    """`n` random patients; what is known to one result only, each in its canonical unit."""
    book = load()
    names = {marker.id: marker.column for marker in book.markers if marker.enterable}
    rows = []
    for number, profile in enumerate(Sampler(RULES).draw(n, seed)):
        known = {names[name]: cell(value) for name, value in profile.items() if name in names}
        rows.append(dict.fromkeys(names.values(), "") | known | {"id": f"P{number:06}"})
    return Sheet(("id", *names.values()), tuple(rows))


def results(sheet: Sheet, folder: Path, name: str) -> dict[str, str]:
    """What is said of each patient, by the id it had at first."""
    source, out = sheet.write(folder, name), folder / name
    assert rank_file(source, out, form="csv", ignored=sheet.ignored, **sheet.how) in (0, 1)
    said = {}
    with (out / "ranking.csv").open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
        for row in csv.reader(lines[1:]):
            said.setdefault(sheet.ids.get(row[0], row[0]), []).append(tuple(row[1:]))
    with (out / "refused.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            old = sheet.ids.get(row["id"], row["id"])
            said.setdefault(old, []).append(("refused", row["column"], row["code"]))
    return {name: repr(sorted(set(lines))) for name, lines in said.items()}


# --- relations: each gives the changed sheet ---------------------------------------------------------


def row_order(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """The rows shuffled."""
    return replace(start, rows=tuple(rng.sample(start.rows, len(start.rows))))


def column_order(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """The columns shuffled."""
    return replace(start, header=tuple(rng.sample(start.header, len(start.header))))


def extra_columns(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Columns that are no markers, declared as such."""
    rows = tuple(row | {"ward": rng.choice("ABC"), "note": 'x, "y"\nz'} for row in start.rows)
    return replace(start, header=("ward", *start.header, "note"), rows=rows, ignored=("ward", "note"))


def renamed_ids(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Every patient under another id."""
    numbers = rng.sample(range(10**9), len(start.rows))
    ids = {f"x-{number}": row["id"] for number, row in zip(numbers, start.rows, strict=True)}
    rows = tuple(row | {"id": new} for new, row in zip(ids, start.rows, strict=True))
    return replace(start, rows=rows, ids=ids)


def doubled(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Every patient twice, under two ids."""
    again = {f"again-{row['id']}": row for row in start.rows}
    rows = (*start.rows, *(row | {"id": new} for new, row in again.items()))
    return replace(start, rows=rows, ids={new: row["id"] for new, row in again.items()})


def strangers_added(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Unrelated patients between the others."""
    others = sheet(max(len(start.rows) // 5, 1), rng.randrange(10**6)).rows
    rows = [*start.rows, *(row | {"id": f"stranger-{row['id']}"} for row in others)]
    rng.shuffle(rows)
    return replace(start, rows=tuple(rows))


def half_left_out(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Only half of the patients."""
    return replace(start, rows=start.rows[::2])


def drugs_in_other_order(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Every drug list backwards."""
    lists = [marker.column for marker in book.markers if marker.type == "drugs"]
    turned = [{name: "; ".join(reversed(row[name].split("; "))) for name in lists} for row in start.rows]
    return replace(start, rows=tuple(row | more for row, more in zip(start.rows, turned, strict=True)))


def drugs_by_brand(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Drugs under a brand name where one is known."""
    brands = {drug.name: rng.choice(drug.brands) for drug in book.drugs if drug.brands}
    lists = [marker.column for marker in book.markers if marker.type == "drugs"]

    def renamed(text: str) -> str:
        uses = [use.partition(":") for use in text.split("; ")]
        return "; ".join(f"{brands.get(name, name)}{colon}{rest}" for name, colon, rest in uses)

    return replace(
        start, rows=tuple(row | {name: renamed(row[name]) for name in lists} for row in start.rows)
    )


def unknown_in_other_words(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """What is not known as NA, unknown and so on instead of an empty cell."""
    words = ("", "NA", "N/A", "nan", "unknown")
    names = [name for name in start.header if name != "id"]
    rows = tuple(row | {name: rng.choice(words) for name in names if not row[name]} for row in start.rows)
    return replace(start, rows=rows)


def other_units(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Laboratory values moved to a column in another unit, where it holds the same number exactly."""
    changed = {marker.column: marker for marker in book.markers if marker.other_units}
    new = {name: f"{marker.id} ({marker.other_units[0].name})" for name, marker in changed.items()}
    rows = []
    for row in start.rows:
        moved = {name: reported(row[name], marker.other_units[0].factor) for name, marker in changed.items()}
        there = {new[name]: text for name, text in moved.items()}
        rows.append(row | there | {name: "" for name, text in moved.items() if text})
    assert sum(bool(row[name]) for row in rows for name in new.values()) >= len(rows)
    return replace(start, header=(*start.header, *new.values()), rows=tuple(rows))


def reported(text: str, factor: float) -> str:
    """The value in another unit if some number of digits says it exactly, else nothing."""
    if not text:
        return ""
    tried = (f"{float(text) / factor:.{digits}f}" for digits in range(1, 16))
    return next((said for said in tried if float(said) * factor == float(text)), "")


def written_in_another_way(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Other line ends, a byte-order mark, every cell in quotes."""
    return replace(start, end="\r\n", quoting=csv.QUOTE_ALL, start=b"\xef\xbb\xbf")


def packed_file(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """The same file, packed with gzip."""
    return replace(start, packed=True)


def small_pieces(start: Sheet, rng: random.Random, book: Rulebook) -> Sheet:
    """Decided in pieces of seven patients, on one thread."""
    return replace(start, how={"chunk": 7, "threads": 1})


Relation = Callable[[Sheet, random.Random, Rulebook], Sheet]
RELATIONS: tuple[Relation, ...] = (
    row_order,
    column_order,
    extra_columns,
    renamed_ids,
    doubled,
    strangers_added,
    half_left_out,
    drugs_in_other_order,
    drugs_by_brand,
    unknown_in_other_words,
    other_units,
    written_in_another_way,
    packed_file,
    small_pieces,
)
