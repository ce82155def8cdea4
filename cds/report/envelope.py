"""The data inside a report: put into HTML and PDF files, and read back from them, strictly.

A report that can be verified holds patient data; the envelope says so.
"""

from __future__ import annotations

import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from cds.errors import Fault, InputError
from cds.files import read_json
from cds.report.case.document import digest
from cds.result import Assessment

KIND = "evr-cds case report"
NOTICE = "This report holds patient data."
MAX_BYTES = 50_000_000
Form = Literal["html", "pdf", "json"]


def pack(assessment: Assessment) -> str:
    """The assessment with its digest, as one line of JSON."""
    head = {"kind": KIND, "notice": NOTICE, "software": assessment.provenance.software}
    data = head | {"digest": digest(assessment), "assessment": assessment.model_dump(mode="json")}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def read(path: Path) -> tuple[Form, bytes]:
    """A report file and what it is, by its first bytes and never by its name."""
    try:
        if not path.is_file():
            raise InputError(
                "The report can't be read", [Fault(path.name, "not a regular file", "Name a file.")]
            )
        if path.stat().st_size > MAX_BYTES:
            raise InputError("The report can't be read", [Fault(path.name, f"over {MAX_BYTES:,} bytes")])
        raw = path.read_bytes()
    except OSError as error:
        raise InputError("The report can't be read", [Fault(path.name, str(error.strerror))]) from None
    start = raw[:200].lstrip().lower()
    if start.startswith(b"%pdf-"):
        return "pdf", raw
    if start.startswith(b"<!doctype html"):
        return "html", raw
    if start.startswith(b"{"):
        return "json", raw
    remedy = "HTML, PDF and JSON reports can be verified; DOCX and Markdown are for editing."
    raise InputError("The file is no report", [Fault(path.name, "neither HTML, PDF nor JSON", remedy)])


def unpack(form: Form, raw: bytes, name: str) -> Assessment:
    """The assessment inside a report; InputError if there is none, or it was altered."""
    text = _text(form, raw)
    if text is None:
        raise _refused(name, "it holds no data of a report", "Was it made by `cds report case`?")
    data = _parsed(text, name)
    inner = data.get("assessment", data) if isinstance(data, dict) else data
    if isinstance(data, dict) and "resourceType" in data:
        remedy = "Verify the HTML, PDF or JSON of the same report."
        raise _refused(name, "a FHIR bundle does not hold what was entered", remedy)
    try:
        assessment = Assessment.model_validate_json(json.dumps(inner))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        problem = f"the data do not fit the schema of an assessment (first at {where or 'the top'})"
        raise _refused(name, problem, "Take the file as it was made.") from None
    if form != "json" and (data.get("kind") != KIND or data.get("digest") != digest(assessment)):
        raise _refused(
            name, "its data do not match their own digest", "They were altered. Make the report again."
        )
    return assessment


def _text(form: Form, raw: bytes) -> str | None:
    if form == "json":
        return raw.decode("utf-8", "replace")
    return _from_html(raw) if form == "html" else _from_pdf(raw)


def _refused(name: str, problem: str, remedy: str) -> InputError:
    return InputError("The report can't be verified", [Fault(name, problem, remedy)])


def _parsed(text: str, name: str) -> Any:
    try:
        return read_json(text)
    except ValueError:
        raise _refused(name, "its data are no valid JSON", "Take the file as it was made.") from None


class _Data(HTMLParser):
    """Collects the text of the one element that holds the data."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside, self.found = False, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "pre" and dict(attrs).get("id") == "report-data"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(data)


def _from_html(raw: bytes) -> str | None:
    parser = _Data()
    parser.feed(raw.decode("utf-8", "replace"))
    parser.close()
    return "".join(parser.found) or None


_FILE = re.compile(rb"/Type\s*/EmbeddedFile\b.{0,2000}?>>\s*stream\r?\n", re.DOTALL)


def _from_pdf(raw: bytes) -> str | None:
    """The first attached file. It is a stream of its own, so no PDF library is needed for it."""
    found = _FILE.search(raw)
    if found is None:
        return None
    try:
        return zlib.decompressobj().decompress(raw[found.end() :], MAX_BYTES).decode("utf-8")
    except (zlib.error, UnicodeDecodeError):
        return None
