"""One case from a file or from pasted text: YAML, JSON, or a cohort file with one row."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cds.cohort import DrugUse
from cds.errors import Fault, InputError
from cds.intake.draft import Draft, draft_from_tree
from cds.intake.header import Header, read_header
from cds.intake.patient import parse_json, patient_from_tree
from cds.intake.table import Faults, Row, StrictReader, TooManyFaults, check_start
from cds.intake.values import MISSING, ValueRefused, read_drugs
from cds.rulebook.book import Rulebook
from cds.rulebook.markers import Marker
from cds.rulebook.strict_yaml import Tree, parse


def read_case(name: str, raw: bytes, book: Rulebook) -> Draft:
    """Read one case strictly; InputError lists every fault with its line."""
    kind = kind_of(name, raw)
    if kind == "csv":
        return _from_csv(raw, book)
    place = f"case.{kind}"
    tree = parse_json(raw, place) if kind == "json" else parse(raw, place)
    patient_from_tree(tree, book)
    return draft_from_tree(tree.data)


def kind_of(name: str, raw: bytes) -> str:
    """csv, json or yaml: by the end of the name, and for pasted text by how it begins."""
    ending = Path(name).suffix.lower().lstrip(".")
    if ending in ("csv", "json", "yaml", "yml"):
        return "yaml" if ending == "yml" else ending
    text = raw.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text.startswith((b"{", b"[")):
        return "json"
    return "csv" if b"," in text.split(b"\n", 1)[0] else "yaml"


def _from_csv(raw: bytes, book: Rulebook) -> Draft:
    header, rows = _records(raw, book)
    if len(rows) != 1:
        problem, remedy = f"has {len(rows)} rows", "Keep one patient, or use the page for cohorts."
        raise InputError("One case is expected", [Fault("case.csv", problem, remedy)])
    cells = rows[0].cells
    draft, faults = Draft(cells[header.id_at]), []
    for column in header.columns:
        text = cells[column.at]
        if text in MISSING:
            continue
        try:
            _put(draft, column.marker, text, column.name, book)
        except ValueRefused as refused:
            faults.append(Fault(f"case.csv, column {column.name}", refused.problem, refused.remedy))
    if faults:
        raise InputError("The case is refused", faults)
    patient_from_tree(Tree("case.csv", draft.tree(), {}), book)
    return draft


def _records(raw: bytes, book: Rulebook) -> tuple[Header, list[Row]]:
    """Header and rows of a cohort file that is read as strictly as any other."""
    faults = Faults("case.csv")
    rows: list[Row] = []
    with suppress(TooManyFaults):
        rows = list(StrictReader(faults).rows(raw[check_start(raw[:64], "case.csv") :], is_last=True))
    faults.raise_if_any()
    return read_header(rows[0].cells, book, "case.csv"), rows[1:]


def _put(draft: Draft, marker: Marker, text: str, column: str, book: Rulebook) -> None:
    if marker.id in draft.markers:
        raise ValueRefused("two_results", f"{marker.id} has two results", "Keep one of them.")
    if marker.type == "drugs":
        uses: tuple[DrugUse, ...] = read_drugs(book, marker, text)
        draft.put_drugs(marker.id, {use.drug: use.outcome for use in uses})
        return
    unit = next((other.name for other in marker.other_units if column == f"{marker.id} ({other.name})"), None)
    draft.put(marker.id, text, unit)
