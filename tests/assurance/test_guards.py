"""Controls of the hazard log that no other test proves."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds.assessment import Context, assess
from cds.cohort import cohort_from_profiles
from cds.document.blocks import lines
from cds.errors import ModelError
from cds.intake.patient import read_patient
from cds.notice import NO_MODEL, NOT_A_CHANCE, RESEARCH_ONLY
from cds.report.case.document import case_document
from cds.result import Assessment
from cds.rulebook.load import load
from cds.vocabulary import Status
from tests.assurance.canary import command

ROOT = Path(__file__).parents[2]
ADULT = ROOT / "examples" / "patients" / "typical_adult.yaml"
EXAMPLES = sorted((ROOT / "examples" / "patients").glob("*.yaml"))
MODELS = sorted(folder for folder in (ROOT / "models").iterdir() if (folder / "manifest.json").is_file())


def assessed(path: Path = ADULT, on: dt.date | None = dt.date(2026, 11, 23)) -> Assessment:
    read = read_patient(path, load())
    return assess(read.cohort(load()), load(), context=Context(read.details, read.flags, {}, on))


def told(assessment: Assessment) -> str:
    """All text of the document."""
    return "\n".join(lines(case_document(assessment, load())))


def test_a_result_past_the_review_date_says_so():
    until = dt.date.fromisoformat(load().identity.review_by)
    for days, past in ((0, False), (1, True)):
        assessment = assessed(on=until + dt.timedelta(days=days))
        assert assessment.provenance.past_review is past
        assert ("past its review date" in told(assessment)) is past
    made = assessed().provenance
    assert (made.rulebook_version, made.rulebook_digest) == (load().identity.version, load().digest)


def test_no_model_is_used_unless_it_is_named(tmp_path: Path):
    assert assessed().model_dump().get("model") is None
    assert NO_MODEL in told(assessed())


def spoilt(folder: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The model once for each of its files, with one byte of that file changed."""
    for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        copy = tmp_path / str(number) / folder.name
        shutil.copytree(folder, copy)
        target = copy / path.relative_to(folder)
        raw = bytearray(target.read_bytes())
        raw[len(raw) // 2] ^= 1
        target.write_bytes(bytes(raw))
        yield target.name, copy


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_a_model_with_one_changed_byte_is_refused(folder: Path, tmp_path: Path):
    from cds.risk.artefact import load_model

    load_model(folder, load())
    read = {
        "manifest.json",
        "model.skops",
        "declaration.yaml",
        "golden.json",
        "background.json",
        "digests.txt",
    }
    for name, copy in spoilt(folder, tmp_path):
        if name in read:
            with pytest.raises(ModelError):
                load_model(copy, load())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_option_stands_in_every_result(path: Path):
    assessment, options = assessed(path), list(load().option)
    for policy in assessment.policies:
        assert [option.option for option in policy.options] == options
    text = told(assessment)
    missing = [option.id for option in load().options if option.id not in text]
    assert not missing


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_statuses_are_words_without_colour(path: Path, tmp_path: Path):
    assessment, shown = assessed(path), command(["rank", str(path)], tmp_path).stdout
    assert "\x1b[" not in shown
    for status in {option.status for option in assessment.policies[0].options if option.rank}:
        assert status.value.lower() in shown.lower()
    for status in Status:
        assert status.value.replace("_", " ").isascii()


#: Words that give an order or advice. They may stand in what a source is quoted to say, not in ours.
ORDERS = re.compile(
    r"\b(we recommend|is recommended|are recommended|should (?:be|receive|get|not)"
    r"|must (?:be given|not be given|receive)"
    r"|treat with|give (?:everolimus|sorafenib|the patient)|start (?:everolimus|treatment)|stop everolimus"
    r"|best (?:option|choice|treatment)|drug of choice|indicated)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_text_tells_a_clinician_what_to_do(path: Path):
    found = [line for line in lines(case_document(assessed(path), load())) if ORDERS.search(line)]
    assert not found


def test_the_search_for_orders_finds_one():
    assert ORDERS.search("Everolimus is recommended here") and ORDERS.search("This is the best option")
    assert not ORDERS.search("can be named for discussion")


def test_both_policies_and_the_comparators_are_shown():
    assessment, text = assessed(), told(assessed())
    assert [policy.policy for policy in assessment.policies] == ["checked", "as_published"]
    assert all(comparator.label in text for comparator in load().comparators)
    assert assessment.first_place_differs is False or assessment.differs_because


def test_reports_say_that_points_are_no_chance():
    text = told(assessed())
    assert NOT_A_CHANCE in text and RESEARCH_ONLY in text
    assert load().identity.predictive_markers in text
    assert not re.search(r"\b(probability|chance|likelihood) of (benefit|response|success) (is|of) \d", text)


def test_what_is_assumed_is_marked_in_the_result(tmp_path: Path):
    empty = tmp_path / "empty.yaml"
    empty.write_text("id: empty\nmarkers: {}\n", encoding="utf-8")
    assume = ROOT / "examples" / "assumptions" / "target_relapsed.yaml"
    said = command(["rank", str(empty), "--assume", str(assume), "--json"], tmp_path / "tmp")
    assessment = Assessment.model_validate_json(said.stdout)
    assert assessment.provenance.assumptions
    assumed = {value.marker for value in assessment.entered if value.origin == "assumed"}
    from_another = {"age"}  # taken over from the age at diagnosis, which is not known here either
    assert assumed == set(assessment.provenance.assumptions) - from_another
    assert "assumed" in told(assessment).lower()


def test_a_profile_of_nothing_names_no_option():
    assessment = assess(cohort_from_profiles(load(), [{}]), load())
    assert assessment.answer == "profile_incomplete"
    assert not [option for option in assessment.policies[0].options if option.status is Status.ELIGIBLE]


def test_without_an_age_no_entry_for_adults_or_children_is_eligible(tmp_path: Path):
    text = ADULT.read_text(encoding="utf-8")
    path = tmp_path / "ageless.yaml"
    path.write_text(re.sub(r"(?m)^  age: .*\n", "", text), encoding="utf-8")
    given = {option.option: option for option in assessed(path).policies[0].options}
    assert given["O01"].status is Status.CAUTION and "age" in given["O01"].unverified
    assert given["O01p"].status is not Status.ELIGIBLE and "age" in given["O01p"].unverified


def test_every_pinned_package_carries_its_hashes():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"(?m)^[a-z0-9][^\n]*==(?:[^\n]*\\\n)(?:    --hash=sha256:[0-9a-f]{64}[^\n]*\n)+", text)
    assert len(pins) == len(re.findall(r"(?m)^[a-z0-9][^\n]*==", text)) > 100
    assert "--require-hashes" in (ROOT / "Makefile").read_text(encoding="utf-8")
