"""Hostile and careless cohort files: what is refused, with which line, and what is let through.

Numbers in comments are those of ASSURANCE, section 2 ("C4"), and of the issue.
"""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest

from cds.cli import run
from cds.errors import InputError
from cds.intake.cohort_tables import Reading
from cds.intake.source import Source
from tests.cohorts import BOOK, FAST, HEADER, ROW, STRICT, cohort_text, patients, pieces, profiles_of

GOOD = patients(3)
WAYS = pytest.mark.parametrize("reading", [STRICT, FAST], ids=["strict", "fast"])


def refusal(path: Path, content: bytes, reading: Reading = FAST) -> str:
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        pieces(path, reading)
    assert caught.value.exit_code == 2
    return str(caught.value)


def changed(line: int, old: str, new: str) -> bytes:
    """The good file with something replaced on one line."""
    lines = GOOD.decode().split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "\n".join(lines).encode()


#: Name, bytes, what the message must hold: place and problem.
REFUSED_FILES: list[tuple[str, bytes, tuple[str, ...]]] = [
    ("C1 semicolons", GOOD.replace(b",", b";"), (":1", "semicolons")),
    ("C1 tabs", GOOD.replace(b",", b"\t"), (":1", "tabs")),
    ("C1 pipes", GOOD.replace(b",", b"|"), (":1", "pipes")),
    ("C2 two BOMs", b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD, (":1", "two byte order marks")),
    ("C3 UTF-16", GOOD.decode().encode("utf-16"), (":1", "UTF-16")),
    ("C3 UTF-16 without BOM", GOOD.decode().encode("utf-16-le"), (":1", "UTF-16")),
    ("C3 UTF-32", GOOD.decode().encode("utf-32"), (":1", "UTF-16 or UTF-32")),
    ("C3 Latin-1", changed(3, "P2", "Müller").decode().encode("latin-1"), (":3", "not UTF-8", "Latin-1")),
    ("C3 cut UTF-8", changed(3, "P2", "é").replace("é".encode(), b"\xc3"), (":3", "not UTF-8")),
    ("C4 short row", changed(3, ",none", ""), (":3", "7 cells", "header has 8")),
    ("C4 long row", changed(2, "none", "none,"), (":2", "9 cells", "header has 8")),
    ("C4 trailing comma on all rows", GOOD.replace(b"none\n", b"none,\n"), (":2", ":3", ":4")),
    ("C4 empty line", changed(3, f"P2,{ROW}", ""), (":3", "empty line")),
    ("C4 empty line at the end", GOOD + b"\n", (":5", "empty line")),
    ("C5 duplicate column", cohort_text([f"P1,{ROW},1"], HEADER + ",histology"), ("same name", "2 and 9")),
    ("C5 duplicate by case", cohort_text([f"P1,{ROW},1"], HEADER + ",Histology"), ("same name", "2 and 9")),
    ("C5 duplicate by width", cohort_text([f"P1,{ROW},1"], HEADER + ",ｈistology"), ("same name",)),
    ("C5 duplicate by space", cohort_text([f"P1,{ROW},1"], HEADER + ", histology"), ("same name",)),
    ("C6 unknown column", cohort_text(["1,2"], "id,histologie"), ("'histologie'", "mean `histology`")),
    ("C6 without its unit", cohort_text(["1,2"], "id,necrosis"), ("Did you mean `necrosis (%)`",)),
    ("C6 another unit", cohort_text(["1,2"], "id,platelets (G/l)"), ("Did you mean `platelets (10^9/L)`",)),
    ("C6 homoglyph", cohort_text(["1,2"], "id,\u04bbistology"), ("\\u04bb", "Did you mean `histology`")),
    ("C6 zero width", cohort_text(["1,2"], "id,histo\u200blogy"), ("\\u200b", "Did you mean `histology`")),
    ("C6 no id column", cohort_text(["1,2"], "patient,histology"), (":1", "no column `id`")),
    ("C6 id spelled otherwise", cohort_text(["1,2"], "ID,histology"), (":1", "not spelled as declared")),
    ("C14 huge cell", changed(3, "none", "x" * 70_000), (":3", "65,536")),
    ("C15 NUL", changed(3, "P2", "P\0"), (":3", "NUL")),
    ("C16 empty", b"", (":1", "no rows")),
    ("C16 BOM only", b"\xef\xbb\xbf", (":1", "no rows")),
    ("C16 line feeds only", b"\n\n\n", (":1", "no rows")),
    ("C16 header only", HEADER.encode() + b"\n", ("header and no rows",)),
    ("C16 header without line end", HEADER.encode(), ("header and no rows",)),
    ("C17 no header", f"P1,{ROW}\nP2,{ROW}\n".encode(), (":1", "no header")),
    ("C18 stray quote", changed(3, "none", 'no"ne'), (":3", "quote")),
    ("C18 text behind a quote", changed(3, "none", '"no"ne'), (":3", "quote")),
    ("C18 open quote", changed(3, "none", '"none'), (":3", "never closed")),
    ("C19 comment", b"# cohort of 2026\n" + GOOD, (":1", "comment")),
    ("C19 sep line", b"sep=,\n" + GOOD, (":1", "sep=")),
    ("C19 preamble", b"Cohort of 2026\n\n" + GOOD, (":1", "no column `id`")),
    ("C19 totals row", GOOD + b"Total,,,\n", (":5", "4 cells")),
    ("C19 two tables", GOOD + b"a,b\n1,2\n", (":5", ":6")),
    ("C20 zip", b"PK\x03\x04" + GOOD, ("ZIP or Excel",)),
    ("C20 old Excel", b"\xd0\xcf\x11\xe0" + GOOD, ("Excel",)),
    ("C20 Arrow stream", b"\xff\xff\xff\xff" + GOOD, ("an Arrow stream", "Arrow file")),
    ("C20 PDF", b"%PDF-1.7\n", ("PDF",)),
    ("C21 many columns", ",".join(["id", *(f"c{at}" for at in range(6000))]).encode() + b"\n1\n", ("6,001",)),
    ("C22 cut off", GOOD[:-20], (":4", "cut off")),
    ("lone carriage return", changed(3, "P2", "P\r2"), (":3", "carriage return")),
    ("old Mac line ends", GOOD.replace(b"\n", b"\r"), ("carriage return",)),
    ("C11 a column of fractions", GOOD.replace(b",40,", b",0.4,"), ("necrosis (%)", "fractions")),
]  # fmt: skip


@WAYS
@pytest.mark.parametrize(
    ("content", "said"), [case[1:] for case in REFUSED_FILES], ids=[c[0] for c in REFUSED_FILES]
)
def test_a_doubtful_table_is_refused_with_its_line(tmp_path, content, said, reading):
    message = refusal(tmp_path / "cohort.csv", content, reading)
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("content", "said"), [(c, s) for _, c, s in REFUSED_FILES], ids=[name for name, *_ in REFUSED_FILES]
)
def test_the_command_refuses_a_doubtful_table_and_writes_nothing(tmp_path, capsys, content, said):
    path, out = tmp_path / "c.csv", tmp_path / "out"
    path.write_bytes(content)
    assert run(["rank", str(path), "--out", str(out)]) == 2 and not out.exists()
    told = capsys.readouterr()
    assert not told.out and "Traceback" not in told.err and all(word in told.err for word in said)
    assert all(line.endswith((".", "`?", "?")) for line in told.err.splitlines()[1:]), (
        "each ends with its remedy"
    )


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "absent", "study folder", "MAF"])
def test_the_command_refuses_what_is_no_cohort_file(tmp_path, capsys, kind):
    """C24; a study folder and a MAF are sent to their import."""
    path, out = tmp_path / "c.csv", tmp_path / "out"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind in ("folder", "study folder"):
        path.mkdir()
        (path / ("meta_study.txt" if kind == "study folder" else "x")).write_text("", encoding="utf-8")
    elif kind == "MAF":
        path.write_text("#version 2.4\nHugo_Symbol\tTumor_Sample_Barcode\n", encoding="utf-8")
    elif kind == "device":
        path = Path("/dev/zero")
    assert run(["rank", str(path), "--out", str(out)]) == 2 and not out.exists()
    told = capsys.readouterr().err
    assert {"study folder": "cds import cbioportal", "MAF": "cds import maf"}.get(kind, path.name) in told


@WAYS
def test_all_faults_are_collected_up_to_a_limit(tmp_path, reading):
    rows = [f"P{n},{ROW}" if n % 3 else f"P{n},{ROW},extra" for n in range(1, 31)]
    message = refusal(tmp_path / "cohort.csv", cohort_text(rows), reading)
    assert [f":{n + 1}:" in message for n in range(1, 31)] == [n % 3 == 0 for n in range(1, 31)]
    many = refusal(tmp_path / "many.csv", cohort_text([f"P{n},x" for n in range(100)]), reading)
    assert many.count("cells where the header has") == 20 and "only the first are shown" in many


def test_a_fault_shows_no_value(tmp_path):
    """L1: what stands in a cell is never told on the terminal."""
    secret = "CANARY"
    for bad in (
        f"{secret},x",
        f'{secret},"{secret}',
        f'{secret},a"b,{secret}',
        f"{secret}\0,{ROW}",
        f"{secret}\r,{ROW}",
    ):
        assert secret not in refusal(tmp_path / "cohort.csv", cohort_text([f"P1,{ROW}", bad]))
    assert secret not in refusal(tmp_path / "nohead.csv", f"{secret},{secret}\n{secret},1\n".encode())


# --- rows ---------------------------------------------------------------------------------------


def refused_codes(
    path: Path, row: str, reading: Reading = FAST, header: str = HEADER
) -> list[tuple[int, str, str]]:
    path.write_bytes(
        cohort_text([f"first,{ROW}" if header == HEADER else "first" + "," * header.count(","), row], header)
    )
    found = pieces(path, reading)
    assert sum(len(piece.ids) for piece in found) == 2
    assert sum(len(piece.cohort) for piece in found) + len({r.line for p in found for r in p.refused}) == 2
    return [(refused.line, refused.column, refused.code) for piece in found for refused in piece.refused]


NUMBERS = [
    "inf", "-inf", "Infinity", "0x1F", "9_0", "−5", "９０", "٩٠", "90%", "<5", "<10", ">=3", "≥3", "1 000",
    "90,5", "1.", ".5", "1e", "+-1", "1e5.0", "5 ", " 5", "1\u00a0000", "1'000", "12a", "2026-11-23",
    "03/04/2025", "3-Sep", "1-Mar", "=1+1", "TRUE", "None", "null", "NaN", "-", "--", "?", "n.d.",
]  # fmt: skip


@WAYS
@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_outside_the_grammar_refuses_its_row(tmp_path, text, reading):
    """C9, C12: also dates and what a spreadsheet made of a gene name."""
    cell = f'"{text}"' if "," in text else text
    row = f"P2,high_grade_conventional,relapsed,unresectable,34,{cell},40,none"
    assert refused_codes(tmp_path / "c.csv", row, reading) == [(3, "platelets (10^9/L)", "not_a_number")]


@pytest.mark.parametrize("text", ["1e308", "1e309", "-1", "45123", "5000.1", "1e30"])
def test_a_number_outside_the_hard_range_refuses_its_row(tmp_path, text):
    """C9, C12: an Excel serial date entered as an age is out of range."""
    row = f"P2,high_grade_conventional,relapsed,unresectable,{text},{text},40,none"
    codes = refused_codes(tmp_path / "c.csv", row)
    assert (3, "age (years)", "outside_range") in codes and {code for *_, code in codes} == {"outside_range"}


@pytest.mark.parametrize("text", ["2.5", "+2.5", "250", "2.5e2", "25E1", "0250", "-0", "1600"])
def test_numbers_inside_the_grammar_are_read_exactly(tmp_path, text):
    path = tmp_path / "c.csv"
    path.write_bytes(cohort_text([f"P1,high_grade_conventional,relapsed,unresectable,34,{text},40,none"]))
    assert profiles_of(pieces(path))["P1"]["platelets"] == float(text)


@pytest.mark.parametrize("text", ["", "NA", "N/A", "nan", "unknown"])
def test_the_closed_list_of_missing_words_is_unknown(tmp_path, text):
    """C10: in every column but the id."""
    path = tmp_path / "c.csv"
    path.write_bytes(cohort_text([f"P1,{text},relapsed,unresectable,34,{text},40,{text}"]))
    found = profiles_of(pieces(path))["P1"]
    assert {"histology", "platelets", "current_drugs"}.isdisjoint(found) and found["age"] == 34


@WAYS
@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f",{ROW}", "id_empty"),
        (f"  ,{ROW}", "id_empty"),
        (f"{'x' * 81},{ROW}", "id_too_long"),
        (f"a\tb,{ROW}", "id_not_printable"),
        (f"a\u202eb,{ROW}", "id_not_printable"),
        (f"'=1,{ROW}", "id_quoted_formula"),
        ("P2,osteosarcoma,relapsed,unresectable,34,210,40,none", "value_not_allowed"),
        ("P2,High_grade_conventional,relapsed,unresectable,34,210,40,none", "value_not_allowed"),
        ("P2, high_grade_conventional,relapsed,unresectable,34,210,40,none", "value_not_allowed"),
        ("P2,NULL,relapsed,unresectable,34,210,40,none", "value_not_allowed"),
        ("P2,high_grade_conventional,relapsed,unresectable,34,210,40,sorafenib: got worse", "drug_outcome"),
        ("P2,high_grade_conventional,relapsed,unresectable,34,210,40,sorafenib;", "drug_name"),
    ],
)
def test_a_doubtful_patient_is_refused_and_the_others_are_not(tmp_path, row, code, reading):
    """C8, C12."""
    assert [code for _, _, code in refused_codes(tmp_path / "c.csv", row, reading)] == [code]


def test_every_reason_of_a_row_is_told(tmp_path):
    codes = refused_codes(tmp_path / "c.csv", "P2,osteo,relapsed,no,old,-3,40,none")
    assert [(column, code) for _, column, code in codes] == [
        ("age (years)", "not_a_number"), ("histology", "value_not_allowed"),
        ("platelets (10^9/L)", "outside_range"), ("resectability", "value_not_allowed"),
    ]  # fmt: skip


def test_two_results_for_one_marker_are_refused_until_one_is_chosen(tmp_path):
    header = "id,bilirubin (mg/dL),bilirubin (umol/L)"
    assert refused_codes(tmp_path / "c.csv", "P2,1.0,17.1", header=header) == [
        (3, "bilirubin (umol/L)", "two_results")
    ]
    assert refused_codes(tmp_path / "d.csv", "P2,,17.1", header=header) == []
    found = profiles_of(pieces(tmp_path / "d.csv"))["P2"]["bilirubin"]
    assert found == pytest.approx(1.0, rel=1e-3)


def test_ids_are_text(tmp_path):
    """C8: 007 is not 7, and NA, null, None are ids like any other."""
    names = ["007", "7", "7.0", "NA", "null", "None", "nan", "1E5", "true", "Ünal-3", "a b", "=1+1", "-3"]
    path = tmp_path / "c.csv"
    path.write_bytes(cohort_text(f"{name},{ROW}" for name in names))
    found = pieces(path)
    assert [name for piece in found for name in piece.cohort.ids] == names
    assert found[0].flags == {names.index("1E5"): ("id_like_number",)}


# --- flags --------------------------------------------------------------------------------------


@WAYS
def test_a_percent_that_reads_as_a_fraction_is_flagged_and_unknown(tmp_path, reading):
    """C11."""
    path = tmp_path / "c.csv"
    rows = [
        f"P{n},high_grade_conventional,relapsed,unresectable,34,210,{x},none"
        for n, x in enumerate((90, 0.9, 0, 1))
    ]
    path.write_bytes(cohort_text(rows))
    [piece] = pieces(path, reading)
    assert piece.flags == {1: ("fraction:necrosis",), 3: ("fraction:necrosis",)}
    assert [found.get("necrosis") for found in profiles_of([piece]).values()] == [90.0, None, 0.0, None]


def test_one_fraction_alone_is_no_column_of_fractions(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(cohort_text(["P1,high_grade_conventional,relapsed,unresectable,34,210,0.9,none"]))
    assert pieces(path)[0].flags == {0: ("fraction:necrosis",)}


def test_a_number_that_reads_as_one_in_another_unit_is_flagged_and_unknown(tmp_path):
    header = "id,haemoglobin (g/L)"
    path = tmp_path / "c.csv"
    path.write_bytes(cohort_text(["P1,124", "P2,12.4", "P3,45"], header))
    (piece,) = pieces(path)
    assert profiles_of([piece]) == {"P1": {"haemoglobin": 124.0}, "P2": {}, "P3": {"haemoglobin": 45.0}}
    assert piece.flags == {1: ("other_unit:haemoglobin",), 2: ("unusual:haemoglobin",)}


def test_a_column_that_names_its_unit_is_read_in_it(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(cohort_text(["P1,12.4", "P2,3"], "id,haemoglobin (g/dL)"))
    (piece,) = pieces(path)
    assert profiles_of([piece])["P1"] == {"haemoglobin": 124.0}


def test_a_whole_column_in_another_unit_refuses_the_file(tmp_path):
    said = refusal(tmp_path / "c.csv", cohort_text(["P1,12.4", "P2,9.8", "P3,"], "id,haemoglobin (g/L)"))
    assert "column haemoglobin (g/L): all 2 values read as ones in another unit" in said


def test_an_unusual_number_counts_and_is_flagged(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(cohort_text(["P1,high_grade_conventional,relapsed,unresectable,95,210,40,none"]))
    [piece] = pieces(path)
    assert piece.flags == {0: ("unusual:age",)} and profiles_of([piece])["P1"]["age"] == 95


# --- what is let through ------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.rstrip(b"\n"),
        GOOD.replace(b"none", b'"none"'),
        GOOD.replace(b"high_grade_conventional", b'"high_grade_conventional"').replace(b"id,", b'"id",'),
    ],
    ids=["one BOM (C2)", "CRLF", "no last line end", "quoted cells", "quoted header"],
)
def test_sound_variants_are_the_same_table(tmp_path, content, reading):
    (tmp_path / "plain.csv").write_bytes(GOOD)
    (tmp_path / "variant.csv").write_bytes(content)
    assert profiles_of(pieces(tmp_path / "variant.csv", reading)) == profiles_of(
        pieces(tmp_path / "plain.csv")
    )


def test_quoted_cells_may_hold_commas_quotes_and_line_feeds(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(b'id,note,age (years)\n"a, ""b""","x\ny\n",34\nP2,,35\n')
    found = pieces(path, ignored=["note"])
    assert profiles_of(found) == {'a, "b"': {"age": 34.0}, "P2": {"age": 35.0}}


def test_declared_extra_columns_are_ignored(tmp_path):
    """C6."""
    path = tmp_path / "c.csv"
    path.write_bytes(b"id,hospital,age (years)\nP1,North,34\n")
    assert profiles_of(pieces(path, ignored=["hospital"])) == {"P1": {"age": 34.0}}


def test_column_order_does_not_matter(tmp_path):
    (tmp_path / "a.csv").write_bytes(GOOD)
    turned = [",".join(reversed(line.split(","))) for line in GOOD.decode().splitlines()]
    (tmp_path / "b.csv").write_bytes("\n".join(turned).encode())
    assert profiles_of(pieces(tmp_path / "a.csv")) == profiles_of(pieces(tmp_path / "b.csv"))


def test_gzip_is_read_by_its_first_bytes_whatever_its_name(tmp_path):
    (tmp_path / "a.csv").write_bytes(GOOD)
    (tmp_path / "b.csv").write_bytes(gzip.compress(GOOD))
    assert profiles_of(pieces(tmp_path / "b.csv")) == profiles_of(pieces(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(GOOD + f"P3,{ROW}\n".encode() * 80_000), "unfolds to more than"),
        (gzip.compress(GOOD)[:-9], "cut off"),
        (gzip.compress(GOOD)[:40] + b"\xff" * 40, "not a sound gzip"),
        (gzip.compress(GOOD) + gzip.compress(GOOD), "more than one gzip member"),
    ],
    ids=["bomb (C20)", "cut off", "damaged", "two members"],
)
def test_a_doubtful_gzip_is_refused(tmp_path, content, said):
    assert said in refusal(tmp_path / "c.csv.gz", content)


# --- the file itself ----------------------------------------------------------------------------


def test_what_is_no_regular_file_is_refused(tmp_path):
    """C24."""
    fifo, link, folder = tmp_path / "fifo", tmp_path / "link", tmp_path / "folder"
    os.mkfifo(fifo)
    link.symlink_to("/dev/zero")
    folder.mkdir()
    for path, said in (
        (fifo, "regular"),
        (link, "regular"),
        (folder, "regular"),
        (tmp_path / "none", "no such"),
    ):
        with pytest.raises(InputError) as caught:
            Source(path)
        assert said in str(caught.value) and len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("change", [b"P9,x\n", b""], ids=["appended to", "cut"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, change):
    """C23."""
    path = tmp_path / "c.csv"
    path.write_bytes(GOOD)
    with Source(path) as source:
        list(source.blocks(1 << 20))
        path.write_bytes(GOOD + change if change else GOOD[:-1])
        with pytest.raises(InputError, match="changed while it was read"):
            source.check_unchanged()


def test_the_template_is_a_sound_header(tmp_path):
    from cds.intake.template import header

    names = ",".join(header(BOOK))
    (tmp_path / "c.csv").write_bytes(cohort_text(["P1" + "," * names.count(",")], names))
    assert profiles_of(pieces(tmp_path / "c.csv")) == {"P1": {}}


# --- growth -------------------------------------------------------------------------------------


def test_unknown_columns_are_compared_with_known_ones_only_as_far_as_they_are_shown(tmp_path, monkeypatch):
    """Finding what was meant takes a while, and a file may hold thousands of unknown columns."""
    asked = []
    monkeypatch.setattr(
        "cds.intake.header.difflib.get_close_matches", lambda *given, **how: asked.append(given) or []
    )
    names = ",".join(f"column_{number}" for number in range(4_990))
    path = tmp_path / "c.csv"
    path.write_text(f"id,{names}\nP1{',' * 4_990}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        pieces(path)
    assert len(caught.value.faults) == len(asked) == 20


def test_thousands_of_distinct_drug_lists_take_no_time(tmp_path):
    """A hundredth of this bound here; comparing each list with all before it took far longer."""
    path = tmp_path / "c.csv"
    lists = [f"drug{number}; ondansetron" for number in range(8_000)]
    path.write_text(
        "id,current_drugs\n" + "".join(f"P{n},{text}\n" for n, text in enumerate(lists)), encoding="utf-8"
    )
    start = time.process_time()
    [part] = pieces(path)
    assert time.process_time() - start < 5
    marker = BOOK.marker["current_drugs"]
    assert len({part.cohort.value(marker, row) for row in range(len(lists))}) == len(lists)
