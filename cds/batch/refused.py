"""`refused.csv`: every reason why a row was not ranked, with its line and what puts it right."""

from __future__ import annotations

from collections.abc import Iterable

from cds.batch.csv_out import quoted
from cds.intake.cohort_file import RefusedRow

COLUMNS = ("line", "id", "column", "code", "problem", "remedy")


def refused_header() -> bytes:
    """The first line."""
    return (",".join(COLUMNS) + "\r\n").encode()


def refused_lines(rows: Iterable[RefusedRow]) -> bytes:
    """One line for each reason."""
    lines = (",".join(quoted(str(getattr(row, name))) for name in COLUMNS) for row in rows)
    return "".join(line + "\r\n" for line in lines).encode("utf-8", "replace")
