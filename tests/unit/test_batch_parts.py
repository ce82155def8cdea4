"""The small parts of a cohort run: pipeline, ids, text outputs, progress, memory, the cached rulebook."""

from __future__ import annotations

import io
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cds.batch import csv_out
from cds.batch.ids import hashes_of, suspects
from cds.batch.memory import keep_freed_memory
from cds.batch.pipeline import ahead
from cds.batch.progress import progress
from cds.batch.summary import add, tidy
from cds.batch.words import words_of
from cds.cli import run
from cds.errors import InputError
from cds.intake.header import read_header
from cds.intake.ids import ids_of, look_plain
from cds.intake.table import MAX_CELL
from cds.intake.text_rows import text_rows
from cds.locations import rules_folder
from cds.report.cohort.run_summary import blocks
from cds.rulebook import cache as copies
from cds.rulebook.book import PARTS
from cds.rulebook.load import _load, digest_of, load
from tests.cohorts import BOOK, patients

# --- pipeline -----------------------------------------------------------------------------------


def test_items_come_in_order_and_no_further_ahead_than_asked():
    made = []

    def items():
        for number in range(50):
            made.append(number)
            yield number

    seen = []
    for item in ahead(items(), depth=3):
        time.sleep(0.001)
        assert len(made) <= item + 6
        seen.append(item)
    assert seen == list(range(50))


def test_an_exception_of_the_producer_reaches_the_consumer():
    def items():
        yield 1
        raise InputError("refused")

    stream = ahead(items())
    assert next(stream) == 1
    with pytest.raises(InputError, match="refused"):
        next(stream)


def test_a_consumer_that_stops_ends_the_thread():
    before = threading.active_count()
    stream = ahead(iter(int, 1))
    next(stream)
    stream.close()
    assert threading.active_count() == before


# --- ids ----------------------------------------------------------------------------------------

NAMES = ["P1", "", "x" * 200, "é-7", "P1", "12345678", "123456789", "a\u202eb", "\U0001f600", "NA"]


def test_ids_survive_slices_and_filters():
    ids = ids_of(NAMES)
    assert list(ids) == NAMES and ids[2] == NAMES[2] and list(ids[3:6]) == NAMES[3:6] and len(ids) == 10
    assert list(ids.kept(np.arange(10) % 2 == 0)) == NAMES[::2]


def test_equal_ids_have_equal_hashes_wherever_they_stand():
    whole, part = hashes_of(ids_of(NAMES)), hashes_of(ids_of(["other", *NAMES])[1:])
    assert (whole == part).all() and whole[0] == whole[4]
    assert len(set(whole.tolist())) == len(set(NAMES))


def test_hashes_hardly_collide():
    names = [f"INVENTED-{n:07d}" for n in range(200_000)] + [f"{n}" for n in range(200_000)]
    assert not suspects([hashes_of(ids_of(names))])
    assert len(suspects([hashes_of(ids_of(names)), hashes_of(ids_of(["17"]))])) == 1


def test_only_plain_ids_are_let_through_without_a_look():
    assert look_plain(ids_of(["P1", "x" * 80, "a b", "Z-9"])).all()
    assert not look_plain(ids_of(["", "7", "=1", "'=1", "x" * 81, "1E5", " P"])).any()
    assert not look_plain(ids_of(["P1", "a\tb"])).any()  # one odd byte: a closer look at all of them
    assert look_plain(ids_of([])).shape == (0,)


# --- texts --------------------------------------------------------------------------------------

HEAD = read_header(["platelets (10^9/L)", "id", "x"], BOOK, "c.csv", ["x"])


def test_a_clean_block_is_split_at_commas_and_line_ends():
    rows = text_rows(b"1,P1,a\r\n,NA,\n 7 ,\xc3\xa9,null", HEAD, 5)
    assert rows is not None and list(rows.ids) == ["P1", "NA", "é"] and rows.lines.tolist() == [5, 6, 7]
    assert [column.to_pylist() for column in rows.columns] == [["1", "", " 7 "]]


@pytest.mark.parametrize(
    "block",
    [b"", b'1,"P1",a\n', b"1,P1\n", b"1,P1,a,b\n", b"1,P1,a\n\n", b"1,P\0,a\n", b"1,P1,a\rb\n", b"1,P1,a\r",
     b"1,P1,\xff\n", b"\xef\xbb\xbf1,P1,a\n", b"1,P1," + b"a" * (MAX_CELL + 1) + b"\n"],
)  # fmt: skip
def test_any_other_block_is_left_to_the_strict_reader(block):
    """Also what is wrong in a column that is ignored."""
    assert text_rows(block, HEAD, 2) is None


def test_equal_and_different_texts_of_every_length_are_read_as_they_are():
    """Over many of Arrow's own blocks; the largest cells may be left to the strict reader."""
    rng = np.random.default_rng(3)
    texts = [stem * n for stem in ("a", "ab", "é") for n in range(1, 40)]
    texts += ["x" * size + end for size in (127, 255, 3000, MAX_CELL // 2 - 1) for end in "yz"]
    cells = [texts[at] for at in rng.integers(0, len(texts), 5_000)]
    block = "".join(f"{cell},P{row},\n" for row, cell in enumerate(cells)).encode()
    rows = text_rows(block, HEAD, 2)
    assert rows is not None and rows.columns[0].num_chunks > 1
    assert rows.columns[0].to_pylist() == cells and rows.ids[4_999] == "P4999"


def test_a_file_with_more_distinct_numbers_than_are_kept_is_read_right(tmp_path, monkeypatch):
    from tests.cohorts import STRICT, pieces, profiles_of

    monkeypatch.setattr("cds.intake.column_reader.MAX_TEXTS", 50)
    path = tmp_path / "c.csv"
    path.write_text(
        "id,platelets (10^9/L)\n" + "".join(f"P{n},{n}.5\n" for n in range(900)), encoding="utf-8"
    )
    from cds.intake.cohort_tables import Reading

    for reading in (STRICT, Reading(block=500, rows=10), Reading()):
        found = profiles_of(pieces(path, reading))
        assert all(found[f"P{n}"] == {"platelets": n + 0.5} for n in range(900))


# --- small outputs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\0x", "＝1", "＋1", "－1", "＠x"]
)
def test_neutralising_is_reversible_and_done_once(text):
    neutral = csv_out.neutral(text)
    assert neutral[0] == "'" and csv_out.neutral(neutral) == neutral and csv_out.original(neutral) == text


@pytest.mark.parametrize("text", ["", "plain", "'", "'x", "a=1", "é"])
def test_other_text_is_left_alone(text):
    assert csv_out.neutral(text) == text == csv_out.original(text)


def test_counts_add_up_and_are_tidied():
    total = add({"a": 1, "b": {"x": 2}}, {"a": 2, "b": {"x": 1, "y": 5}, "c": {"z": 1}})
    assert total == {"a": 3, "b": {"x": 3, "y": 5}, "c": {"z": 1}}
    assert list(tidy(total)["b"]) == ["y", "x"]


def told(**counts: object) -> str:
    """A summary as text: tables, items and paragraphs one after another."""
    plain: dict[str, object] = {
        "read": 3,
        "scored": 2,
        "refused": 1,
        "answers": {"can_be_named": 2},
        "first": {"checked": {"O01": 2}},
        "tied_first": {"checked": 0},
        "policies_differ": {},
        "undetermined": {"pten_dna": 1},
        **{name: {} for name in ("refused_by_reason", "flags", "conflicts")},
    }
    return " ".join(map(str, blocks(plain | counts, words_of(BOOK), BOOK.answer)))


def test_a_summary_speaks_in_words():
    text = told(
        policies_differ={"patients": 1, "because_of_claims": {"C104": 1}},
        refused_by_reason={"two_results": 1},
        flags={"other_unit:haemoglobin": 1},
        assumptions={"ecog": "0"},
        why_assumed="Nobody measured it.",
    )
    for word in ("everolimus + sorafenib (O01)", "can be named for discussion", "PTEN DNA", "1 of 2",
                 BOOK.claim["C104"].says, "two results", "Haemoglobin: reads as a value in another unit",
                 "ECOG performance status: 0", "Nobody measured it."):  # fmt: skip
        assert word in text, word


def test_a_summary_of_refused_rows_alone_can_be_told():
    assert "value not allowed" in told(scored=0, refused=3, refused_by_reason={"value_not_allowed": 3})


def test_a_misspelt_rule_is_no_rule_that_touched_nobody(tmp_path, capsys):
    out = str(tmp_path / "out")
    (tmp_path / "c.csv").write_bytes(patients(2))
    assert run(["rank", str(tmp_path / "c.csv"), "--out", out]) == 0
    assert run(["who-used", out, "--rule", "x.rb2"]) == 2 and "Did you mean x.rb1" in capsys.readouterr().err
    assert run(["who-used", out, "--rulebook", "0" * 64]) == 0
    said = capsys.readouterr().err
    assert said.startswith("Nobody in these runs. They were made with rulebook ") and "model none" in said
    capsys.readouterr()


def test_a_template_goes_into_a_folder_that_exists(tmp_path, capsys):
    assert run(["template", str(tmp_path / "none" / "c.csv")]) == 2
    assert "folder that exists" in capsys.readouterr().err


def test_progress_is_quiet_unless_somebody_watches(capsys, monkeypatch):
    with progress(100) as advance:
        advance(50, 10)
    assert capsys.readouterr().err == ""
    shown = io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    with progress(100, wanted=True) as advance:
        advance(50, 10)
        advance(100, 20)


def test_keeping_memory_does_no_harm():
    keep_freed_memory()
    assert np.zeros(1_000_000).sum() == 0


# --- the cached rulebook --------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "cache")
    _load.cache_clear()
    yield tmp_path / "cache"
    _load.cache_clear()


def test_a_kept_rulebook_is_the_rulebook(cache):
    read = load()
    _load.cache_clear()
    again = load()
    assert isinstance(again, copies.CachedRulebook) and not isinstance(read, copies.CachedRulebook)
    assert all(getattr(again, shelf.name) == getattr(read, shelf.name) for shelf in PARTS)
    assert again.digest == read.digest and again.places == read.places
    with pytest.raises(AttributeError):
        again.no_such_shelf  # noqa: B018


@pytest.mark.parametrize("damage", [b"", b"x", None], ids=["empty", "no JSON", "one bit"])
def test_a_damaged_copy_is_not_used(cache, damage):
    load()
    [path] = cache.glob("*.json")
    content = bytearray(path.read_bytes())
    if damage is None:
        content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content) if damage is None else damage)
    _load.cache_clear()
    assert not isinstance(load(), copies.CachedRulebook)


def test_a_copy_of_other_rules_is_not_used(cache):
    load()
    assert copies.read("0" * 64) is None
    assert copies.read(digest_of(rules_folder())) is not None


def test_a_folder_that_can_not_be_written_is_no_fault(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "file" / "cache")
    _load.cache_clear()
    assert load().digest
    _load.cache_clear()


def test_the_copy_is_json(cache):
    load()
    [path] = cache.glob("*.json")
    assert json.loads(path.read_bytes().partition(b"\n")[2])["digest"] == load().digest
