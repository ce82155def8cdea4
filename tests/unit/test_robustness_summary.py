"""The section on stability as a whole: in the assessment, in the document, on the command line."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from cds.assessment import assess
from cds.cli import run
from cds.decision import decide
from cds.document import terminal
from cds.document.blocks import lines
from cds.report.case.document import case_document
from cds.result import Assessment
from cds.robustness.contrast import with_contrasts
from cds.robustness.summary import cohort_ranges, robustness_of, score_ranges, with_robustness
from cds.rulebook.load import load
from cds.stability import TITLE
from tests.brute_force import adult, patients, prior_drug, toy_profile
from tests.profiles import TOY, TYPICAL

PATIENT = "examples/patients/typical_adult.yaml"


@pytest.fixture(scope="module")
def book():
    return load()


@pytest.fixture(scope="module")
def typical(book):
    return robustness_of(adult(book), book)


def test_section_is_absent_unless_asked_for(book):
    """Plain assessments are the same bytes as before; the section comes and goes whole."""
    plain = assess(adult(book), book)
    assert plain.robustness is None and "robustness" not in json.loads(plain.model_dump_json())
    whole = with_contrasts(with_robustness(plain, adult(book), book, draws=64), book)
    assert {"robustness", "contrasts"} <= {*json.loads(whole.model_dump_json())}
    assert Assessment.model_validate_json(whole.model_dump_json()) == whole


def test_same_seed_same_bytes(book):
    one, two = (robustness_of(adult(book), book, seed=3, draws=128).model_dump_json() for _ in range(2))
    assert one == two
    assert one != robustness_of(adult(book), book, seed=4, draws=128).model_dump_json()


def test_typical_adult_has_the_figures_of_the_design(typical):
    """P(first) of O01: 0.85 wide and 0.94 near on points alone, 1.00 held; shares with priors."""
    shares = {one.option: one for one in typical.shares}
    assert shares["O01"].wide_dropped[0] == pytest.approx(0.85, abs=0.02)
    assert shares["O01"].near_dropped[0] == pytest.approx(0.94, abs=0.02)
    assert (shares["O01"].wide_held[0], shares["O01"].near_held[0], shares["O01"].priors_held[0]) == (1, 1, 1)
    assert shares["O03"].priors_held[1] == pytest.approx(0.48, abs=0.02)
    assert shares["O04"].priors_held[1] == pytest.approx(0.45, abs=0.02)
    assert shares["O02"].priors_held[1] == pytest.approx(0.07, abs=0.02)
    assert 1 - shares["O03"].priors_ranked == pytest.approx(25 / 88, abs=0.001)
    assert typical.places == (("O01",), ("O03", "O04", "O02"))


def test_where_the_first_option_loses_on_points_penalties_weigh_more(typical):
    """SCORING section 14: `tox` and `missed` at about 2.2 and 1.8 times their mean."""
    central = {one.option: one.central for one in typical.shares}
    assert central["O03"]["tox"] == pytest.approx(2.2, abs=0.15)
    assert central["O03"]["missed"] == pytest.approx(1.8, abs=0.15)
    assert central["O02"] == {}


def test_confidence_is_counted_over_the_patterns(typical):
    """At weights that put O03 first it is first unless RB1 is lost, or CCNE1 makes it fall."""
    confidence = {one.option: one.confidence for one in typical.shares}
    assert confidence["O01"] == 1.0 and confidence["O02"] is None
    assert 0.5 < confidence["O03"] <= 63 / 88


def test_pairwise_index_is_told_for_every_pair(typical):
    """Of two options the shares ahead sum to one; neighbours have the same figure in their line."""
    ahead = {one.option: one.ahead for one in typical.shares}
    assert {*ahead["O01"]} == {"O02", "O03", "O04"}
    for one, others in ahead.items():
        assert all(
            share + ahead[other][one] == pytest.approx(1, abs=0.001) for other, share in others.items()
        )
    assert all(ahead[line.above][line.below] == line.ahead for line in typical.separations)


def test_ranges_of_a_cohort_are_those_of_its_patients(book):
    cohort = patients(book, {**TYPICAL}, {**TYPICAL, "age": 14.0}, {"histology": "other"})
    for policy in ("checked", "as_published"):
        alone = [
            tuple(score_ranges(decide(cohort.part(row, row + 1), book), policy)) for row in range(len(cohort))
        ]
        assert list(cohort_ranges(cohort, book, policy)) == alone
        assert alone[0] and alone[1] and not alone[2]


def test_shares_of_a_rank_sum_to_one(typical):
    for name in ("wide_held", "wide_dropped", "near_held", "near_dropped"):
        table = [getattr(one, name) for one in typical.shares]
        assert all(sum(row) == pytest.approx(1, abs=0.001) for row in table)
        assert all(sum(column) == pytest.approx(1, abs=0.001) for column in zip(*table, strict=True))


def test_permuted_options_give_the_same_result(book):
    """Declared order decides how ties are listed and nothing else."""
    backwards = book.with_parts(options=book.options[::-1])
    one, two = (robustness_of(adult(book), each, draws=256) for each in (book, backwards))
    assert sorted(one.shares, key=lambda s: s.option) == sorted(two.shares, key=lambda s: s.option)
    assert one.ranges["checked"] and {r.option: r for r in one.ranges["checked"]} == {
        r.option: r for r in two.ranges["checked"]
    }
    assert one.separations == two.separations and one.weights == two.weights
    plain = [[_unordered(test) for test in each.next_test.tests] for each in (one, two)]
    assert plain[0] == plain[1]


def _unordered(test):
    """A test with ties as sets."""
    return (
        test.id,
        test.order_changes,
        [({**one.values}, [{*place} for place in one.order], one.count) for one in test.outcomes],
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"infection": "active"},
        {"histology": "other"},
        {"age": 14.0},
        {"prior_drugs": prior_drug("zzz-unknown")},
    ],
)
def test_any_patient_gets_a_section(book, changes):
    found = robustness_of(adult(book, **changes), book, draws=64)
    assert found.title == TITLE and found.draws == 64


def test_a_patient_of_whom_nothing_is_known(book):
    found = robustness_of(patients(book, {}), book, draws=64)
    assert len(found.next_test.checklist) > 40
    assert found.next_test.no_test_changes_first


@pytest.mark.parametrize("seed", range(6))
def test_the_toy_rulebook_gets_a_section(seed):
    """Another rulebook: fewer levels, one prior marker, no panels."""
    import random

    toy = load(TOY)
    found = robustness_of(patients(toy, toy_profile(random.Random(seed))), toy, draws=128)
    assert {one.option for one in found.shares} <= {option.id for option in toy.options}


def test_document_tells_it_and_titles_every_figure_as_stability(book):
    assessment = with_contrasts(with_robustness(assess(adult(book), book), adult(book), book, draws=64), book)
    document = case_document(assessment, book)
    ids = [section.id for section in document.sections]
    assert {"stability", "next-test", "flips", "contrast"} <= {*ids}
    text = "\n".join(lines(document))
    assert TITLE in text
    assert "never how likely a benefit is" in text
    assert "No test of a tumour marker would change the first option" in text
    assert "Places 2 to 4, not separable: O03, O04, O02." in text
    assert "38 of 88 (0.43)" in text
    assert "first place with class and tier held / on points alone" in text
    assert "With class and tier held it is everolimus + sorafenib in 100." in text
    assert "Of any two options, ahead on points for every admissible weight (exact): O03 over O02." in text
    assert "Central weights" in text and "Confidence factor" in text
    terminal.render(document, Console(file=io.StringIO(), width=120))


def test_plain_document_has_no_such_section(book):
    ids = [section.id for section in case_document(assess(adult(book), book), book).sections]
    assert not {"stability", "next-test", "flips", "contrast"} & {*ids}


# --- command line ------------------------------------------------------------------------------


def test_next_test_says_the_plain_answer(capsys):
    assert run(["next-test", PATIENT]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "No test of a tumour marker would change the first option" in out
    assert "RESEARCH ONLY" in out and "never a chance of benefit" in out
    assert "O03 everolimus + palbociclib" in out and out.count("Which test could change the order") == 1


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["next-test", "flip", "contrast"])
def test_nothing_is_cut_or_wider_than_the_terminal(name, width, monkeypatch, capsys):
    """Every line fits, and every word of the wide page stands on the narrow one."""
    arguments = [name, PATIENT, *(("O01", "O03") if name == "contrast" else ())]
    monkeypatch.setattr(terminal, "console", lambda: Console(width=width))
    assert run(arguments) == 0
    lines_told = capsys.readouterr().out.splitlines()
    assert max(map(len, lines_told)) <= width and "…" not in "".join(lines_told)
    monkeypatch.setattr(terminal, "console", lambda: Console(width=500))
    assert run(arguments) == 0
    whole = {word for word in capsys.readouterr().out.split() if word.isalnum()}
    assert whole <= {word.strip(",.;:()") for word in " ".join(lines_told).split()} | {
        *" ".join(lines_told).split()
    }


def test_flip_and_contrast_answer(capsys):
    assert (
        run(["flip", "examples/patients/adult_itraconazole.yaml", "--to", "eligible", "--recoverable"]) == 0
    )
    assert "1 change among untested tumour markers" in " ".join(capsys.readouterr().out.split())
    assert run(["contrast", PATIENT, "O01", "O03", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["decided_by"] == "class"
    assert found["title"] == TITLE and "RESEARCH ONLY" in found["research_only"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["contrast", PATIENT, "O01", "O99"],
        ["flip", PATIENT, "--to", "O99"],
        ["next-test", PATIENT, "--policy", "mine"],
        ["flip", PATIENT, "--up-to", "9"],
    ],
)
def test_unknown_names_are_refused(arguments, capsys):
    assert run(arguments) == 2
    assert capsys.readouterr().out == ""


def test_rank_refuses_what_would_do_nothing(capsys, tmp_path):
    """Options of one patient for a cohort, and of a cohort for one patient: all named at once."""
    cohort = ["rank", "examples/cohort.csv", "--out", str(tmp_path / "out"), "--why", "--robustness"]
    assert run(cohort) == 2 and not (tmp_path / "out").exists()
    said = capsys.readouterr().err
    assert "--why" in said and "--robustness" in said and "cds explain" in said
    assert run(["rank", PATIENT, "--out", str(tmp_path / "out")]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rank", PATIENT, "--format", "parquet"], "--format: is for a cohort"),
        (["rank", PATIENT, "--seed", "0"], "--seed: is for drawn weights. Add --robustness"),
        (["rank", "examples/cohort.csv", "--out", "nowhere", "--seed", "0"], "--seed: is for one patient"),
        (["report", "case", PATIENT, "--short", "--seed", "0"], "--seed: is for drawn weights"),
        (["report", "cohort", "nowhere", "--shared", "--seed", "0"], "--seed: need the patients"),
    ],
)
def test_a_seed_or_format_that_nothing_reads_is_refused(arguments, said, capsys):
    """Also where it is the default, and where its number is 0."""
    assert run(arguments) == 2 and said in capsys.readouterr().err


FRACTION = "id: P1\nmarkers:\n  age: 30\n  lvef: 0.6\n  ecog: 1\n"


@pytest.fixture
def unsure(tmp_path):
    """A patient with a value that is not counted, and assumptions about two other facts."""
    patient, assumed = tmp_path / "p.yaml", tmp_path / "a.yaml"
    patient.write_text(FRACTION, encoding="utf-8")
    assumed.write_text("why: invented\nmarkers: {ecog: 0, bleeding: no}\n", encoding="utf-8")
    return [str(patient), "--assume", str(assumed)]


@pytest.mark.parametrize("name", ["next-test", "flip", "contrast"])
def test_what_is_not_counted_and_what_is_assumed_is_told(name, unsure, capsys):
    patient, *assume = unsure
    pair = ["O01", "O03"] if name == "contrast" else []
    assert run([name, patient, *pair, *assume, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "looks like a fraction; counted as not known" in told["flags"][0]
    assert told["assumptions"] == {"bleeding": "no"}
    assert run([name, patient, *pair, *assume]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "0.6 looks like a fraction" in page and "Assumed, not measured in this patient" in page


def test_what_a_patient_says_itself_is_not_called_assumed(unsure, capsys):
    assert run(["rank", *unsure, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    origin = {one["marker"]: one["origin"] for one in told["entered"]}
    assert origin["ecog"] == "entered" and origin["bleeding"] == "assumed"
    assert told["provenance"]["assumptions"] == {"bleeding": "no"}


def test_rank_takes_why_and_robustness(capsys):
    assert run(["rank", PATIENT, "--json", "--why", "--robustness", "--seed", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["robustness"]["seed"] == 5 and found["contrasts"][0]["a"] == "O01"
    assert run(["rank", PATIENT, "--json"]) == 0
    assert "robustness" not in json.loads(capsys.readouterr().out)
