"""Agreement, own weights, changes, access, settings, places, and the commands of the case store."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy.engine import make_url

from cds.assessment import assess
from cds.cli import run
from cds.comparison.agreement import Share, agreement_of, statistics
from cds.comparison.changes import changes
from cds.errors import InputError
from cds.hosting.access import role_of, sign_in_faults
from cds.hosting.settings import REQUIRED, settings_faults, settings_of
from cds.intake.draft import Draft, read_draft
from cds.rulebook.load import load
from cds.rulebook.own_weights import weight_faults, with_weights
from cds.store.places import on_remote_disk, shown, store_url
from cds.store.record import BoardDecision, Content, OwnView, ranking_then
from cds.store.refusals import StoreError
from tests.unit.test_cases_store import MARKERS, NOW

BOOK = load()


def assessment(**markers):
    patient = read_draft(Draft("OS-1", {**MARKERS, **markers}), BOOK).patient
    return assess(patient.cohort(BOOK), BOOK)


def decision(kind, option=None):
    return BoardDecision(
        at="x",
        held_on=dt.date(2026, 11, 23),
        kind=kind,
        option=option,
        reason="because",
        roles=("pathology",),
    )


# --- agreement ----------------------------------------------------------------------------------

CASES = [
    ({}, "option", "O01", "agrees"),
    ({}, "option", "O03", "differs"),
    ({}, "other_treatment", None, "differs"),
    ({}, "supportive_care", None, "differs"),
    ({}, "deferred", None, "not_applicable"),
    ({}, "none", None, "not_applicable"),
    ({"resectability": "resectable"}, "other_treatment", None, "agrees"),
    ({"resectability": "resectable"}, "option", "O01", "differs"),
    ({"histology": "low_grade"}, "trial", None, "agrees"),
]


@pytest.mark.parametrize(("markers", "kind", "option", "expected"), CASES)
def test_agreement(markers, kind, option, expected):
    ranking = ranking_then(assessment(**markers), "", NOW)
    assert agreement_of(ranking, decision(kind, option), BOOK) == expected


def test_without_ranking_or_with_an_incomplete_profile_nothing_is_compared():
    assert agreement_of(None, decision("option", "O01"), BOOK) == "not_applicable"
    incomplete = ranking_then(assess(read_draft(Draft("x"), BOOK).patient.cohort(BOOK), BOOK), "", NOW)
    assert agreement_of(incomplete, decision("option", "O01"), BOOK) == "not_applicable"


def test_statistics_count_what_moved():
    ranking = ranking_then(assessment(), "", NOW)

    def case(view, kind, option=None):
        own = OwnView(at="x", option=view) if view != "skip" else OwnView(at="x", skipped=True)
        return Content(label="x", markers={}, ranking=ranking, own_view=own, decision=decision(kind, option))

    found = statistics(
        [
            case("O01", "option", "O01"),
            case("O03", "option", "O01"),
            case("O03", "option", "O03"),
            case("O01", "other_treatment"),
            case("skip", "option", "O01"),
            case("O01", "deferred"),
            Content(label="y", markers={}),
        ],
        BOOK,
    )
    assert (found.cases, found.decided, found.not_applicable) == (7, 6, 1)
    assert (found.agrees.count, found.agrees.of) == (3, 5)
    assert (found.own_view_first.count, found.own_view_first.of) == (2, 4)
    assert (found.moved_to_ranking.count, found.moved_to_ranking.of) == (1, 2)
    assert (found.moved_away.count, found.moved_away.of) == (1, 2)
    assert found.views_skipped == 1


def test_the_interval_is_that_of_wilson():
    """Newcombe 1998, Table I, method 3: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611."""
    low, high = Share(81, 263).interval
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    low, high = Share(0, 20).interval
    assert (round(low, 4), round(high, 4)) == (0.0, 0.1611)
    assert str(Share(0, 0)) == "none to count"


# --- own weights --------------------------------------------------------------------------------


def test_declared_weights_can_always_be_tried_and_change_nothing():
    declared = dict(BOOK.policy["checked"].weights)
    assert weight_faults(BOOK, declared) == ()
    assert with_weights(BOOK, declared) is BOOK


def test_other_weights_change_points_and_are_marked_everywhere():
    tried = with_weights(BOOK, {"missed": 20})
    patient = read_draft(Draft("OS-1", dict(MARKERS)), BOOK).patient
    before, after = assess(patient.cohort(BOOK), BOOK), assess(patient.cohort(tried), tried)
    result = after.policy("checked")
    assert result.of("O01").points == before.policy("checked").of("O01").points - 20
    assert "your weights" in result.label
    assert "missed 20" in result.sentence
    assert "your weights" in after.provenance.rulebook_version
    assert after.provenance.rulebook_digest != BOOK.digest
    assert before.policy("as_published") == after.policy("as_published")


@pytest.mark.parametrize(
    "weights", [{"clin2": 1}, {"missed": 2}, {"xeno": 9}, {"m_mech": 300}, {"caution": -1}]
)
def test_weights_that_break_the_order_are_refused_with_a_sentence(weights):
    assert weight_faults(BOOK, weights)
    with pytest.raises(InputError, match="can't be tried"):
        with_weights(BOOK, weights)


def test_a_decision_is_told_with_its_option():
    assert Content(label="x", markers={}).decided() == "none yet"
    decided = Content(label="x", markers={}, decision=decision("option", "O01")).decided()
    assert decided == "an everolimus option is named (O01)"


# --- changes ------------------------------------------------------------------------------------


def test_changes_name_the_lines_and_reasons():
    found = {
        change.option: change
        for change in changes(assessment(rb1_ihc="retained"), assessment(rb1_ihc="lost"))
    }
    assert found["O03"].was.startswith("2")
    assert found["O03"].now == "excluded"
    assert found["O03"].because[0] == "RB1 lost: CDK4/6 inhibition has nothing to act through"
    assert changes(assessment(), assessment()) == ()


def test_point_differences_are_explained_by_their_lines():
    for change in changes(
        assessment(), assessment(pten_ihc="lost", hypertension="uncontrolled", cdk4_cn="amplified")
    ):
        moved = sum(
            int(words.rpartition(", ")[2].split()[0]) - int(words.rpartition("(")[2].split()[0])
            for words in change.because
            if words.endswith("after)")
        )
        assert moved == change.points_now - change.points_was, change


# --- access and settings ------------------------------------------------------------------------

ROLES = {"edit": ["Edit@Example.org"], "read": ["read@example.org"]}


@pytest.mark.parametrize(
    ("email", "verified", "roles", "expected"),
    [
        ("edit@example.org", True, ROLES, "edit"),
        ("READ@example.org ", True, ROLES, "read"),
        ("other@example.org", True, ROLES, None),
        ("edit@example.org", False, ROLES, None),
        (None, True, ROLES, None),
        ("", True, {"read": [""]}, None),
        ("other@example.org", True, {"read": ["*"]}, "read"),
        ("other@example.org", True, {"edit": ["*"]}, None),
        ("edit@example.org", True, {}, None),
    ],
)
def test_roles(email, verified, roles, expected):
    assert role_of(email, verified, roles) == expected


def test_sign_in_faults_name_keys_and_show_no_value():
    auth = dict.fromkeys(("redirect_uri", "client_id", "client_secret", "server_metadata_url"), "CANARY")
    assert sign_in_faults({}) == ()
    assert any("cookie_secret" in fault for fault in sign_in_faults({"auth": auth, "roles": ROLES}))
    short = {"auth": {**auth, "cookie_secret": "CANARY"}, "roles": ROLES}
    assert any("shorter than" in fault for fault in sign_in_faults(short))
    whole = {"auth": {**auth, "cookie_secret": "x" * 40}, "roles": ROLES}
    assert sign_in_faults(whole) == ()
    assert any("nobody" in fault for fault in sign_in_faults({**whole, "roles": {}}))
    assert "CANARY" not in str(sign_in_faults(short))


def test_the_settings_that_ship_are_safe(request):
    assert settings_faults(settings_of(request.config.rootpath / ".streamlit" / "config.toml")) == ()


@pytest.mark.parametrize("name", REQUIRED)
def test_every_unsafe_setting_is_told(request, name):
    options = settings_of(request.config.rootpath / ".streamlit" / "config.toml")
    wanted = REQUIRED[name][0]
    options[name] = "something else" if isinstance(wanted, str) else not wanted
    assert [fault.place for fault in settings_faults(options)] == [name]


def test_other_machines_are_answered_only_with_a_sign_in(request):
    options = settings_of(request.config.rootpath / ".streamlit" / "config.toml")
    options["server.address"] = "192.0.2.7"
    assert [fault.place for fault in settings_faults(options)] == ["server.address"]
    assert settings_faults(options, signs_in=True) == ()


# --- places -------------------------------------------------------------------------------------


def test_the_store_is_named_by_the_environment():
    assert store_url({"CDS_DATA_DIR": "data"}).database == "data/cases.sqlite"
    url = store_url({"CDS_STORE_URL": "postgresql://cds:secret@db.example.org/cases"})
    assert url.drivername == "postgresql+psycopg"
    assert "secret" not in shown(url)
    for bad in ("nonsense", "mysql://host/x", "sqlite://"):
        with pytest.raises(StoreError):
            store_url({"CDS_STORE_URL": bad})


def test_a_network_disk_is_recognised(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n", encoding="utf-8")
    assert on_remote_disk(tmp_path / "data", mounts)
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n", encoding="utf-8")
    assert not on_remote_disk(tmp_path / "data", mounts)


def test_a_store_that_cannot_be_reached_is_one_line_without_a_password():
    from cds.store.connect import connect

    with pytest.raises(StoreError) as told:
        connect(make_url("postgresql+psycopg://cds:CANARY@127.0.0.1:1/cases"))
    assert "CANARY" not in str(told.value)


# --- commands -----------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("CDS_STORE_URL", raising=False)
    return tmp_path


def keep(label="OS-CANARY-9"):
    from cds.store.cases import open_store

    store = open_store()
    version = store.create(Content(label=label, markers=dict(MARKERS)))
    head = store.head()
    store.engine.dispose()
    return version, head


def test_verify_says_0_for_a_whole_store_and_1_for_a_bent_one(home, capsys):
    _, head = keep()
    assert run(["cases", "verify", "--head", head]) == 0
    assert "1 lines in the log, 1 versions, 0 faults." in capsys.readouterr().out
    assert run(["cases", "verify", "--head", "f" * 64]) == 1
    assert "was cut" in capsys.readouterr().out


def test_export_backup_restore_and_import(home, capsys):
    version, _ = keep()
    assert run(["cases", "list"]) == 0
    assert "OS-CANARY-9" in capsys.readouterr().out
    assert run(["cases", "export", str(home / "all.json"), "--case", version.case_id[:8]]) == 0
    assert run(["cases", "export", str(home / "all.json")]) == 2
    assert run(["cases", "export", str(home / "other.json"), "--case", "nothing"]) == 2
    assert (home / "all.json").stat().st_mode & 0o077 == 0
    assert run(["cases", "backup", str(home / "copy.sqlite")]) == 0
    keep("OS-2")
    assert run(["cases", "restore", str(home / "copy.sqlite")]) == 0
    assert run(["cases", "import", str(home / "all.json")]) == 0
    said = capsys.readouterr()
    assert "0 cases came in, 1 were here already." in said.out
    assert "Restored. The former store is kept as" in said.out
    assert "CANARY" not in said.err
    assert run(["cases", "agreement"]) == 0
    assert run(["cases", "verify"]) == 0
    assert json.loads((home / "all.json").read_text(encoding="utf-8"))["notice"].startswith("RESEARCH ONLY")


def test_doctor_finds_nothing_wrong_here_and_shows_no_value(home, capsys, monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    keep()
    assert run(["doctor"]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    for word in ("rulebook", "app settings", "sign-in", "case store", "audit log"):
        assert word in said
    assert "CANARY" not in said


def test_doctor_looks_at_the_disk_of_the_store_that_is_used(home, capsys, monkeypatch):
    monkeypatch.setenv("CDS_STORE_URL", f"sqlite:///{home}/elsewhere/cases.sqlite")
    monkeypatch.setattr("cds.store.places.on_remote_disk", lambda folder: folder == home / "elsewhere")
    assert run(["doctor", "--config", str(home / "none.toml")]) == 1
    assert "WRONG  case store: lies on a network disk" in capsys.readouterr().out


def test_doctor_tells_unsafe_settings_and_a_broken_store(home, capsys):
    config = home / "config.toml"
    config.write_text("[server]\naddress = '0.0.0.0'\n", encoding="utf-8")
    (home / "data").mkdir()
    (home / "data" / "cases.sqlite").write_bytes(b"nonsense" * 600)
    assert run(["doctor", "--config", str(config)]) == 1
    said = capsys.readouterr().out
    assert "WRONG  app settings: server.address" in said
    assert "WRONG  case store" in said
