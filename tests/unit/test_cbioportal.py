"""The cBioPortal importer: profiled and negative is not the same as not tested."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cds.errors import InputError, RulebookError
from cds.intake.cbioportal import StudyImport, import_study, to_csv, write
from cds.intake.mapping import load_mapping
from cds.intake.priors import count_priors, priors_text
from cds.locations import rules_folder
from cds.rulebook import strict_yaml
from cds.rulebook.markers import Marker
from cds.rulebook.options import Prior

REAL = os.environ.get("CDS_REAL_DATA")
needs_real_data = pytest.mark.skipif(not REAL, reason="CDS_REAL_DATA names no folder of real study data")

PATIENTS = """\
#Patient\tSex\tAge\tNecrosis\tResponse\tMetastasis\tSite
#STRING\tSTRING\tNUMBER\tSTRING\tSTRING\tSTRING\tSTRING
PATIENT_ID\tSEX\tAGE\tNECROSIS_PERCENT\tHISTOLOGIC_RESPONSE\tMETASTASIS_AT_DIAGNOSIS\tPRIMARY_SITE
A\tFemale\t14.5\t<90\tPOOR\tNo\tleg
B\tMale\t17\t75-80\tStage 1/2\tYes\tarm
C\tMALE\tNA\t95.0\tGood\tno\tleg
D\tother\t400\tminimal\t\tNA\tleg
E\t\t20\t0.95\tGOOD\tYes\tleg
=F\tFemale\t21\t90\tGOOD\tYes\tleg
"""
SAMPLES = """\
#Patient\tSample\tType\tNormal
PATIENT_ID\tSAMPLE_ID\tONCOTREE_CODE\tSOMATIC_STATUS
A\tA1\tOS\tMatched
B\tB1\tOS\tMatched
B\tB2\tOS\tMatched
C\tC1\tOS\tUnmatched
D\tD1\tOS\tMatched
E\tE1\tOS\tMatched
"""
MAF_HEAD = (
    "Hugo_Symbol", "Variant_Classification", "HGVSp_Short", "Tumor_Sample_Barcode", "Mutation_Status",
    "FILTER", "n_depth", "n_alt_count", "dbSNP_RS", "ClinVar",
)  # fmt: skip
GENES = ("PTEN", "RB1", "CDKN2A", "PIK3CA", "ERBB4", "CDK4", "MTOR")


def maf(*rows: dict[str, str]) -> str:
    """A MAF of rows given as the columns that are not empty."""
    lines = ["\t".join(row.get(column, "") for column in MAF_HEAD) for row in rows]
    return "\n".join(["#version 2.4", "\t".join(MAF_HEAD), *lines]) + "\n"


def hit(gene: str, sample: str, kind: str, change: str = "", **more: str) -> dict[str, str]:
    """One MAF row."""
    return {
        "Hugo_Symbol": gene,
        "Variant_Classification": kind,
        "HGVSp_Short": change,
        "Tumor_Sample_Barcode": sample,
        **more,
    }


def matrix(samples: str, **genes: str) -> str:
    """A gene-by-sample matrix; columns and cells by blanks."""
    rows = [["Hugo_Symbol", *samples.split()], *([gene, *cells.split()] for gene, cells in genes.items())]
    return "\n".join("\t".join(row) for row in rows) + "\n"


def meta(kind: str, datatype: str, name: str, stable_id: str = "", **more: str) -> str:
    """A meta file."""
    pairs = {"cancer_study_identifier": "invented", "genetic_alteration_type": kind, "datatype": datatype,
             "stable_id": stable_id, "data_filename": name, **more}  # fmt: skip
    return "".join(f"{key}: {value}\n" for key, value in pairs.items() if value)


#: An invented study. A is on panel ONE, B and D on panel TWO, C exome, E not sequenced, =F has no sample.
STUDY = {
    "meta_patient.txt": meta("CLINICAL", "PATIENT_ATTRIBUTES", "data_patient.txt"),
    "data_patient.txt": PATIENTS,
    "meta_sample.txt": meta("CLINICAL", "SAMPLE_ATTRIBUTES", "data_sample.txt"),
    "data_sample.txt": SAMPLES,
    "meta_mutations.txt": meta("MUTATION_EXTENDED", "MAF", "data_mutations_extended.txt", "mutations"),
    "data_mutations_extended.txt": maf(),
    "meta_log2.txt": meta("COPY_NUMBER_ALTERATION", "LOG2-VALUE", "data_log2.txt", "log2CNA"),
    "data_log2.txt": matrix("A1 B1 B2 C1 E1", **dict.fromkeys(GENES, "0 0 0 0 0")),
    "meta_cna.txt": meta("COPY_NUMBER_ALTERATION", "DISCRETE", "data_cna.txt", "gistic"),
    "data_cna.txt": matrix("A1 D1", PTEN="-2 -2", RB1="-2 -1", CDK4="2 2"),
    "meta_z.txt": meta("MRNA_EXPRESSION", "Z-SCORE", "data_z.txt", "mrna_median_Zscores"),
    "meta_matrix.txt": meta("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX", "data_gene_matrix.txt"),
    "data_gene_matrix.txt": "SAMPLE_ID\tmutations\nA1\tONE\nB1\tTWO\nB2\tTWO\nC1\tNA\nD1\tTHREE\nE1\tNA\n",
    "data_gene_panel_one.txt": "stable_id: ONE\ndescription: x\ngene_list: PTEN\tRB1\tPIK3CA\tMTOR\tTSC1\n",
    "data_gene_panel_two.txt": "stable_id: TWO\ndescription: x\ngene_list: RB1\tTSC1\tTSC2\tMSH3\tERCC4\n",
    "case_lists/cases_sequenced.txt": "stable_id: invented_sequenced\ncase_list_ids: A1\tB1\tB2\tC1\tD1\n",
    "data_timeline.txt": "not named by any meta file\n",
}


@pytest.fixture(scope="session")
def book() -> Any:
    """The importer needs of a rulebook only its markers."""
    found: dict[str, Marker] = {}
    for path in sorted((rules_folder() / "markers").glob("*.yaml")):
        for tree in strict_yaml.read(path).data:
            marker = Marker.model_validate(tree)
            found[marker.id] = marker
    return SimpleNamespace(marker=found)


Make = Callable[..., StudyImport]


@pytest.fixture
def make(tmp_path: Path, book: Any) -> Make:
    """Import the invented study with some files replaced; None takes a file away."""

    def run(changed: dict[str, str | None] | None = None, **options: Any) -> StudyImport:
        for name, text in {**STUDY, **(changed or {})}.items():
            if text is not None:
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_text(text, encoding="utf-8")
        return import_study(tmp_path, book, **options)

    return run


def value(study: StudyImport, patient: str, column: str) -> str:
    """A cell of the imported table."""
    return next(row[column] for row in study.rows if row["id"] == patient)


def why(study: StudyImport, marker: str) -> dict[str, int]:
    """Why patients have no value of a marker."""
    return dict(next(report.unknown for report in study.report.markers if report.marker == marker))


def raws(study: StudyImport, marker: str) -> set[tuple[str, str]]:
    """Patients and raw values that were not taken."""
    return {(one.patient, one.raw) for one in study.report.not_taken if one.marker == marker}


def variants(*rows: dict[str, str]) -> dict[str, str | None]:
    """The invented study with these variants."""
    return {"data_mutations_extended.txt": maf(*rows)}


def test_headers_and_columns(make: Make, book: Any) -> None:
    """The table has `id`, then marker columns of the rulebook only, and one row for each patient."""
    study = make()
    assert study.columns[0] == "id"
    assert set(study.columns[1:]) <= {marker.column for marker in book.marker.values()}
    assert [row["id"] for row in study.rows] == ["A", "B", "C", "D", "E", "=F"]
    assert "PRIMARY_SITE" in study.report.kept_out
    assert "age_at_diagnosis (years)" in study.columns
    assert not any(column.split(" ")[0] in ("age", "histology") for column in study.columns)


def test_every_marker_accounts_for_every_patient(make: Make) -> None:
    """Known and unknown add up, and each unknown has a reason."""
    for marker in make().report.markers:
        assert marker.known + sum(marker.unknown.values()) == 6
        assert "None" not in marker.unknown


def test_clinical_words(make: Make) -> None:
    """Words are read without regard to letter case; others are unknown and listed."""
    study = make()
    assert [value(study, patient, "sex") for patient in "ABCDE"] == ["female", "male", "male", "", ""]
    assert raws(study, "sex") == {("D", "other")}
    assert why(study, "sex") == {"the attribute is empty": 1, "the value was not understood": 1}
    assert [value(study, one, "map_response") for one in "ABCDE"] == ["poor", "", "good", "", "good"]


def test_odd_numbers_are_never_guessed(make: Make) -> None:
    """Limits, ranges, words, fractions of a percent and impossible ages are unknown and reported."""
    study = make()
    assert [value(study, one, "necrosis (%)") for one in ("A", "B", "C", "D", "E", "=F")] == [
        "", "", "95.0", "", "", "90"]  # fmt: skip
    assert raws(study, "necrosis") == {("A", "<90"), ("B", "75-80"), ("D", "minimal"), ("E", "0.95")}
    assert raws(study, "age_at_diagnosis") == {("D", "400")}


def test_panels_decide_between_negative_and_not_tested(make: Make) -> None:
    """No variant is wild type only where the gene was read."""
    study = make()
    assert [value(study, one, "pik3ca") for one in "ABCDE"] == ["wild_type", "", "wild_type", "", ""]
    assert why(study, "pik3ca") == {
        "gene not on the sample's panel": 1,
        "sample not profiled for mutations": 1,
        "the patient has no sample": 1,
        "the sample's gene panel is not in the folder": 1,
    }
    assert [value(study, one, "tsc") for one in "ABC"] == ["", "wild_type", "wild_type"]


def test_a_variant_off_the_panel_still_counts(make: Make) -> None:
    """What was found was found, wherever the lists say that one looked."""
    study = make(variants(hit("PIK3CA", "E1", "Missense_Mutation", "p.H1047R")))
    assert value(study, "E", "pik3ca") == "hotspot_exon20"


def test_study_without_case_list_has_no_negatives(make: Make) -> None:
    """Neither sequenced list nor panel: not profiled."""
    gone = {"case_lists/cases_sequenced.txt": None}
    study = make(gone)
    assert [value(study, one, "pik3ca") for one in "AC"] == ["wild_type", ""]


def test_an_absent_case_list_is_said_where_it_leaves_genes_unknown(make: Make) -> None:
    """Without it nobody counts as sequenced."""
    study = make({"case_lists/cases_sequenced.txt": None, "data_gene_matrix.txt": None})
    assert "stays unknown" in {str(f["name"]): str(f["note"]) for f in study.report.files}["case_lists"]


@pytest.mark.parametrize(
    ("log2", "change", "state"),
    [
        ("-1.0", None, "lost"),
        ("-0.99", None, "one_hit"),
        ("-0.25", None, "one_hit"),
        ("-0.24", None, "intact"),
        ("1.2", None, "intact"),
        ("0", ("Nonsense_Mutation", "p.R130*"), "one_hit"),
        ("-0.25", ("Nonsense_Mutation", "p.R130*"), "lost"),
        ("-0.25", ("Splice_Site", "p.X70_splice"), "lost"),
        ("-0.25", ("Missense_Mutation", "p.R130Q"), "lost"),
        ("-0.25", ("Missense_Mutation", "p.A3V"), "one_hit"),
        ("0", ("In_Frame_Del", "p.L70del"), "intact"),
        ("0", ("Silent", "p.L70="), "intact"),
        ("NA", ("Frame_Shift_Del", "p.L70fs"), "lost"),
        ("NA", None, "lost"),
    ],
)
def test_pten_joins_copy_number_and_variants(
    make: Make, log2: str, change: tuple[str, str] | None, state: str
) -> None:
    """Deep deletion, or a breaking variant with loss of the other copy, is lost.

    Where the log2 ratio is absent the discrete level (-2) is used.
    """
    changed = variants(*([hit("PTEN", "A1", *change)] if change else []))
    changed["data_log2.txt"] = matrix("A1", PTEN=log2)
    assert value(make(changed), "A", "pten_dna") == state


def test_rb1_cut_off_is_its_own(make: Make) -> None:
    """-0.9 is deep for RB1, not for PTEN; log2 stands before the discrete level."""
    study = make({"data_log2.txt": matrix("A1", RB1="-0.9", PTEN="-0.9")})
    assert (value(study, "A", "rb1_dna"), value(study, "A", "pten_dna")) == ("lost", "one_hit")


def test_copy_number_missing(make: Make) -> None:
    """Without copy number a breaking variant is one hit, and no variant is unknown."""
    no_cn: dict[str, str | None] = {"meta_cna.txt": None, "data_log2.txt": matrix("B1", RB1="0")}
    study = make(no_cn | variants(hit("PTEN", "A1", "Nonsense_Mutation", "p.R130*")))
    assert (value(study, "A", "pten_dna"), value(study, "A", "rb1_dna")) == ("one_hit", "")
    assert why(study, "rb1_dna")["sample not profiled for copy number"] == 2


def test_intact_needs_sequencing(make: Make) -> None:
    """A kept gene that nobody sequenced is unknown, a deeply deleted one is lost."""
    study = make({"data_log2.txt": matrix("E1", PTEN="0", RB1="-1.2")})
    assert (value(study, "E", "pten_dna"), value(study, "E", "rb1_dna")) == ("", "lost")


@pytest.mark.parametrize(
    ("kind", "change", "pik3ca"),
    [
        ("Missense_Mutation", "p.E542K", "hotspot_exon9"),
        ("Missense_Mutation", "p.Gln546Arg", "hotspot_exon9"),
        ("Missense_Mutation", "p.M1043I", "hotspot_exon20"),
        ("Missense_Mutation", "p.E453K", "other_missense_vus"),
        ("Nonsense_Mutation", "p.E545*", "other_missense_vus"),
        ("Silent", "p.H1047=", "wild_type"),
        ("Missense_Mutation", "", ""),
        ("Invented_Class", "p.H1047R", ""),
    ],
)
def test_pik3ca_hotspots(make: Make, kind: str, change: str, pik3ca: str) -> None:
    """Hotspots are codons; what can't be read leaves the marker unknown."""
    assert value(make(variants(hit("PIK3CA", "A1", kind, change))), "A", "pik3ca") == pik3ca


def test_mtor_activating_list(make: Make) -> None:
    """Only named changes activate; a resistance change at another place does not."""
    study = make(
        variants(
            hit("MTOR", "A1", "Missense_Mutation", "p.E1799K"),
            hit("MTOR", "C1", "Missense_Mutation", "p.F2108L"),
        )
    )
    assert (value(study, "A", "mtor_mutation"), value(study, "C", "mtor_mutation")) == ("activating", "vus")


GERMLINE = {"Mutation_Status": "GERMLINE"}
IN_NORMAL = {"n_depth": "60", "n_alt_count": "30"}
CLEAR = {"n_depth": "60", "n_alt_count": "0", "dbSNP_RS": "rs80359550"}


@pytest.mark.parametrize(
    ("gene", "kind", "more", "state"),
    [
        ("BRCA2", "Frame_Shift_Del", {}, "pathogenic_unknown_origin"),
        ("BRCA2", "Frame_Shift_Del", CLEAR, "pathogenic_somatic"),
        ("BRCA2", "Frame_Shift_Del", {"dbSNP_RS": "rs80359550"}, "vus"),
        ("BRCA2", "Frame_Shift_Del", IN_NORMAL, "vus"),
        ("BRCA2", "Frame_Shift_Del", {"FILTER": "PASS;germline_risk"}, "vus"),
        ("BRCA2", "Frame_Shift_Del", GERMLINE, "vus"),
        ("BRCA2", "Frame_Shift_Del", GERMLINE | {"ClinVar": "Conflicting, pathogenic"}, "vus"),
        ("BRCA2", "Frame_Shift_Del", GERMLINE | {"ClinVar": "Likely pathogenic"}, "pathogenic_germline"),
        ("BRCA2", "Frame_Shift_Del", {"Mutation_Status": "Somatic"}, "pathogenic_unknown_origin"),
        ("BRCA2", "Frame_Shift_Del", {"Mutation_Status": "LOH"}, "wild_type"),
        ("BRCA2", "Missense_Mutation", CLEAR, "vus"),
        ("BRCA2", "Nonsense_Mutation", {"HGVSp_Short": "p.K3326*"}, "wild_type"),
        ("ATM", "Silent", {}, "wild_type"),
    ],
)
def test_origin_of_repair_variants(
    make: Make, gene: str, kind: str, more: dict[str, str], state: str
) -> None:
    """Somatic needs a clear normal (C1 has no matched one), germline a source that calls it pathogenic."""
    study = make(variants(hit(gene, "C1", kind) | more))
    assert value(study, "C", "dna_repair_other") == state


def test_matched_somatic_status_is_somatic(make: Make) -> None:
    """Mutation_Status Somatic of a sample with a matched normal."""
    study = make(variants(hit("MSH3", "A1", "Nonsense_Mutation", Mutation_Status="Somatic")))
    assert value(study, "A", "msh3_ercc4") == "pathogenic_somatic"


def test_germline_like_break_leaves_a_suppressor_undecided(make: Make) -> None:
    """A breaking variant that the normal shows is neither a hit nor nothing."""
    study = make(
        variants(
            hit("PTEN", "A1", "Nonsense_Mutation", **IN_NORMAL), hit("TSC1", "B1", "Splice_Site", **GERMLINE)
        )
    )
    assert (value(study, "A", "pten_dna"), value(study, "B", "tsc")) == ("vus", "")
    assert why(study, "tsc")["variant of undecided origin"] == 1


def test_co_amplification(make: Make) -> None:
    """ERBB4 alone and together with PIK3CA."""
    cells = matrix("A1 C1", ERBB4="1.0 0.9", PIK3CA="1.0 0.1")
    study = make({"data_log2.txt": cells})
    assert value(study, "A", "erbb4_cn") == "co_amplified_with_pik3ca"
    assert value(study, "C", "erbb4_cn") == "amplified"
    assert value(study, "A", "pik3ca") == "amplification"


def test_two_samples_agree_or_are_unknown(make: Make) -> None:
    """B1 and B2 disagree on CDK4; a chosen sample decides."""
    changed: dict[str, str | None] = {
        "data_log2.txt": matrix("B1 B2", CDK4="1.1 0", CCNE1="1 1", AKT1="NA 0")
    }
    study = make(changed)
    assert [value(study, "B", column) for column in ("cdk4_cn", "ccne1_cn", "akt1_cn")] == [
        "", "amplified", "not_amplified"]  # fmt: skip
    assert raws(study, "cdk4_cn") == {("B", "amplified"), ("B", "not_amplified")}
    assert value(make(changed, chosen={"B": "B2"}), "B", "cdk4_cn") == "not_amplified"
    with pytest.raises(InputError, match="not a sample of this patient"):
        make(changed, chosen={"B": "A1"})


def test_a_sample_left_open_is_not_overruled(make: Make) -> None:
    """B1 holds a break of undecided origin; B2, without it, does not make the patient wild type."""
    study = make(variants(hit("TSC1", "B1", "Splice_Site", **GERMLINE)))
    assert value(study, "B", "tsc") == ""
    assert raws(study, "tsc") == {("B", "TSC1 change not given (Splice_Site)")}


def test_expression_stands_in(make: Make) -> None:
    """A z-score of 2 or more is high; `NA` is unknown."""
    study = make({"data_z.txt": matrix("A1 B1 C1", MTOR="2 1.99 NA", STEAP2="x 0 0")})
    assert [value(study, one, "mtor_mrna") for one in "ABC"] == ["high", "not_high", ""]
    assert raws(study, "steap2") == {("A", "x")}


def test_absent_and_unnamed_files_are_said(make: Make) -> None:
    """A file a meta names but that is absent leaves its markers unknown; unnamed ones are passed over."""
    long = meta("COPY_NUMBER_ALTERATION", "DISCRETE_LONG", "data_long.txt")
    study = make({"meta_long.txt": long, "data_long.txt": "Hugo_Symbol\n"})
    notes = {file["name"]: file["note"] for file in study.report.files}
    assert "absent" in str(notes["data_z.txt"])
    assert "no meta file names it" in str(notes["data_timeline.txt"])
    assert notes["data_long.txt"] == "not read: of this kind only LOG2-VALUE and DISCRETE"
    assert why(study, "mtor_mrna") == {
        "the patient has no sample": 1,
        "the study holds no data of this kind": 5,
    }


def test_maf_absent_is_not_wild_type(make: Make) -> None:
    """The sequenced list alone gives no negative."""
    study = make({"data_mutations_extended.txt": None})
    assert value(study, "A", "pik3ca") == ""


def test_variant_of_an_unknown_sample_is_said(make: Make) -> None:
    """It belongs to nobody here."""
    study = make(variants(hit("PTEN", "Z9", "Nonsense_Mutation")))
    assert [one.raw for one in study.report.not_taken if one.marker == "none"] == ["Z9"]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"data_sample.txt": None}, "no clinical sample file.*named by its meta file, but absent"),
        ({"data_sample.txt": SAMPLES + "A\tA1\tOS\tMatched\n"}, "on this line stands on line 3 already"),
        ({"data_sample.txt": SAMPLES + "A\tA2\tOS\n"}, "3 cells where the header has 4"),
        ({"data_sample.txt": SAMPLES + "\tA2\tOS\tMatched\n"}, "data_sample.txt:9: PATIENT_ID is empty"),
        ({"data_sample.txt": SAMPLES + "A \tA2\tOS\tMatched\n"}, ":9: PATIENT_ID has blanks around"),
        ({"data_patient.txt": PATIENTS + "A \t\t\t\t\t\t\n"}, "PATIENT_ID has blanks around it"),
        ({"data_patient.txt": PATIENTS.replace("PATIENT_ID", "Patient_Id")}, "Is it 'Patient_Id'"),
        ({"data_sample.txt": SAMPLES.replace("\t", ",")}, "Separate columns by tabs"),
        ({"data_sample.txt": "#only a comment\n"}, "holds no table"),
        ({"data_sample.txt": SAMPLES.replace("B2", "B\0")}, "data_sample.txt:5: holds a NUL"),
        ({"data_log2.txt": "version https://git-lfs.github.com/spec/v1\nsize 9\n"}, "git lfs pull"),
        ({"meta_sample.txt": None, "data_clinical_s.txt": SAMPLES}, "add meta_clinical_sample.txt"),
        ({"data_patient.txt": PATIENTS.replace("\tAGE", "\tSEX")}, "stands twice"),
        ({"data_mutations_extended.txt": "Hugo_Symbol\nPTEN\n"}, "Variant_Classification is missing"),
        ({"meta_log2.txt": STUDY["meta_log2.txt"].replace("data_log2", "../data_log2")}, "leaves the folder"),
    ],
)
def test_doubtful_studies_are_refused(make: Make, changed: dict[str, str | None], word: str) -> None:
    """The table is refused as a whole, with its place."""
    with pytest.raises(InputError, match=word) as caught:
        make(changed)
    assert caught.value.exit_code == 2


def test_every_fault_of_a_file_is_told_with_its_lines(make: Make) -> None:
    """Ragged rows together; a duplicate names both of its lines."""
    with pytest.raises(InputError) as caught:
        make({"data_patient.txt": PATIENTS + "G\tMale\nH\n"})
    assert [fault.place for fault in caught.value.faults] == ["data_patient.txt:10", "data_patient.txt:11"]
    with pytest.raises(InputError) as caught:
        make({"data_sample.txt": SAMPLES + "A\tA1\tOS\tMatched\nB\t\tOS\tMatched\n"})
    assert [str(fault) for fault in caught.value.faults] == [
        "data_sample.txt:9: the SAMPLE_ID on this line stands on line 3 already. Keep one row.",
        "data_sample.txt:10: SAMPLE_ID is empty. Mend the row.",
    ]


@pytest.mark.parametrize("row", ["A\tSECRET", " SECRET\tA2", "A\t SECRET"])
def test_no_id_is_shown_in_a_fault(make: Make, row: str) -> None:
    """What stands in a cell is not shown: a message may go to a log."""
    with pytest.raises(InputError) as caught:
        make({"data_sample.txt": SAMPLES + f"A\tSECRET\tOS\tMatched\n{row}\tOS\tMatched\n"})
    assert "data_sample.txt:10" in str(caught.value) and "SECRET" not in str(caught.value)


def test_dos_line_ends_and_gzip_change_nothing(make: Make, tmp_path: Path, book: Any) -> None:
    """The rows of the same study, whatever its line ends and packing."""
    plain = make(variants(hit("PTEN", "A1", "Nonsense_Mutation")))
    packed = {
        "data_log2.txt": "data_log2.txt",
        "data_mutations_extended.txt": "data_mutations_extended.txt.gz",
    }
    for name, new in packed.items():
        content = gzip.compress((tmp_path / name).read_bytes())
        (tmp_path / name).unlink()
        (tmp_path / new).write_bytes(content)
    for name in ("data_patient.txt", "meta_patient.txt", "data_gene_panel_one.txt"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes().replace(b"\n", b"\r\n"))
    assert import_study(tmp_path, book).rows == plain.rows


def test_gzip_that_unfolds_without_end_is_refused(make: Make, tmp_path: Path, book: Any) -> None:
    """The cap holds before the memory is full."""
    make()
    (tmp_path / "data_log2.txt").write_bytes(gzip.compress(b"0" * 20_000_000))
    with pytest.raises(InputError, match=r"data_log2.txt: unfolds to more than"):
        import_study(tmp_path, book)


def test_a_former_symbol_is_the_gene(make: Make) -> None:
    """In variants, matrices and panels alike: no finding is lost to a new name."""
    panel = STUDY["data_gene_panel_one.txt"].replace("MTOR", "FRAP1")
    study = make(
        variants(hit("MMAC1", "C1", "Nonsense_Mutation"))
        | {"data_gene_panel_one.txt": panel, "data_log2.txt": matrix("A1 C1", VEGF="1 0", PTEN="0 -0.5")}
    )
    assert value(study, "A", "mtor_mutation") == "wild_type"
    assert value(study, "A", "vegfa_cn") == "amplified"
    assert value(study, "C", "pten_dna") == "lost"


def test_samples_that_nobody_knows_are_said(make: Make) -> None:
    """A matrix named by patients instead of samples must not pass for one that was not profiled."""
    study = make(
        {"data_log2.txt": matrix("A B1", PTEN="0 0"), "data_patient.txt": PATIENTS.replace("A\t", "Z\t")}
    )
    told = {(one.place, one.patient, one.why) for one in study.report.not_taken if one.marker == "none"}
    assert told == {
        ("data_log2.txt", "A", "a sample that the sample file lacks"),
        ("data_sample.txt", "A1", "sample of a patient that the patient file lacks"),
    }


def test_not_utf8_and_not_a_folder(make: Make, tmp_path: Path, book: Any) -> None:
    """Both are bad input."""
    make()
    (tmp_path / "data_patient.txt").write_bytes(b"PATIENT_ID\nM\xfcller\n")
    with pytest.raises(InputError, match="not UTF-8"):
        import_study(tmp_path, book)
    with pytest.raises(InputError, match="not a folder"):
        import_study(tmp_path / "absent", book)


def test_writes_table_and_reports(make: Make, tmp_path: Path) -> None:
    """RFC 4180, ids as they are, and the same report as JSON and as text."""
    study = make()
    table, report, text = write(study, tmp_path)
    assert [path.name for path in (table, report, text)] == [
        "cohort.csv", "cohort.mapping.json", "cohort.mapping.txt"]  # fmt: skip
    raw = table.read_bytes().decode()
    assert raw == to_csv(study)
    assert raw.count("\r\n") == 7
    assert list(csv.reader(io.StringIO(raw, newline="")))[6][0] == "=F"
    data = json.loads(report.read_text(encoding="utf-8"))
    assert data["patients"] == 6
    assert {"marker": "necrosis", "patient": "A", "place": "A NECROSIS_PERCENT", "raw": "<90",
            "why": "the value was not understood"} in data["not_taken"]  # fmt: skip
    assert "'<90'" in text.read_text(encoding="utf-8")


def test_import_is_repeatable(make: Make) -> None:
    """The same study gives the same table and the same report."""
    first, second = make(), make()
    assert to_csv(first) == to_csv(second)
    assert first.report.as_text() == second.report.as_text()


def test_mapping_must_fit_the_rulebook(make: Make, book: Any) -> None:
    """A marker or value that the rulebook lacks refuses the import."""
    mapping = load_mapping()
    assert list(mapping.faults(book)) == []
    fewer = SimpleNamespace(marker={name: one for name, one in book.marker.items() if name != "sex"})
    assert any("sex" in fault.place for fault in mapping.faults(fewer))
    entry = mapping.clinical[0].model_copy(update={"values": {"f": "woman"}})
    with pytest.raises(RulebookError, match="'woman' is not a value of it"):
        make(mapping=mapping.model_copy(update={"clinical": (entry, *mapping.clinical[1:])}))


def test_mapping_faults_name_their_line(tmp_path: Path) -> None:
    """All faults of the file at once, each with its line."""
    shipped = (rules_folder() / "imports" / "cbioportal.yaml").read_text(encoding="utf-8")
    bad = tmp_path / "bad.yaml"
    bad.write_text(shipped.replace("deep: -1.0", "deep: low").replace("one_copy: -0.25", "one_kopy: -0.25"))
    with pytest.raises(RulebookError, match="3 problems") as caught:
        load_mapping(bad)
    assert all(fault.place.startswith("rules/imports/bad.yaml:") for fault in caught.value.faults)
    assert len({fault.place for fault in caught.value.faults}) > 1


def test_priors_count_patterns_of_fully_known_patients(make: Make) -> None:
    """Patients with an unknown among the nine are left out; order is by count, then by state."""
    genes = dict.fromkeys(("RB1", "CDK4", "VEGFA", "CCNE1", "CDKN2A", "PIK3CA"), "0 0 0")
    clinical = SAMPLES + "C2\tC2\tOS\tMatched\nC3\tC3\tOS\tMatched\n"
    prior = count_priors(
        make(
            {
                "data_sample.txt": clinical,
                "data_log2.txt": matrix("C1 C2 C3", PTEN="0 -2 0", **genes),
                "case_lists/cases_sequenced.txt": "stable_id: x_sequenced\ncase_list_ids: C1 C2 C3\n",
            }
        )
    )
    assert prior.n == 3
    assert [count for count, _ in prior.patterns] == [2, 1]
    assert prior.counted["pten_dna"] == {"intact": 2, "lost": 1}
    assert Prior.model_validate(strict_yaml.parse(priors_text(prior).encode(), "priors.yaml").data) == prior


@pytest.fixture(scope="module")
def target(book: Any) -> StudyImport:
    """The TARGET discovery study."""
    return import_study(Path(str(REAL)) / "os_target_discovery", book)


def counts(study: StudyImport, marker: str) -> dict[str, int]:
    """Patients by value."""
    return dict(next(report.values for report in study.report.markers if report.marker == marker))


@pytest.mark.real_data
@needs_real_data
def test_target_counts(target: StudyImport) -> None:
    """The figures of the design, with RB1 read by the joint rule of copy number and variants."""
    assert len(target.rows) == 89
    assert counts(target, "rb1_dna") == {"intact": 22, "one_hit": 41, "lost": 25}
    assert counts(target, "pten_dna") == {"intact": 42, "one_hit": 35, "lost": 11}
    assert counts(target, "cdkn2a")["lost"] == 11
    assert counts(target, "pik3ca") == {"wild_type": 87, "amplification": 2}
    assert counts(target, "tsc") == {"wild_type": 88, "loss_of_function": 1}
    amplified = {name: counts(target, name)["amplified"] for name in ("cdk4_cn", "vegfa_cn", "ccne1_cn")}
    assert amplified == {"cdk4_cn": 4, "vegfa_cn": 12, "ccne1_cn": 15}
    assert counts(target, "mtor_mutation") == {"wild_type": 89}
    assert counts(target, "msh3_ercc4") == {"wild_type": 89}


@pytest.mark.real_data
@needs_real_data
def test_target_clinical(target: StudyImport) -> None:
    """Response, sex, metastasis; nothing is said of expression, whose genes the study lacks."""
    assert counts(target, "map_response") == {"good": 21, "poor": 23}
    assert counts(target, "sex") == {"female": 38, "male": 51}
    assert counts(target, "metastasis_at_diagnosis") == {"yes": 23, "no": 66}
    assert why(target, "steap2") == {"gene not in the file": 85, "sample not profiled for expression": 4}
    assert target.report.not_taken == ()


@pytest.mark.real_data
@needs_real_data
def test_committed_priors_are_these_counts(target: StudyImport) -> None:
    """Counting again gives `rules/priors.yaml`, byte for byte."""
    committed = (rules_folder() / "priors.yaml").read_text(encoding="utf-8")
    assert committed == priors_text(count_priors(target))
