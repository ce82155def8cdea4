"""The case store: versions are kept, writers do not overwrite each other, the log can't be bent."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import threading
import uuid
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from cds.assessment import assess
from cds.comparison.changes import then_and_now
from cds.intake.draft import Draft, read_draft
from cds.rulebook.load import load
from cds.store.backup import back_up, check, restore
from cds.store.cases import CaseStore, open_store
from cds.store.connect import connect
from cds.store.drafts import Drafts
from cds.store.exchange import export_cases, import_cases
from cds.store.record import Content, assessment_text, ranking_then
from cds.store.refusals import NotSaved, StoreError
from cds.store.verify import verify_store
from tests.postgres_server import server

NOW = dt.datetime(2026, 11, 23, 14, 2, tzinfo=dt.UTC)
MARKERS = {
    "age": "34",
    "histology": "high_grade_conventional",
    "prior_map": "relapsed",
    "resectability": "unresectable",
}


@pytest.fixture(scope="session")
def postgres():
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield URL.create("sqlite", database=str(tmp_path / "data" / "cases.sqlite"))
        return
    base, name = request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}"
    admin = sqlalchemy.create_engine(
        make_url(f"{base}/postgres").set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(f"{base}/{name}").set(drivername="postgresql+psycopg")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def store(url):
    opened = open_store(url, "tester")
    yield opened
    opened.engine.dispose()


def content(label: str = "OS-0042", **markers: str) -> Content:
    return Content(label=label, markers={**MARKERS, **markers})


def ranked(label: str = "OS-0042") -> tuple[Content, str]:
    """A version with the ranking it was saved with."""
    book = load()
    patient = read_draft(Draft(label, dict(MARKERS)), book).patient
    assessment = assess(patient.cohort(book), book)
    return content(label).model_copy(update={"ranking": ranking_then(assessment, "", NOW)}), assessment_text(
        assessment
    )


def force(store: CaseStore, *statements: str) -> None:
    """Do what the triggers refuse, as somebody with the file in hand could."""
    sqlite = store.engine.dialect.name == "sqlite"
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        for table, action in (("audit", "update"), ("audit", "delete"), ("versions", "update")):
            on = "" if sqlite else f" ON {table}"
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{action}{on}"))
        for statement in statements:
            connection.exec_driver_sql(statement)


# --- versions ---------------------------------------------------------------------------------


def test_every_version_stays_as_it_was_saved(store):
    first = store.create(content(), now=NOW)
    second = store.save(first.case_id, 1, content(age="35"))
    assert (first.number, second.number) == (1, 2)
    assert store.get(first.case_id, 1).content == content()
    assert store.get(first.case_id).content == content(age="35")
    assert [version.number for version in store.history(first.case_id)] == [1, 2]
    assert store.get(first.case_id, 1).saved_by == "tester"
    assert store.get(first.case_id, 1).saved_at == "2026-11-23T14:02:00.000000Z"


def test_what_was_opened_must_be_the_newest(store):
    first = store.create(content())
    store.save(first.case_id, 1, content(age="35"))
    with pytest.raises(NotSaved, match="version 1 was opened, version 2 was saved since"):
        store.save(first.case_id, 1, content(age="36"))
    assert store.get(first.case_id).content == content(age="35")
    assert not verify_store(store).faults


def test_eight_writers_at_once_lose_nothing(store, url):
    """Each writer adds its own marks to one case, and does it again when somebody was faster."""
    case_id = store.create(content("OS-8", age="0")).case_id
    writers, each, faults = 8, 6, []

    def write(number: int) -> None:
        mine = open_store(url, f"writer {number}")
        done = 0
        try:
            while done < each:
                opened = mine.get(case_id)
                age = int(opened.content.markers["age"]) + 1
                try:
                    mine.save(case_id, opened.number, content("OS-8", age=str(age)))
                    done += 1
                except NotSaved:
                    continue
        except Exception as error:
            faults.append(error)
        finally:
            mine.engine.dispose()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    last = store.get(case_id)
    assert last.number == writers * each + 1
    assert last.content.markers["age"] == str(writers * each)
    found = verify_store(store)
    assert not found.faults
    assert found.lines == writers * each + 1


def test_two_writers_can_make_different_cases_at_once(store, url):
    def write(number: int) -> None:
        mine = open_store(url, f"writer {number}")
        for step in range(5):
            mine.create(content(f"OS-{number}-{step}"))
        mine.engine.dispose()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.newest()) == 20
    assert not verify_store(store).faults


def test_a_label_is_taken_once(store):
    store.create(content("OS-1"))
    with pytest.raises(StoreError, match="the label is taken"):
        store.create(content(" os-1 "))
    assert len(store.newest()) == 1


def test_an_unknown_case_is_told(store):
    with pytest.raises(StoreError, match="No such case"):
        store.get("nothing")
    with pytest.raises(StoreError, match="No such case"):
        store.save("nothing", 1, content())


@pytest.mark.parametrize(
    "label", ["Anna Schmidt", "Schmidt, A.", "12.03.1987", "Mr X", "J. Doe 1987-03-12", "a@b.org"]
)
def test_a_label_that_looks_personal_needs_a_word(store, label):
    with pytest.raises(StoreError, match=r"it looks like|form of address"):
        store.create(content(label))
    declared = content(label).model_copy(update={"is_pseudonym": True})
    assert store.create(declared).content.is_pseudonym


# --- deletion ---------------------------------------------------------------------------------


def test_deleting_takes_the_typed_label_and_leaves_a_tombstone(store, url):
    case_id = store.create(content("OS-CANARY-7391")).case_id
    store.save(case_id, 1, content("OS-CANARY-7391", age="35"))
    with pytest.raises(StoreError, match="not the label"):
        store.delete(case_id, "os-canary-7391")
    store.delete(case_id, "OS-CANARY-7391", now=NOW)
    assert store.newest() == ()
    with pytest.raises(StoreError):
        store.get(case_id)
    (stone,) = store.tombstones()
    assert (stone.case_id, stone.deleted_by, stone.versions) == (case_id, "tester", 2)
    assert not verify_store(store).faults
    if url.get_backend_name() == "sqlite":
        for path in Path(url.database).parent.iterdir():
            assert b"CANARY-7391" not in path.read_bytes(), path.name


def test_the_log_never_holds_a_value(store):
    case_id = store.create(content("OS-CANARY-1", age="77")).case_id
    store.delete(case_id, "OS-CANARY-1")
    with store.engine.connect() as connection:
        log = str(connection.execute(text("SELECT * FROM audit")).all())
    assert "CANARY" not in log
    assert "histology" not in log


def test_a_new_case_can_take_the_label_of_a_deleted_one(store):
    store.delete(store.create(content()).case_id, "OS-0042")
    assert store.create(content()).number == 1


# --- the log ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        ("UPDATE audit SET actor = 'somebody else' WHERE seq = 2", "line 2 was changed"),
        ("UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 3", "line 3 was changed"),
        ("DELETE FROM audit WHERE seq = 2", "missing, doubled or moved"),
        ("UPDATE audit SET seq = 10 WHERE seq = 3", "missing, doubled or moved"),
        (
            "UPDATE versions SET content = replace(content, '34', '35') WHERE number = 1",
            "not the one its digest",
        ),
        ("UPDATE versions SET digest = '0' WHERE number = 1", "not the one its digest"),
        ("DELETE FROM versions WHERE number = 2", "removed from the store"),
        ("UPDATE cases SET head = 1", "not the one the store names"),
    ],
)
def test_what_was_bent_is_seen(store, bend, said):
    case_id = store.create(content()).case_id
    store.save(case_id, 1, content(age="35"))
    store.create(content("OS-2"))
    force(store, bend)
    assert any(said in fault for fault in verify_store(store).faults), verify_store(store).faults


def test_a_rewritten_log_with_fresh_seals_still_does_not_know_the_content(store):
    store.create(content())
    other = content(age="99").as_json()
    digest = hashlib.sha256(other.encode()).hexdigest()
    force(store)
    with store.engine.begin() as connection:
        values = {"content": other, "digest": digest}
        connection.execute(text("UPDATE versions SET content = :content, digest = :digest"), values)
    assert any("does not know this content" in fault for fault in verify_store(store).faults)


def test_a_cut_tail_is_seen_with_a_noted_head(store):
    case_id = store.create(content()).case_id
    store.delete(case_id, "OS-0042")
    head = store.head()
    assert not verify_store(store, head).faults
    assert not verify_store(store, head[:12]).faults
    force(store, "DELETE FROM audit WHERE seq = 2", "DELETE FROM cases")
    assert any("was cut" in fault for fault in verify_store(store, head).faults)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "UPDATE versions SET content = '{}'"],
)
def test_the_database_itself_refuses_changes_of_the_past(store, statement):
    store.create(content())
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="is refused"), store.engine.begin() as connection:
        connection.execute(text(statement))


# --- drafts -----------------------------------------------------------------------------------


def test_drafts_belong_to_their_owner_and_go_after_two_weeks(store):
    mine, other = Drafts(store), Drafts(store.as_actor("somebody else"))
    draft = Draft("OS-1", {"age": "34", "prior_drugs": [{"drug": "sorafenib", "outcome": "progressed"}]})
    draft_id = mine.keep(draft, now=NOW)
    draft.put("age", "35")
    assert mine.keep(draft, draft_id, now=NOW) == draft_id
    assert other.list() == ()
    (kept,) = mine.list()
    assert kept.draft == draft
    mine.drop_old(NOW + dt.timedelta(days=13))
    assert mine.list()
    mine.drop_old(NOW + dt.timedelta(days=15))
    assert not mine.list()


def test_old_drafts_of_anybody_go_when_a_draft_is_kept(store):
    mine, other = Drafts(store), Drafts(store.as_actor("somebody else"))
    mine.keep(Draft("OS-1"), now=NOW)
    other.keep(Draft("OS-2"), now=NOW + dt.timedelta(days=13))
    assert mine.list()
    other.keep(Draft("OS-3"), now=NOW + dt.timedelta(days=15))
    assert not mine.list()
    assert [kept.draft.label for kept in other.list()] == ["OS-3", "OS-2"]


def test_a_dropped_draft_is_gone(store):
    drafts = Drafts(store)
    draft_id = drafts.keep(Draft("OS-1"))
    drafts.drop(draft_id)
    assert not drafts.list()
    assert drafts.keep(Draft("OS-1"), draft_id) != draft_id


# --- then and now -----------------------------------------------------------------------------


def test_the_ranking_is_kept_as_it_was(store):
    version, assessment = ranked()
    saved = store.create(version, assessment)
    assert store.assessment(saved.case_id, 1) == assessment
    assert not verify_store(store).faults
    found = then_and_now(saved, assessment, load())
    assert found.same_rulebook
    assert not found.changes
    assert (found.then, found.now) == ("can_be_named", "can_be_named")


def test_another_rulebook_gives_another_answer_and_says_where(store):
    from cds.rulebook.own_weights import with_weights

    version, assessment = ranked()
    saved = store.create(version, assessment)
    book = with_weights(load(), {"missed": 20})
    found = then_and_now(saved, assessment, book)
    assert not found.same_rulebook
    assert found.changes
    assert any("before" in line for change in found.changes for line in change.because)


def test_a_bent_ranking_is_seen(store):
    version, assessment = ranked()
    store.create(version, assessment)
    force(store, "UPDATE versions SET assessment = NULL")
    assert any("ranking kept with it" in fault for fault in verify_store(store).faults)


# --- export and import ------------------------------------------------------------------------


def test_export_and_import_give_the_same_cases(store, tmp_path):
    version, assessment = ranked()
    case_id = store.create(version, assessment).case_id
    store.save(case_id, 1, content(age="35"))
    other = open_store(URL.create("sqlite", database=str(tmp_path / "other" / "cases.sqlite")), "importer")
    exported = export_cases(store)
    assert import_cases(other, exported.encode()) == (1, 0)
    assert [v.content for v in other.history(case_id)] == [v.content for v in store.history(case_id)]
    assert other.assessment(case_id, 1) == assessment
    assert import_cases(other, exported.encode()) == (0, 1)
    assert not verify_store(store).faults
    assert not verify_store(other).faults
    other.engine.dispose()


@pytest.mark.parametrize(
    "bend",
    [
        lambda data: data["cases"][0]["versions"][0]["content"]["markers"].update(age="99"),
        lambda data: data["cases"][0]["versions"].pop(0),
        lambda data: data.update(format="another"),
        lambda data: data["cases"][0]["versions"][0].update(assessment="{}"),
        lambda data: data["cases"][0].pop("versions"),
        lambda data: data["cases"][0].update(versions=[]),
        lambda data: data["cases"][0].pop("id"),
        lambda data: data["cases"][0].update(id="case"),
        lambda data: data["cases"][0]["versions"][0].pop("saved_at"),
        lambda data: data["cases"][0]["versions"][0].update(saved_at="yesterday"),
        lambda data: data["cases"].append(data["cases"][0]),
        lambda data: data.pop("form"),
        lambda data: data.update(cases={}),
    ],
)
def test_a_bent_export_is_refused_whole(store, tmp_path, bend):
    version, assessment = ranked()
    case_id = store.create(version, assessment).case_id
    store.save(case_id, 1, content(age="35"))
    data = json.loads(export_cases(store))
    bend(data)
    other = open_store(URL.create("sqlite", database=str(tmp_path / "other" / "cases.sqlite")), "importer")
    with pytest.raises(StoreError, match="import is refused"):
        import_cases(other, json.dumps(data).encode())
    assert not other.newest()
    other.engine.dispose()


def test_an_import_names_every_place_that_is_not_as_exported(store):
    store.create(content())
    data = json.loads(export_cases(store))
    (case,) = data["cases"]
    case["id"], case["versions"][0]["saved_at"] = "QZX", "QZX"
    with pytest.raises(StoreError) as told:
        import_cases(store, json.dumps(data).encode())
    assert [fault.place for fault in told.value.faults] == ["cases.0.id", "cases.0.versions.0.saved_at"]
    assert "QZX" not in str(told.value)


def test_two_cases_of_one_file_with_one_label_are_refused(store, tmp_path):
    store.create(content())
    data = json.loads(export_cases(store))
    data["cases"].append({**data["cases"][0], "id": str(uuid.uuid4())})
    other = open_store(URL.create("sqlite", database=str(tmp_path / "other" / "cases.sqlite")), "importer")
    with pytest.raises(StoreError, match="another case has its label"):
        import_cases(other, json.dumps(data).encode())
    assert not other.newest()
    other.engine.dispose()


def test_what_is_no_export_at_all_is_refused(store):
    for raw in (b"", b"[]", b"\xff", b"null", b"[" * 100_000):
        with pytest.raises(StoreError, match="import is refused"):
            import_cases(store, raw)


def test_a_deleted_case_does_not_come_back_by_import(store):
    case_id = store.create(content()).case_id
    exported = export_cases(store)
    store.delete(case_id, "OS-0042")
    with pytest.raises(StoreError, match="it was deleted here"):
        import_cases(store, exported.encode())


# --- SQLite only: file, backup, damage --------------------------------------------------------


@pytest.fixture
def file_store(tmp_path):
    opened = open_store(URL.create("sqlite", database=str(tmp_path / "data" / "cases.sqlite")), "tester")
    yield opened
    opened.engine.dispose()


def test_sqlite_is_opened_with_wal_full_sync_and_privately(file_store, tmp_path):
    with file_store.engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2}
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "cases.sqlite").stat().st_mode & 0o077 == 0


def test_a_backup_of_a_store_in_use_can_be_restored(file_store, tmp_path):
    case_id = file_store.create(content()).case_id
    copy = tmp_path / "backup.sqlite"
    verdict = back_up(file_store, copy)
    assert verdict.versions == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.sqlite", "data"]
    file_store.save(case_id, 1, content(age="35"))
    url = file_store.engine.url
    file_store.engine.dispose()
    kept = restore(copy, url, "tester", NOW)
    again = open_store(url, "tester")
    assert [version.number for version in again.newest()] == [1]
    assert not verify_store(again, verdict.head).faults
    assert check(kept).versions == 2
    again.engine.dispose()


def test_a_copy_is_for_its_owner_only_before_anything_is_in_it(file_store, tmp_path, monkeypatch):
    modes = {}

    def connected(name, *how, **more):
        if Path(name).suffix in (".part", ".restoring"):
            modes.setdefault(Path(name).suffix, Path(name).stat().st_mode & 0o777)
        return connect_to(name, *how, **more)

    connect_to = sqlite3.connect
    monkeypatch.setattr("cds.store.backup.sqlite3.connect", connected)
    (tmp_path / "backup.sqlite.part").write_bytes(b"left by a killed run")
    back_up(file_store, tmp_path / "backup.sqlite")
    file_store.engine.dispose()
    restore(tmp_path / "backup.sqlite", file_store.engine.url, "tester", NOW)
    assert modes == {".part": 0o600, ".restoring": 0o600}


def test_a_backup_never_overwrites(file_store, tmp_path):
    copy = tmp_path / "backup.sqlite"
    copy.write_text("mine")
    with pytest.raises(StoreError, match="there already"):
        back_up(file_store, copy)
    assert copy.read_text() == "mine"


def test_a_damaged_backup_is_refused_and_the_store_stays(file_store, tmp_path):
    file_store.create(content())
    copy = tmp_path / "backup.sqlite"
    back_up(file_store, copy)
    damaged = bytearray(copy.read_bytes())
    for start in range(4096, len(damaged), 4096):
        damaged[start : start + 64] = b"\xff" * 64
    copy.write_bytes(bytes(damaged))
    with pytest.raises(StoreError):
        restore(copy, file_store.engine.url, "tester", NOW)
    assert len(file_store.newest()) == 1
    assert not [path.name for path in (tmp_path / "data").iterdir() if "restoring" in path.name]


def test_a_damaged_store_is_refused(tmp_path):
    url = URL.create("sqlite", database=str(tmp_path / "cases.sqlite"))
    opened = open_store(url, "tester")
    for number in range(30):
        opened.create(content(f"OS-{number}"))
    opened.engine.dispose()
    path = tmp_path / "cases.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    raw = bytearray(path.read_bytes())
    raw[8192:12288] = b"\xa5" * 4096
    path.write_bytes(bytes(raw))
    with pytest.raises(StoreError, match=r"damaged|can't be opened"):
        open_store(url, "tester")


def test_what_is_no_store_is_refused(tmp_path):
    path = tmp_path / "cases.sqlite"
    path.write_bytes(b"not a database at all, but long enough to be looked at " * 40)
    with pytest.raises(StoreError, match="can't be opened"):
        open_store(URL.create("sqlite", database=str(path)), "tester")


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    url = URL.create("sqlite", database=str(tmp_path / "cases.sqlite"))
    engine = connect(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer version"):
        connect(url)


def test_the_migrations_make_the_tables_that_the_code_knows(store):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from cds.store.tables import metadata

    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_forms_are_the_steps_of_the_migrations():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from cds.store.connect import FORMS, MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == FORMS
