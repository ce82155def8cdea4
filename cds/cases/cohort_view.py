"""A cohort from an uploaded table: ranked by the same run as on the command line, kept in memory only."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds.batch.run import rank_file
from cds.notice import RESEARCH_ONLY
from cds.report import say
from cds.report.blocks import Block, Facts, Paragraph, Table
from cds.report.figures.tallies import First, first_option_bars
from cds.rulebook.book import Rulebook
from cds.wording import ANSWERS

SHOWN_ROWS = 200
SUFFIXES = ("csv", "parquet", "gz")


@dataclass(frozen=True)
class RankedCohort:
    """What a run made: counts, refused rows, and its files by name."""

    summary: Mapping[str, Any]
    refused: tuple[tuple[str, ...], ...]
    ranking: tuple[tuple[str, ...], ...]
    files: Mapping[str, bytes]

    def archive(self) -> bytes:
        """All files as one ZIP, the same bytes for the same run."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, raw in sorted(self.files.items()):
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), raw)
        return packed.getvalue()


def rank_upload(name: str, raw: bytes) -> RankedCohort:
    """Rank an uploaded cohort; InputError with every fault if the table is refused."""
    suffix = Path(name).suffix.lower().lstrip(".")
    with tempfile.TemporaryDirectory(prefix="cds-") as folder:
        source = Path(folder) / f"cohort.{suffix if suffix in SUFFIXES else 'csv'}"
        source.write_bytes(raw)
        out = Path(folder) / "out"
        rank_file(source, out, form="csv")
        files = {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.is_file()}
    return RankedCohort(
        summary=json.loads(files["summary.json"]),
        refused=_rows(files["refused.csv"]),
        ranking=_rows(files["ranking.csv"]),
        files=files,
    )


def _rows(raw: bytes) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in csv.reader(io.StringIO(raw.decode("utf-8"))))


def dry_run(found: RankedCohort) -> Iterator[Block]:
    """What was read, and what was refused with its line and reason."""
    said = found.summary
    yield Paragraph(
        f"{said['read']} rows read, {said['scored']} can be ranked, {said['refused']} are refused. "
        "Nothing is kept: the results live in this visit only."
    )
    if found.refused[1:]:
        rows = found.refused[1 : SHOWN_ROWS + 1]
        more = ", the first are shown" if len(rows) < len(found.refused) - 1 else ""
        caption = f"Refused rows ({len(found.refused) - 1}{more})"
        yield Table(caption, ("Line", "Id", "Column", "Code", "Problem", "Remedy"), rows)
    flags = said.get("flags") or {}
    if flags:
        pairs = tuple(
            (name.replace(":", ": "), say.count(number, "patient")) for name, number in flags.items()
        )
        yield Paragraph("Values that look odd; a suspected slip of unit counts as not known:", "caution")
        yield Facts(pairs)


def overview_blocks(found: RankedCohort, book: Rulebook) -> Iterator[Block]:
    """The answers, who stands first under both policies, and what is missing most."""
    said, total = found.summary, int(found.summary["scored"])
    labels = {option.id: option.label for option in book.options}
    yield Paragraph(RESEARCH_ONLY, "caution")
    answers = tuple(
        (_answer(code), str(number), _share(number, total)) for code, number in said["answers"].items()
    )
    yield Table(f"Answers of {total} patients", ("Answer", "Patients", "Share"), answers, numeric=(1, 2))
    first = said["first"]
    names = dict.fromkeys([*first.get("checked", {}), *first.get("as_published", {})])
    rows = [
        First(labels[name], first["checked"].get(name, 0), first["as_published"].get(name, 0))
        for name in names
    ]
    yield first_option_bars(rows, total)
    differ = said["policies_differ"]["patients"]
    yield Paragraph(f"The two policies put different options first in {differ} of {total} patients.")
    missing = list((said.get("undetermined") or {}).items())[:15]
    if missing:
        known = {marker.id: marker.label for marker in book.markers}
        undecided = tuple((known.get(name, name), str(number)) for name, number in missing)
        caption = "Markers that leave most rules undecided, over all patients"
        yield Table(caption, ("Marker", "Undecided rules"), undecided, numeric=(1,))


def _answer(code: str) -> str:
    return f"{code.replace('_', ' ')}: {ANSWERS[code].split(':')[0].format(first='An option', count='some')}"


def _share(number: int, total: int) -> str:
    return f"{100 * number / total:.0f}\u00a0%" if total else "none"


def patients_table(found: RankedCohort, page: int, size: int = 25) -> Table:
    """One page of patients with answer and both orders."""
    rows = found.ranking[1:][(page - 1) * size : page * size]
    columns = ("Patient", "Answer", "Order, checked", "Order, as published")
    cut = tuple((row[0], row[1].replace("_", " "), row[2] or "none", row[3] or "none") for row in rows)
    return Table(f"Patients {(page - 1) * size + 1} to {(page - 1) * size + len(cut)}", columns, cut)
