"""Every label is hostile: it shows as text in every format and is never markup, link, code or file."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from defusedxml import ElementTree

from cds.document import docx, html, markdown, pdf, pictures
from cds.document.blocks import (
    Document,
    Entry,
    Facts,
    Figure,
    Form,
    Heading,
    Items,
    Paragraph,
    Section,
    Table,
    cleaned,
    lines,
    visible,
)
from cds.document.figures.ranks import heat_strip
from cds.report import files
from cds.report.case import document as case
from cds.report.cohort import document as cohort
from tests.unit import report_reading as reading

OWN = (
    "<script>alert(1)</script>",
    "</pre></main><img src=x onerror=alert(1)>",
    "<a href='http://example.org'>x</a>",
    "]]><svg/onload=alert(1)>",
    "<!-- x --><!doctype html>",
    "&lt;b&gt; &amp; &#x202e; &nbsp;",
    "![x](http://example.org/x.png)",
    "[x](javascript:alert(1))",
    "<http://example.org> http://example.org www.example.org a@example.org ftp://example.org",
    "`code` **bold** __bold__ ~~no~~ $x^2$ :red[x] :smile: | cell | # heading",
    "| a | b |\n|---|---|",
    "# heading",
    "1. list",
    "- list",
    "> quote",
    "---",
    "===",
    "    code",
    "#panic()",
    "#read(\"/etc/passwd\")",
    "#image(\"x.png\") #link(\"http://example.org\")[x] $ sum $ *b* _i_ <label> @ref = h",
    "\\\"}, {\"kind\": \"heading\"",
    "{{ 7*7 }} {% include 'x' %} ${7*7} #{7*7}",
    "=HYPERLINK(\"http://example.org\")",
    "{ HYPERLINK \"http://example.org\" }",
    "../../etc/passwd",
    "CON",
    "a\u202egnp.exe",
    "a\u200bb\ufeffc\u2066d\u2069",
    "x\x00y\x1b[31mz\r\nend",
    "\ud800",
    "e\u0301\u0327\u0327\u0327",
    "骨肉腫 🦴 \u0627\u0644",
    "a" * 300,
)  # fmt: skip


def naughty() -> list[str]:
    folder = os.environ.get("CDS_CORPORA")
    if not folder:
        pytest.skip("CDS_CORPORA is not set")
    found = json.loads((Path(folder) / "blns" / "blns.json").read_text(encoding="utf-8"))
    assert len(found) == 515
    return found


def everywhere(texts: list[str]) -> Document:
    """A document that holds each text in every place a text can stand."""
    figure = heat_strip(texts[:12], [(0.5, 0.5)] * len(texts[:12]), "draws")
    table = Table(
        "c " + texts[0], tuple(texts[:3]), tuple((text, text[::-1], "1") for text in texts), (2,), (1,)
    )
    blocks = (
        *(Heading(text) for text in texts[:40]),
        *(Paragraph(text, "caution") for text in texts),
        Items(tuple(texts)),
        Facts(tuple((text, text) for text in texts)),
        table,
        Figure("f", texts[1], figure.svg, figure.table),
        Form((Entry(texts[2], tuple(texts[:5])),)),
    )
    section = Section("s", texts[3], blocks)
    return cleaned(
        Document(
            texts[4],
            "research",
            texts[5],
            texts[6],
            (section,),
            band=(("l", texts[7]),),
            foot=texts[8],
            number="1",
        )
    )


def harmless(document: Document) -> Document:
    """The same document with each text replaced by a word."""
    items = next(block for block in document.sections[0].blocks if isinstance(block, Items))
    return everywhere(["word"] * len(items.items))


@pytest.fixture(params=["own", pytest.param("corpus", marks=pytest.mark.corpora)])
def document(request) -> Document:
    texts = list(OWN) if request.param == "own" else naughty()
    return everywhere([text if text.strip() else f"({text})" for text in texts])


def test_html_shows_them_and_gains_no_element_or_attribute(document):
    made = html.render(document, data=json.dumps(list(OWN)))
    assert reading.mismatch(reading.html_text(made), lines(document), between=()) is None
    found = reading.read_html(made).elements
    assert found == reading.read_html(html.render(harmless(document), data="x")).elements


def test_markdown_shows_them_and_gains_no_markup_or_link(document):
    made = markdown.render(document)
    assert reading.mismatch(reading.markdown_text(made), lines(document)) is None
    found = [name for name, _ in reading.read_html(reading.markdown_html(made), silent=()).elements]
    expected = reading.read_html(
        reading.markdown_html(markdown.render(harmless(document))), silent=()
    ).elements
    assert found == [name for name, _ in expected]
    assert not re.search(r"(?<!\\)\bwww\.|(?<!\\):(?=//)", made)


def test_docx_shows_them_and_gains_no_element_or_target(document):
    made = docx.render(document)
    assert reading.mismatch(reading.docx_text(made), lines(document)) is None
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(io.BytesIO(docx.render(harmless(document)))) as archive:
        plain = {name: archive.read(name) for name in archive.namelist()}
    assert parts.keys() == plain.keys()
    tags = [element.tag for element in ElementTree.fromstring(parts["word/document.xml"]).iter()]
    expected = [element.tag for element in ElementTree.fromstring(plain["word/document.xml"]).iter()]
    assert tags == expected
    assert b"TargetMode" not in b"".join(raw for name, raw in parts.items() if name.endswith(".rels"))


def test_pdf_shows_them_and_gains_no_action_or_file(document):
    made = pdf.render(document)
    text = reading.squeezed("".join(page.extract_text() for page in reading.pdf_reader(made).pages))
    for shown in map(pdf.printable, lines(document)):
        known = re.sub(r"[\u0590-\u08ff\ufb1d-\ufeff]", "", reading.squeezed(shown))
        assert len(known) > 250 or known in text, shown
    for word in (
        b"/URI",
        b"/Launch",
        b"/JavaScript",
        b"/GoToR",
        b"/EmbeddedFile",
        b"/AcroForm",
        b"/SubmitForm",
    ):
        assert word not in made


def test_pictures_escape_their_labels():
    figure = heat_strip(list(map(visible, OWN)), [(1.0,)] * len(OWN), "draws")
    root = ElementTree.fromstring(figure.svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "text"}
    assert pictures.png(figure.svg).startswith(b"\x89PNG")


@pytest.mark.parametrize("text", [text for text in OWN if "\ud800" not in text])  # files are UTF-8
def test_free_text_of_a_patient_goes_through_every_format(text):
    """Case label, details of a value, drug name, flag and assumption, through composing and rendering."""
    base = reading.assessed("resectable")
    value = base.entered[0].model_copy(update={"details": {"assay": text, "stated_by": text}, "shown": text})
    made = base.provenance.model_copy(update={"assumptions": {text: text}})
    hostile = base.model_copy(
        update={"patient": text, "entered": (value, *base.entered[1:]), "flags": (text,), "provenance": made}
    )
    document = case.case_document(hostile, reading.book())
    assert reading.mismatch(reading.html_text(html.render(document)), lines(document), between=()) is None
    assert reading.mismatch(reading.markdown_text(markdown.render(document)), lines(document)) is None
    assert pdf.render(document).startswith(b"%PDF-")
    assert all(map(reading.is_plain, lines(document)))


@pytest.mark.parametrize("text", [text for text in OWN if "\ud800" not in text])
def test_file_names_hold_nothing_of_a_label(text, tmp_path):
    hostile = reading.assessed("resectable").model_copy(update={"patient": text})
    made = files.case_files(hostile, reading.book(), ("html", "md", "json", "fhir"))
    assert all(re.fullmatch(r"case-[0-9a-f]{12}\.(html|md|json|fhir\.json)", name) for name in made)
    for path in files.write(tmp_path / "out", made):
        assert path.resolve().parent == (tmp_path / "out").resolve()
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".part"]


def test_ids_of_a_cohort_are_labels_too():
    assert cohort.cohort_document is not None
