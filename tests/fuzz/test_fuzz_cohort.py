"""Mutated cohort files: no traceback, no value that differs from a plain second reader, nothing lost.

Each file is read by the strict way, by the fast way in small blocks, and by a reader written here
that knows RFC 4180 and nothing of the code under test. All three must agree. 3,000 files in the
default run, 100,000 in `make long`.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from cds.cohort import Value
from cds.errors import InputError
from cds.intake.cohort_file import CohortPart
from cds.intake.cohort_tables import Reading
from cds.intake.patient_id import id_fault
from cds.intake.table import Faults, StrictReader
from cds.intake.template import columns
from cds.intake.values import ValueRefused, looks_like_fraction, looks_like_other_unit, read_value
from cds.rulebook.markers import Marker
from tests.cohorts import BOOK, HEADER, STRICT, cohort_text, pieces

ACCEPTED = columns(BOOK)
CELLS = [
    "", "NA", "34", "0.9", "95", "1e2", "1e309", "inf", "<5", "9_0", "90%", "５", '"34"', '"3,4"',
    '"a""b"', 'a"b', "none", "sorafenib: progressed", "sorafenib; pazopanib", "relapsed", "unresectable",
    "osteo", "-0", "+7", "x" * 9, "y" * 17, "z" * 300, "é", "=1+1", " 34", "nan", "unknown",
    "high_grade_conventional",
]  # fmt: skip
BYTES = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b";",
    b"\t",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3",
    b" ",
    b"''",
    b'""',
]


def mutated(rng: random.Random) -> bytes:
    """A small cohort with hostile cells, then with hostile bytes."""
    rows = [
        ",".join([f"P{n}", *(rng.choice(CELLS) for _ in range(HEADER.count(",")))]) if rng.random() < 0.3
        else f"P{n},high_grade_conventional,relapsed,unresectable,{rng.randrange(90)},210,40,none"
        for n in range(rng.randrange(6))
    ]  # fmt: skip
    content = cohort_text(rows)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 5))):
        at, kind = rng.randrange(len(content) + 1), rng.randrange(5)
        if kind < 3:
            content = content[:at] + rng.choice(BYTES) + content[at + rng.randrange(2) :]
        elif kind == 3:
            content = content[:at] + content[at + rng.randrange(12) :]
        else:
            lines = content.split(b"\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            content = b"\n".join(lines)
    return content if rng.random() < 0.9 else content.replace(b"\n", b"\r\n")


# --- the second reader --------------------------------------------------------------------------


def second_opinion(content: bytes) -> list[list[str]] | None:
    """The records of a sound table by RFC 4180, letter by letter; None for a doubtful one."""
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    records, record, cell, at = [], [], "", 0
    while at < len(text):
        if text[at] == '"':
            if cell:
                return None
            end, at = _closing(text, at)
            if end is None:
                return None
            record.append(end)
            if at < len(text) and text[at] not in ",\n" and text[at : at + 2] != "\r\n" and text[at:] != "\r":
                return None
            closed = True
        else:
            start = at
            while at < len(text) and text[at] not in ',\n"':
                at += 1
            if at < len(text) and text[at] == '"':
                return None
            plain = text[start:at]
            ends_line = at == len(text) or text[at] == "\n"
            plain = plain.removesuffix("\r") if ends_line else plain
            if "\r" in plain:
                return None
            record.append(plain)
            closed = False
        if closed and text[at : at + 1] == "\r":
            at += 1
        if at == len(text) or text[at] == "\n":
            records.append(record)
            record = []
        at += 1
        if at == len(text) and text[at - 1] == ",":
            records.append([*record, ""])
            break
    return records if records and all(len(r) == len(records[0]) for r in records) else None


def _closing(text: str, at: int) -> tuple[str | None, int]:
    """The content of a quoted cell, and the place behind its closing quote."""
    cell, at = "", at + 1
    while at < len(text):
        if text[at] != '"':
            cell += text[at]
        elif text[at + 1 : at + 2] == '"':
            cell += '"'
            at += 1
        else:
            return cell, at + 1
        at += 1
    return None, at


def wanted(records: list[list[str]]) -> tuple[dict[str, dict[str, Value]], int] | None:
    """Patients and the number of refused rows that a sound table must give; None if the header is none."""
    header, *rows = records
    if "id" not in header or len(set(header)) < len(header) or not set(header) <= {"id", *ACCEPTED}:
        return None
    found: dict[str, dict[str, Value]] = {}
    refused = 0
    id_at = header.index("id")
    for row in rows:
        name = row[id_at]
        profile: dict[str, Value] = {}
        try:
            for column, cell in zip(header, row, strict=True):
                if column == "id":
                    continue
                marker, factor = ACCEPTED[column]
                value = read_value(BOOK, marker, cell, factor)
                if value is not None and not (isinstance(value, float) and slipped(marker, value, factor)):
                    profile[marker.id] = value
        except ValueRefused:
            refused += 1
            continue
        if id_fault(name):
            refused += 1
        else:
            found[name] = profile
    return found, refused


def slipped(marker: Marker, value: float, factor: float) -> bool:
    """Whether a number reads as one in another unit."""
    return looks_like_fraction(marker, value) or looks_like_other_unit(marker, value, factor)


# --- the comparison -----------------------------------------------------------------------------


def outcome(path: Path, reading: Reading) -> tuple[object, ...]:
    """What a way of reading makes of a file: patients, flags and refused rows, or the refusal."""
    try:
        found = pieces(path, reading)
    except InputError as error:
        return ("refused", str(error))
    assert all(len(p.ids) == len(p.cohort) + len({r.line for r in p.refused}) for p in found)
    return (
        "read",
        [patient for piece in found for patient in patients_of(piece)],
        [r for p in found for r in p.refused],
    )


def patients_of(piece: CohortPart) -> list[tuple[str, dict[str, Value], tuple[str, ...]]]:
    return [
        (
            name,
            {m.id: value for m in BOOK.markers if (value := piece.cohort.value(m, row)) is not None},
            piece.flags.get(row, ()),
        )
        for row, name in enumerate(piece.cohort.ids)
    ]


def check(path: Path, content: bytes, rng: random.Random) -> str:
    path.write_bytes(content)
    strict = outcome(path, STRICT)
    for reading in (Reading(), Reading(block=rng.choice((1, 7, 64, 200)), rows=rng.choice((1, 3)))):
        assert outcome(path, reading) == strict, content
    if strict[0] == "refused":
        return "refused"
    records = second_opinion(content)
    assert records is not None, content
    expected = wanted(records)
    assert expected is not None, content
    read = {name: profile for name, profile, _ in strict[1]}  # type: ignore[union-attr, misc]
    assert (read, len({r.line for r in strict[2]})) == expected, content  # type: ignore[attr-defined]
    return "read"


def fuzz(tmp_path: Path, cases: int, seed: int) -> None:
    rng = random.Random(seed)
    seen = Counter(check(tmp_path / "c.csv", mutated(rng), rng) for _ in range(cases))
    print(f"\n{cases:,} files, seed {seed}: {dict(seen)}; 0 tracebacks, 0 differences")
    assert min(seen.values()) > cases / 5 and len(seen) == 2


def test_mutated_files_are_read_alike_or_refused(tmp_path):
    fuzz(tmp_path, 3_000, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_mutated_files_are_read_alike_or_refused(tmp_path, seed):
    fuzz(tmp_path, 10_000, seed)


@pytest.mark.corpora
def test_the_csv_spectrum_is_split_as_its_authors_say():
    folder = os.environ.get("CDS_CORPORA")
    if not folder:
        pytest.skip("CDS_CORPORA is not set")
    paths = sorted((Path(folder) / "csv-spectrum" / "csvs").glob("*.csv"))
    assert len(paths) == 12
    for path in paths:
        faults = Faults(path.name)
        header, *rows = StrictReader(faults).rows(path.read_bytes(), is_last=True)
        if path.stem == "location_coordinates":  # a quote inside a cell without quotes is not RFC 4180
            assert "quote" in str(faults.found[0]) and not rows
            continue
        said = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        found = [dict(zip(header.cells, row.cells, strict=True)) for row in rows]
        assert found == (said if isinstance(said, list) else [said]) and not faults.found, path.name
