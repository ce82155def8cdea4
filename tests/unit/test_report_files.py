"""What the files of a report are: closed, tagged, editable, reproducible, and named by digest."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx as python_docx
import jsonschema
import pytest
from docx.oxml.ns import qn
from fhir.resources.R4B.bundle import Bundle

from cds.document import pdf
from cds.document.blocks import Figure, Table
from cds.errors import InputError
from cds.report import envelope, fhir, files
from cds.report.case import document as case
from cds.result import Assessment
from tests.unit import report_reading as reading


@pytest.fixture(params=reading.MAIN[:4])
def name(request) -> str:
    return request.param


@pytest.fixture
def assessment(name) -> Assessment:
    return reading.assessed(name)


@pytest.fixture
def document(name):
    return reading.composed(name)


def figures(document) -> list[Figure]:
    return [block for section in document.sections for block in section.blocks if isinstance(block, Figure)]


def tables(document) -> list[Table]:
    blocks = [block for section in document.sections for block in section.blocks]
    return [
        block.table if isinstance(block, Figure) else block
        for block in blocks
        if isinstance(block, Figure | Table)
    ]


# --- HTML ---------------------------------------------------------------------------------------


def test_html_is_closed(name):
    made = reading.made(name)["html"].decode()
    found = reading.read_html(made)
    names = {name for name, _ in found.elements}
    assert not names & {
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "img",
        "base",
        "a href",
    }
    policy = next(value for tag, name, value in found.attributes if tag == "meta" and name == "content")
    assert "default-src 'none'" in policy
    assert not [name for _, name, _ in found.attributes if name.startswith("on") or name in ("src", "style")]
    targets = [value for _, name, value in found.attributes if name == "href"]
    assert targets and all(value.startswith("#") for value in targets)
    assert "url(" not in made.replace("&#", "") and "@import" not in made


def test_html_has_landmarks_contents_and_print_style(name, document):
    made = reading.made(name)["html"].decode()
    found = reading.read_html(made)
    names = [name for name, _ in found.elements]
    assert {"main", "nav", "header", "footer", "h1"} <= set(names)
    assert names.count("h1") == 1
    assert ("html", "lang", "en-GB") in found.attributes
    assert "@media print" in made
    ids = {value for _, name, value in found.attributes if name == "id"}
    targets = {value[1:] for _, name, value in found.attributes if name == "href"}
    assert targets <= ids
    assert {section.id for section in document.sections} <= ids


def test_html_tables_have_captions_and_scopes(name, document):
    made = reading.made(name)["html"].decode()
    count = len(tables(document))
    assert made.count("<caption>") == count
    assert made.count('<th scope="col"') == sum(len(table.columns) for table in tables(document))


# --- PDF ----------------------------------------------------------------------------------------


def test_pdf_is_tagged_and_named(name, document):
    reader = reading.pdf_reader(reading.made(name)["pdf"])
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]).lower() == "en-gb"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == f"{document.title}: {document.subject}"
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
    told = [
        element["/Alt"] for element in structure(catalog["/StructTreeRoot"]) if element.get("/S") == "/Figure"
    ]
    assert told == [pdf.printable(figure.sentence) for figure in figures(document)]


def structure(part: Any) -> Iterator[Any]:
    """Every element of the structure tree of a PDF."""
    part = part.get_object()
    if isinstance(part, list):
        for child in part:
            yield from structure(child)
    elif isinstance(part, dict):
        yield part
        yield from structure(part["/K"]) if "/K" in part else ()


def test_pdf_has_headings_tables_and_header_cells_in_its_structure(name, document):
    catalog = reading.pdf_reader(reading.made(name)["pdf"]).trailer["/Root"]
    kinds = Counter(str(element.get("/S")) for element in structure(catalog["/StructTreeRoot"]))
    assert kinds["/H1"] == 1
    assert kinds["/H2"] == len(document.sections) + 1, "one for each section and one for the contents"
    assert kinds["/Table"] == kinds["/Caption"] == len(tables(document))
    assert kinds["/TH"] == sum(len(table.columns) for table in tables(document))


def test_pdf_embeds_every_font(name):
    for page in reading.pdf_reader(reading.made(name)["pdf"]).pages:
        for font in page["/Resources"]["/Font"].get_object().values():
            for inner in font.get_object()["/DescendantFonts"]:
                descriptor = inner.get_object()["/FontDescriptor"].get_object()
                assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_pdf_has_the_front_page_on_one_page(document):
    assert pdf.pages(document)["front"] == 1


@pytest.mark.parametrize("path", reading.PATIENTS, ids=lambda path: path.stem)
def test_every_example_has_a_front_page_of_one_page(path):
    document = case.case_document(reading.assessed_file(path), reading.book())
    assert pdf.pages(document)["front"] == 1


def test_the_fullest_front_page_is_still_one_page():
    """A long label, three contradictions, flags, and more findings than fit."""
    base = reading.assessed("typical_adult")
    finding = reading.assessed("hypertension_low_phosphate").policy("checked").options[0].cautions[0]
    odd = reading.assessed("pten_conflict")
    checked = base.policy("checked")
    first = checked.options[0]
    many = tuple(
        finding.model_copy(update={"code": f"c.{n}", "label": f"A finding with a long name, number {n}"})
        for n in range(14)
    )
    options = (first.model_copy(update={"cautions": many}), *checked.options[1:])
    full = base.model_copy(
        update={
            "patient": "A-rather-long-label-of-eighty-letters-that-is-still-allowed-by-the-intake-of-files",
            "conflicts": odd.conflicts * 3,
            "flags": ("platelets: 12 is unusual; counted as it is",) * 9,
            "policies": (checked.model_copy(update={"options": options}), *base.policies[1:]),
        }
    )
    assert pdf.pages(case.case_document(full, reading.book()))["front"] == 1


# --- DOCX ---------------------------------------------------------------------------------------


def test_docx_has_styles_header_rows_pictures_with_text_and_fields(name, document):
    file = python_docx.Document(io.BytesIO(reading.made(name)["docx"]))
    styles = {line.style.name for line in file.paragraphs}
    assert {"Heading 1", "Heading 2", "List Bullet", "Caption"} <= styles
    body = file.element.body
    with_head = [grid for grid in body.iter(qn("w:tbl")) if list(grid.iter(qn("w:tblCaption")))]
    assert len(with_head) == len(tables(document))
    for grid in with_head:
        row = next(grid.iter(qn("w:tr")))
        assert list(row.iter(qn("w:tblHeader")))
        assert all(list(row.iter(qn("w:cantSplit"))) for row in grid.iter(qn("w:tr")))
    told = [picture.get("descr") for picture in body.iter(qn("wp:docPr"))]
    assert told == [figure.sentence for figure in figures(document)]
    foot = file.sections[0].footer._element
    assert {field.get(qn("w:instr")) for field in foot.iter(qn("w:fldSimple"))} == {"PAGE", "NUMPAGES"}
    marks = {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    assert marks == {section.id.replace("-", "_") for section in document.sections}


def test_docx_keeps_properties_in_the_order_of_the_schema(name):
    order = [
        "tblStyle",
        "tblW",
        "jc",
        "tblBorders",
        "tblLayout",
        "tblCellMar",
        "tblLook",
        "tblCaption",
        "tblDescription",
    ]
    file = python_docx.Document(io.BytesIO(reading.made(name)["docx"]))
    for properties in file.element.body.iter(qn("w:tblPr")):
        names = [child.tag.rpartition("}")[2] for child in properties]
        assert names == sorted(names, key=order.index)


def test_docx_dates_are_those_of_the_report(name):
    made = reading.made(name)["docx"]
    core = python_docx.Document(io.BytesIO(made)).core_properties
    assert core.created.date() == core.modified.date() == reading.MADE_ON
    assert core.language == "en-GB"
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# --- JSON and FHIR ------------------------------------------------------------------------------


def test_json_fits_the_published_schema(name):
    jsonschema.validate(json.loads(reading.made(name)["json"]), Assessment.model_json_schema())


def test_fhir_bundle_fits_the_r4b_models(name):
    made = json.loads(reading.made(name)["fhir.json"])
    bundle = Bundle.model_validate(made)
    kinds = [entry.resource.get_resource_type() for entry in bundle.entry]
    assert kinds == ["Device", "Parameters", "RequestGroup", "GuidanceResponse", "Provenance"]
    urls = {entry.fullUrl for entry in bundle.entry}
    pointed = set(re.findall(r'"reference": "([^"]+)"', json.dumps(made)))
    assert pointed <= urls


def test_fhir_proposes_and_says_that_software_authors_nothing(assessment):
    made = {
        entry["resource"]["resourceType"]: entry["resource"]
        for entry in fhir.bundle(assessment, reading.book())["entry"]
    }
    group = made["RequestGroup"]
    assert (group["intent"], group["status"]) == ("proposal", "draft")
    for kind in ("Device", "RequestGroup", "GuidanceResponse"):
        assert "never authors a recommendation" in json.dumps(made[kind])
    agent = made["Provenance"]["agent"][0]
    assert agent["type"]["coding"][0]["code"] == "author"
    assert agent["who"]["reference"] == group["author"]["reference"]
    ranked = assessment.policy("checked").ranked()
    actions = group["action"][0]["action"] if ranked else []
    assert [action["prefix"] for action in actions] == [str(option.rank) for option in ranked]
    for action in actions:
        assert action["documentation"]
        assert any("regimen" in json.dumps(grade) for grade in action["extension"])


def test_fhir_needs_a_date(assessment):
    made = assessment.provenance.model_copy(update={"made_on": None})
    with pytest.raises(InputError, match="without a date"):
        fhir.bundle(assessment.model_copy(update={"provenance": made}), reading.book())


# --- all of them --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", files.FORMATS)
def test_equal_assessments_give_equal_bytes(form):
    again = Assessment.model_validate_json(reading.assessed("typical_adult").model_dump_json())
    (raw,) = files.case_files(again, reading.book(), (form,)).values()
    assert raw == reading.made("typical_adult")["fhir.json" if form == "fhir" else form]


def test_reports_that_can_be_verified_say_that_they_hold_patient_data(assessment, document):
    assert envelope.NOTICE in envelope.pack(assessment)
    assert "holds patient data" in document.foot


def test_every_page_and_format_carries_the_research_line(name, document):
    made = reading.made(name)
    assert made["html"].decode().count(document.research_only) >= 2
    assert made["md"].decode().count("RESEARCH ONLY") == 2
    for page in reading.pdf_reader(made["pdf"]).pages:
        assert page.extract_text().startswith(document.research_only)


def test_unknown_formats_are_refused_and_nothing_is_written(tmp_path: Path, assessment):
    with pytest.raises(InputError, match="formats are not known"):
        files.case_files(assessment, reading.book(), ("html", "exe"))
    assert not list(tmp_path.iterdir())
