"""Reads reports back: the text of every format in reading order, and what a file is made of."""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph
from markdown_it import MarkdownIt
from pypdf import PdfReader

from cds.assessment import Context, assess
from cds.document.blocks import Document
from cds.document.pdf import printable
from cds.intake.patient import read_patient
from cds.report import files
from cds.report.case import document as case
from cds.result import Assessment
from cds.robustness.contrast import with_contrasts
from cds.robustness.summary import with_robustness
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENTS = sorted((ROOT / "examples" / "patients").glob("*.yaml"))
MADE_ON = dt.date(2026, 11, 23)
#: The cases that issue and brief name, and the one with contradictory entries.
MAIN = ("typical_adult", "adult_itraconazole", "adolescent_14", "all_unknown", "pten_conflict")


@cache
def book() -> Rulebook:
    return load()


@cache
def assessed(name: str) -> Assessment:
    """An example patient; two of them with the sections on stability, which take their time."""
    stability = name in ("typical_adult", "all_unknown")
    return assessed_file(ROOT / "examples" / "patients" / f"{name}.yaml", stability)


@cache
def composed(name: str) -> Document:
    return case.case_document(assessed(name), book())


@cache
def made(name: str) -> dict[str, bytes]:
    """Every format of an example patient, by suffix."""
    found = files.case_files(assessed(name), book())
    return {path.partition(".")[2]: content for path, content in found.items()}


def assessed_file(path: Path, stability: bool = False) -> Assessment:
    patient = read_patient(path, book())
    cohort = patient.cohort(book())
    made = assess(cohort, book(), context=Context(patient.details, patient.flags, {}, MADE_ON))
    return with_contrasts(with_robustness(made, cohort, book(), 0, 256), book()) if stability else made


def squeezed(text: str) -> str:
    """Without white space, and without the sign that lets long words break in a PDF."""
    return re.sub(r"[\s\u200b]+", "", text)


class HtmlText(HTMLParser):
    """The visible text of an HTML report, and every element outside pictures with its attributes."""

    SILENT = frozenset(("svg", "style", "title", "nav", "footer", "pre", "head"))

    def __init__(self, silent: Iterable[str] = SILENT, skip_classes: Iterable[str] = ("skip",)) -> None:
        super().__init__(convert_charrefs=True)
        self.silent, self.skip_classes = frozenset(silent), frozenset(skip_classes)
        self.text: list[str] = []
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self._depth: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self._depth:
            self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value) for name, value in attrs]
        skipped = dict(attrs).get("class") in self.skip_classes
        if (tag in self.silent or skipped or self._depth) and tag not in (
            "meta",
            "link",
            "col",
            "br",
            "img",
            "input",
        ):
            self._depth.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self._depth:
            self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if self._depth and self._depth[-1] == tag:
            self._depth.pop()

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.text.append(data)


def read_html(text: str, **settings: Iterable[str]) -> HtmlText:
    parser = HtmlText(**settings)
    parser.feed(text)
    parser.close()
    return parser


def html_text(text: str) -> str:
    return squeezed("".join(read_html(text).text))


def markdown_html(text: str) -> str:
    return MarkdownIt("commonmark").enable("table").render(text)


def markdown_text(text: str) -> str:
    return squeezed("".join(read_html(markdown_html(text), silent=()).text))


def docx_text(raw: bytes) -> str:
    """Head line, then paragraphs and cells in reading order."""
    file = docx.Document(io.BytesIO(raw))
    head = [line.text for line in file.sections[0].header.paragraphs]
    return squeezed("".join([*head, *_docx_blocks(file)]))


def _docx_blocks(file: docx.document.Document) -> Iterator[str]:
    for part in file.iter_inner_content():
        if isinstance(part, Paragraph):
            yield part.text
        elif isinstance(part, Table):
            for row in part.rows:
                yield from (cell.text for cell in row.cells)


def pdf_reader(raw: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(raw))


def pdf_text(raw: bytes, document: Document) -> str:
    """Text of all pages in reading order, without what stands on every page and the contents."""
    head = squeezed(printable(document.research_only + document.subject))
    foot = squeezed(printable(document.foot))
    said = []
    for number, page in enumerate(pdf_reader(raw).pages):
        text = squeezed(page.extract_text())
        assert text.startswith(head), f"page {number + 1} does not start with the research line and the case"
        text = text.removeprefix(head)
        text, _, page_number = text.rpartition(foot)
        assert re.fullmatch(r"page\d+of\d+", page_number), page_number
        said.append(text)
    whole = "".join(said)
    contents = re.escape("Contents") + ".*?" + re.escape(_last_of_contents(document)) + r"[.…]+\d+"
    return head + re.sub(contents, "", whole, count=1)


def _last_of_contents(document: Document) -> str:
    return squeezed(printable(document.sections[-1].title))


def mismatch(text: str, lines: Iterable[str], between: Iterable[str] = (":", "•", "-")) -> str | None:
    """What of the lines is not in the text in order, or what stands in the text beside them."""
    allowed = sorted((squeezed(part) for part in between), key=len, reverse=True)
    at = 0
    for line in lines:
        wanted = squeezed(line)
        found = text.find(wanted, at)
        if found < 0:
            return f"not found: {line[:80]!r} after {text[max(0, at - 60) : at + 80]!r}"
        gap = text[at:found]
        for part in allowed:
            gap = gap.replace(part, "")
        if gap:
            return f"beside the text: {gap[:200]!r} before {line[:60]!r}"
        at = found + len(wanted)
    return None


def is_plain(text: str) -> bool:
    """No control, format or private sign."""
    return all(unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs") for char in text)
