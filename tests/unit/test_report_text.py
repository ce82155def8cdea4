"""One text for every format: what the terminal tells, HTML, PDF, DOCX and Markdown tell, and no more."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from cds.cli import run
from cds.document import docx, html, markdown, pdf, terminal
from cds.document.blocks import Block, Document, Figure, Items, Table, cleaned, escape, lines, visible
from cds.report.case import document as case
from tests.unit import report_reading as reading

ROOT = Path(__file__).resolve().parents[2]
BOXES = "┏━┳┓┃┡╇┩│└─┴┘├┼┤╭╮╰╯╷╵║═╔╗╚╝╠╣╦╩╬"


@pytest.fixture(params=reading.MAIN)
def document(request) -> Document:
    return reading.composed(request.param)


def headers(document: Document) -> Iterator[str]:
    """Header rows of tables, which a PDF repeats on each page the table goes over."""
    for section in document.sections:
        for block in section.blocks:
            table = block.table if isinstance(block, Figure) else block
            if isinstance(table, Table):
                yield "".join(table.columns)


def test_html_tells_the_text_of_the_document(document):
    assert reading.mismatch(reading.html_text(html.render(document)), lines(document), between=()) is None


def test_docx_tells_the_text_of_the_document(document):
    assert reading.mismatch(reading.docx_text(docx.render(document)), lines(document)) is None


def test_markdown_tells_the_text_of_the_document(document):
    text = reading.markdown_text(markdown.render(document))
    assert reading.mismatch(text, lines(document)) is None


def without_pictures(document: Document) -> Document:
    """Letters inside pictures can be read out of a PDF as well; their sentence and table say the same."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9"></svg>'

    def block(part: Block) -> Block:
        return replace(part, svg=blank) if isinstance(part, Figure) else part

    sections = (replace(s, blocks=tuple(map(block, s.blocks))) for s in document.sections)
    return replace(document, sections=tuple(sections))


def test_pdf_tells_the_text_of_the_document_in_reading_order(document):
    document = without_pictures(document)
    text = reading.pdf_text(pdf.render(document), document)
    told = [pdf.printable(line) for line in lines(document)]
    between = (":", "•", *(pdf.printable(header) for header in headers(document)))
    assert reading.mismatch(text, told, between) is None


def test_terminal_tells_the_text_of_the_document(document):
    """A wide terminal keeps each cell on one line."""
    console = Console(file=io.StringIO(), width=4000, legacy_windows=False)
    terminal.render(document, console)
    text = reading.squeezed(console.file.getvalue()).translate(str.maketrans("", "", BOXES))
    assert reading.mismatch(text, list(lines(document))) is None


def test_what_shows_nothing_is_shown_by_its_number():
    assert visible("a\u202eb\u200bc\ufeffd\u2066e\u00adf\u115fg") == (
        "a⟨U+202E⟩b⟨U+200B⟩c⟨U+FEFF⟩d⟨U+2066⟩e⟨U+00AD⟩f⟨U+115F⟩g"
    )
    assert visible("a\nb\tc\x00d\x1b[31m") == "a⟨U+000A⟩b⟨U+0009⟩c⟨U+0000⟩d⟨U+001B⟩[31m"
    assert visible("\ud800 \U000e0041 \ue000 \u0378") == "⟨U+D800⟩ ⟨U+E0041⟩ ⟨U+E000⟩ ⟨U+0378⟩"


def test_letters_of_every_language_stay_as_they_are():
    for text in ("Ångström, naïve", "骨肉腫", "Ωμέγα", "Ёлка", "3\u00a0mg", "🦴"):
        assert visible(text) == text


def test_escapes_use_signs_that_every_format_holds():
    assert pdf.printable(escape("\u4e2d")) == "⟨U+4E2D⟩"
    assert pdf.printable("骨 é ▲ ✕ ⟨") == "⟨U+9AA8⟩ é ▲ ✕ ⟨"


def test_cleaning_reaches_every_text_but_not_pictures():
    picture = Figure("x", "a\u202e", "<svg>\u202e</svg>", Table("b\u202e", ("c\u202e",), (("d\u202e",),)))
    made = cleaned(picture)
    assert made.svg == picture.svg
    assert [made.sentence, made.table.caption, *made.table.columns, *made.table.rows[0]] == [
        f"{letter}⟨U+202E⟩" for letter in "abcd"
    ]


def test_the_fonts_of_the_pdf_hold_what_is_called_held():
    """Every letter that is not escaped is drawn: PDF/UA refuses a letter without a shape."""
    held = [chr(code) for low, high in pdf._HELD for code in range(low, high + 1)]
    shown = "".join(char for char in held if visible(char) == char)
    assert len(shown) > 1500
    document = Document("t", "r", "s", "m", (), foot=shown)
    assert pdf.render(document).startswith(b"%PDF-")


def test_dates_are_written_with_the_month_in_letters():
    made = reading.composed("typical_adult")
    assert "23-Nov-2026" in made.made_by
    assert not [line for line in lines(made) if "2026-11-23" in line]


def drawn(table: Table, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, legacy_windows=False)
    console.print(terminal.draw(table, width))
    return console.file.getvalue()


def test_a_table_breaks_no_word_where_there_is_room_for_all():
    table = Table("Caption", ("Option", "Status"), (("everolimus + palbociclib (O03)", "▲ CAUTION"),))
    shown = drawn(table, 40)
    assert all(word in shown for word in ("everolimus", "palbociclib", "▲ CAUTION"))
    assert max(map(len, shown.splitlines())) <= 40


def test_a_table_that_is_too_wide_is_told_row_under_row():
    table = Table("Caption", ("First", "Second"), (("doxorubicin-resistant", "patient-derived"),))
    assert drawn(table, 30).split() == [
        "Caption", "First:", "doxorubicin-resistant", "Second:", "patient-derived"
    ]  # fmt: skip


def test_the_terminal_first_shows_a_short_page(capsys):
    """The answer, safety, both policies and reasons; the rest is one option away."""
    run(["rank", str(ROOT / "examples/patients/typical_adult.yaml")])
    short = capsys.readouterr().out
    run(["rank", str(ROOT / "examples/patients/typical_adult.yaml"), "--full"])
    whole = capsys.readouterr().out
    wanted = (
        "In one paragraph",
        "Safety first",
        "Checked against as published",
        "Why, for each ranked option",
    )
    assert all(title in short for title in wanted) and "--full" in short
    assert "Markers as entered" in whole and "Markers as entered" not in short


def test_a_table_tells_no_column_that_holds_nothing():
    made = Table(
        "c", ("A", "B", "C"), (("1", "", "x"), ("2", "", "")), numeric=(0,), tagged=(2,), widths=(1, 2, 3)
    )
    told = made.trimmed()
    assert (told.columns, told.rows) == (("A", "C"), (("1", "x"), ("2", "")))
    assert (told.numeric, told.tagged, told.widths) == ((0,), (1,), (1, 3))


def test_the_first_page_names_the_drug_behind_a_stop_and_what_stands_beside():
    first = " ".join(_front("adult_itraconazole"))
    assert "itraconazole" in first
    assert "pantoprazole" in first
    assert "regorafenib" in first


def test_the_first_page_names_the_few_facts_that_are_not_entered():
    assert "is not known: RB1 status (DNA and IHC)." in " ".join(_front("typical_adult"))


def _front(name: str) -> list[str]:
    document = case.case_document(reading.assessed(name), reading.book())
    front = tuple(section for section in document.sections if section.front)
    return list(lines(Document("", "", "", "", front)))


def test_the_first_page_names_a_drug_that_the_rulebook_lacks():
    first = " ".join(_front("unknown_drug"))
    assert "zubrexafene is not in this rulebook: its interactions are not known" in first
    assert "caution: facts not known" in first and "cautions could not be checked" in first


def test_the_first_page_says_that_nothing_could_be_checked():
    assert "No safety rule could be checked: nothing was entered." in " ".join(_front("all_unknown"))


def test_the_first_page_tells_both_values_of_a_contradiction():
    first = " ".join(_front("pten_conflict"))
    assert "both copies intact (primary tumour, 04-Mar-2025); PTEN IHC: lost" in first


def test_the_answer_names_the_cautions_of_the_option_it_names():
    assert "with 2\u00a0cautions: Uncontrolled hypertension;" in case.sentence(
        reading.assessed("hypertension_low_phosphate"), reading.book()
    )


def test_limits_of_the_first_option_stand_there_for_hypotheses_too():
    first = " ".join(_front("adolescent_14"))
    assert "under 18 years cannot claim: The two series were not found" in first


def test_safety_in_full_holds_what_concerns_only_refused_options():
    document = case.case_document(reading.assessed("typical_adult"), reading.book(), ("safety-full",))
    assert "O11, refused anyway" in list(lines(document))


def test_further_lines_of_an_item_stand_under_its_first_word():
    console = Console(file=io.StringIO(), width=20, legacy_windows=False)
    terminal.show([Items(("a sentence that needs two lines",))], console)
    first, second = console.file.getvalue().splitlines()[:2]
    assert first.startswith("• a") and second.startswith("  ") and second[2] != " "
