"""A MAF alone: findings are taken, absences only where the caller says that genes were covered."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from cds.cli import run
from cds.errors import InputError
from cds.intake.cbioportal import import_study, to_csv
from cds.intake.maf import MafFiles, import_maf
from cds.rulebook.load import load

BOOK = load()
REAL = os.environ.get("CDS_REAL_DATA")
HEAD = "Hugo_Symbol\tVariant_Classification\tHGVSp_Short\tTumor_Sample_Barcode\tMutation_Status\n"
MAF = (
    "#version 2.4\n" + HEAD + "PIK3CA\tMissense_Mutation\tp.E545K\tS1\tSomatic\n"
    "RB1\tNonsense_Mutation\tp.R320*\tS1\tSomatic\nTP53\tMissense_Mutation\tp.R175H\tS2\tSomatic\n"
)
LOG2 = "Hugo_Symbol\tS1\tS2\nRB1\t-0.4\t0.1\nPTEN\t-1.4\t0.0\nCDK4\t1.6\t0.0\n"
DISCRETE = "Hugo_Symbol\tS1\tS2\nRB1\t0\t0\nCCNE1\t2\t0\n"
CLINICAL = "PATIENT_ID\tSAMPLE_ID\tSEX\tAGE\nA\tS1\tFemale\t14\nB\tS2\tMale\t30\nC\tS3\tMale\t20\n"


@pytest.fixture
def file(tmp_path):
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def found(files: MafFiles) -> dict[str, dict[str, str]]:
    """What is known, by patient."""
    rows = import_maf(files, BOOK).rows
    return {row["id"]: {key: cell for key, cell in row.items() if cell and key != "id"} for row in rows}


def test_without_declared_genes_only_findings_are_taken(file):
    told = found(MafFiles(file("a.maf", MAF)))
    assert told["S1"] == {"pik3ca": "hotspot_exon9", "rb1_dna": "one_hit"}
    assert told["S2"] == {}


def test_declared_exomes_make_absence_negative(file):
    told = found(MafFiles(file("a.maf", MAF), exome=True))
    assert told["S2"]["pik3ca"] == "wild_type" and told["S1"]["pik3ca"] == "hotspot_exon9"
    assert "rb1_dna" not in told["S2"]  # copy number was not looked at


def test_a_list_of_genes_makes_absence_negative_for_these_genes(file):
    told = found(MafFiles(file("a.maf", MAF), genes=file("genes.txt", "# ours\nPIK3CA RB1\nTP53\n")))
    assert told["S2"]["pik3ca"] == "wild_type" and "mtor_mutation" not in told["S2"]


def test_copy_numbers_and_clinical_tables_stand_beside_it(file):
    files = MafFiles(
        file("a.maf", MAF),
        file("clinical.txt", CLINICAL),
        file("cna.txt", DISCRETE),
        file("log2.txt", LOG2),
        exome=True,
    )
    told = found(files)
    assert set(told) == {"A", "B", "C"}
    assert told["A"]["rb1_dna"] == "lost" and told["A"]["pten_dna"] == "lost"
    assert told["A"]["cdk4_cn"] == "amplified" and told["A"]["ccne1_cn"] == "amplified"
    assert told["A"]["sex"] == "female" and told["B"]["age_at_diagnosis (years)"] == "30"
    assert told["B"]["rb1_dna"] == "intact"
    assert set(told["C"]) == {"sex", "age_at_diagnosis (years)"}  # no sample of C was sequenced


@pytest.mark.parametrize("name", ["PATIENT_ID", "SAMPLE_ID"])
def test_a_table_of_patients_or_samples_alone_is_enough(file, name):
    told = found(MafFiles(file("a.maf", MAF), file("c.txt", f"{name}\tSEX\nS1\tFemale\nS2\tMale\n")))
    assert told["S1"]["sex"] == "female" and told["S1"]["pik3ca"] == "hotspot_exon9"


def test_a_variant_of_an_unknown_sample_is_told(file):
    report = import_maf(MafFiles(file("a.maf", MAF), file("c.txt", "SAMPLE_ID\nS1\n")), BOOK).report
    assert "S2" in str(report.not_taken)


@pytest.mark.parametrize(
    ("maf", "clinical"),
    [
        (MAF.replace("Hugo_Symbol", "Gene"), CLINICAL),
        (MAF + "PTEN\tx\n", CLINICAL),
        (MAF, "SEX\nFemale\n"),
        (MAF, "SAMPLE_ID\nS1\nS1\n"),
    ],
    ids=["no gene column", "ragged", "no key", "sample twice"],
)
def test_doubtful_files_are_refused(file, maf, clinical):
    with pytest.raises(InputError):
        import_maf(MafFiles(file("a.maf", maf), file("c.txt", clinical)), BOOK)


def test_a_packed_maf_is_the_maf(file, tmp_path):
    packed = tmp_path / "a.maf.gz"
    packed.write_bytes(gzip.compress(MAF.encode()))
    plain = import_maf(MafFiles(file("a.maf", MAF), exome=True), BOOK)
    assert import_maf(MafFiles(packed, exome=True), BOOK).rows == plain.rows


@pytest.mark.parametrize("chosen", ["S1", "P1=", "=S1"])
def test_a_choice_that_names_no_sample_is_refused(file, tmp_path, chosen, capsys):
    arguments = [
        "import",
        "maf",
        str(file("a.maf", MAF)),
        "--out",
        str(tmp_path / "c.csv"),
        "--sample",
        chosen,
    ]
    assert run(arguments) == 2 and "PATIENT=SAMPLE" in capsys.readouterr().err
    assert not (tmp_path / "c.csv").exists()


def test_a_folder_that_is_not_there_is_told(file, tmp_path, capsys):
    arguments = ["import", "maf", str(file("a.maf", MAF)), "--out", str(tmp_path / "none" / "c.csv")]
    assert run(arguments) == 2 and "folder that exists" in capsys.readouterr().err


def test_the_command_writes_a_cohort_that_can_be_ranked(file, tmp_path, capsys):
    cohort = tmp_path / "cohort.csv"
    arguments = ["import", "maf", str(file("a.maf", MAF)), "--out", str(cohort), "--exome"]
    assert run(arguments) == 0 and "2 patients" in capsys.readouterr().out
    assert run(["rank", str(cohort), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()


@pytest.mark.real_data
@pytest.mark.skipif(not REAL, reason="CDS_REAL_DATA names no folder of real study data")
def test_the_files_of_a_study_one_by_one_are_the_study():
    """TARGET: MAF, log2 and discrete copy numbers and clinical tables give what the folder gives."""
    folder = Path(str(REAL)) / "os_target_discovery"
    whole = import_study(folder, BOOK)
    files = MafFiles(
        folder / "data_mutations.txt", folder / "data_clinical_sample.txt", folder / "data_cna.txt",
        folder / "data_log2_cna.txt", exome=True,
    )  # fmt: skip
    alone = import_maf(files, BOOK)
    by_id = {row["id"]: row for row in alone.rows}
    genes = {
        "pik3ca",
        "rb1_dna",
        "pten_dna",
        "cdk4_cn",
        "ccne1_cn",
        "cdkn2a",
        "tsc",
        "mtor_mutation",
        "vegfa_cn",
    }
    listed = (folder / "data_mutations.txt").read_text(encoding="utf-8")
    rows = [row for row in whole.rows if row["id"] in listed]  # others were sequenced and show nothing
    assert len(rows) > 80
    for row in rows:
        for column in genes & set(whole.columns):
            assert row[column] == by_id[row["id"]][column], (row["id"], column)
    assert to_csv(alone).startswith("id,")
