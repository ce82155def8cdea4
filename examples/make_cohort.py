# ruff: noqa: E501  the weights below read as a table
"""Invented patients, any number: a seeded cohort file with realistic missingness.

    python examples/make_cohort.py cohort.csv --patients 60
    python examples/make_cohort.py large.csv --patients 1000000 --seed 7

Nobody in these files exists. Frequencies are rough guesses of ours, not data: tumour tests are
mostly missing, safety facts mostly known. The same seed gives the same file, and a larger file
starts with the patients of a smaller one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cds.intake.template import entered
from cds.rulebook.book import Rulebook
from cds.rulebook.load import load
from cds.rulebook.markers import Marker

Column = np.ndarray[Any, np.dtype[Any]]
BLOCK = 50_000

#: How often a value is known, by what the marker is about; single markers differ below.
KNOWN = {"scope": 0.98, "safety": 0.8, "clinical": 0.75, "tumour": 0.25, "record": 0.4}
KNOWN_OF = {
    "sex": 1.0, "age": 1.0, "prior_drugs": 0.85, "prior_drugs_complete": 0.75, "current_drugs": 0.9,
    "current_drugs_complete": 0.75, "drug_allergies": 0.8, "drug_allergies_complete": 0.7,
    "platelets": 0.97, "anc": 0.97, "haemoglobin": 0.97, "creatinine_clearance": 0.9, "encephalopathy": 0.5,
    "ascites": 0.5, "dlco": 0.15, "hba1c": 0.15, "qtc": 0.6, "lvef": 0.85, "pten_dna": 0.45, "rb1_dna": 0.45,
    "pik3ca": 0.45, "cdk4_cn": 0.45, "tsc": 0.4, "phosphate_lower_limit": 0.7, "calcium_lower_limit": 0.7,
    "days_since_major_surgery": 0.9, "days_to_planned_surgery": 0.8, "mtor_mrna_relative": 0.03,
    "mir99a_relative": 0.03, "serum_vegf": 0.05, "rankl_opg": 0.03, "kif21b": 0.05, "nrsn2": 0.05,
}  # fmt: skip
#: Weights of values; of a marker that is not listed the usual value (see `USUAL`) takes nine in ten, or more.
WEIGHTS = {
    "histology": {
        "high_grade_conventional": 88, "high_grade_other": 4, "secondary": 3, "parosteal": 2, "periosteal": 1,
        "low_grade": 1, "other": 1,
    },
    "hepatitis_c": {"negative": 97, "cured": 2, "viraemic": 1},
    "thyroid": {"treated_or_normal": 97, "untreated_disorder": 3},
    "prior_map": {"not_given": 4, "ongoing": 8, "completed_no_relapse": 8, "relapsed": 55, "progressed_on": 25},
    "resectability": {"unresectable": 75, "resectable": 25},
    "sex": {"female": 44, "male": 56},
    "huvos": {"I": 30, "II": 30, "III": 25, "IV": 15},
    "lung_metastases": {"none": 35, "resectable": 25, "unresectable": 40},
    "metastasis_at_diagnosis": {"no": 76, "yes": 24},
    "enneking": {"IA": 2, "IB": 3, "IIA": 15, "IIB": 56, "III": 24},
    "doxorubicin_resistance": {"no": 65, "yes": 35},
    "wound": {"healed": 60, "none": 36, "unhealed": 4},
    "bone_phenotype": {"osteoblastic": 45, "osteolytic": 30, "mixed": 25},
    "bone_scan_avid": {"yes": 80, "no": 20},
    "pten_dna": {"intact": 65, "one_hit": 22, "lost": 11, "vus": 2},
    "pten_ihc": {"retained": 60, "reduced": 25, "lost": 15},
    "rb1_dna": {"intact": 50, "one_hit": 20, "lost": 28, "vus": 2},
    "rb1_ihc": {"retained": 70, "lost": 30},
    "cdkn2a": {"intact": 78, "one_hit": 10, "lost": 12},
    "pik3ca": {"wild_type": 92, "hotspot_exon9": 2, "hotspot_exon20": 2, "other_missense_vus": 1, "amplification": 3},
    "pd_l1": {"negative": 75, "positive": 25},
    "neuropathy": {"0": 70, "1": 18, "2": 9, "3": 2, "4": 1},
    "prior_drugs_complete": {"yes": 80, "no": 20},
    "current_drugs_complete": {"yes": 80, "no": 20},
    "drug_allergies_complete": {"yes": 90, "no": 10},
    "p_s6": {"high": 40, "intermediate": 30, "low": 30},
    "p_akt_s473": {"high": 40, "intermediate": 30, "low": 30},
    "p_4ebp1": {"high": 30, "intermediate": 40, "low": 30},
}  # fmt: skip
USUAL = (
    "none", "no", "negative", "not_amplified", "wild_type", "not_high", "clear", "retained", "intact", "mss",
    "proficient", "not_detected", "unmethylated", "not_low",
)  # fmt: skip
#: Mean, standard deviation and decimals of numbers.
NUMBERS = {
    "age": (23, 14, 0), "karnofsky": (85, 10, -1), "lansky": (85, 10, -1), "necrosis": (60, 30, 0),
    "cumulative_doxorubicin": (330, 90, 0), "lung_metastasis_count": (3, 4, 0), "anc": (3.6, 1.5, 1),
    "platelets": (240, 90, 0), "haemoglobin": (118, 18, 0), "lymphocytes": (1.5, 0.7, 1), "lvef": (60, 6, 0),
    "qtc": (425, 25, 0), "systolic": (118, 15, 0), "diastolic": (73, 10, 0), "creatinine_clearance": (100, 30, 0),
    "creatinine": (0.8, 0.3, 2), "phosphate": (1.15, 0.25, 2), "phosphate_lower_limit": (0.9, 0.05, 2),
    "calcium": (2.35, 0.12, 2), "calcium_lower_limit": (2.15, 0.03, 2), "bilirubin": (0.6, 0.4, 1),
    "bilirubin_x_uln": (0.5, 0.4, 1), "albumin": (40, 5, 0), "inr": (1.05, 0.15, 1), "alt_x_uln": (0.9, 0.9, 1),
    "ast_x_uln": (0.9, 0.8, 1), "dlco": (80, 15, 0), "oxygen_saturation": (97, 1.5, 0), "fasting_glucose": (95, 20, 0),
    "hba1c": (5.3, 0.5, 1), "triglycerides": (130, 60, 0), "cholesterol": (170, 35, 0), "tmb": (2.5, 2, 1),
    "pik3ca_vaf": (0.3, 0.15, 2), "pd_l1_cps": (2, 4, 0), "days_since_major_surgery": (200, 160, 0),
    "days_to_planned_surgery": (12, 8, 0), "serum_vegf": (350, 200, 0),
}  # fmt: skip
MAP = "cisplatin: completed; doxorubicin: completed; methotrexate: completed"
LATER = (
    "", "; ifosfamide: completed", "; etoposide: completed; ifosfamide: completed",
    "; docetaxel: progressed; gemcitabine: progressed", "; sorafenib: progressed",
    "; sorafenib: stopped_for_toxicity", "; regorafenib: progressed", "; pazopanib: progressed",
    "; ifosfamide: completed; regorafenib: progressed", "; cabozantinib: progressed", "; pembrolizumab: progressed",
    "; everolimus: progressed; sorafenib: progressed", "; zoledronic acid: completed", "; an unlisted drug",
)  # fmt: skip
CURRENT = (
    "none", "paracetamol", "ondansetron", "ondansetron; pantoprazole", "morphine; ondansetron", "enalapril",
    "dexamethasone", "fluconazole", "clarithromycin", "amlodipine", "enoxaparin", "levetiracetam", "phenytoin",
    "itraconazole", "trimethoprim + sulfamethoxazole", "omeprazole; paracetamol", "simvastatin", "unlisted syrup",
)  # fmt: skip
ALLERGIES = ("none", "amoxicillin", "iodinated contrast medium", "latex", "sirolimus")


class Maker:
    """Makes blocks of patients as columns of text; an empty text is not known."""

    def __init__(self, book: Rulebook, seed: int) -> None:
        self.markers = [m for m in entered(book) if not m.is_derived]
        self.seed = seed

    def block(self, number: int, size: int) -> pl.DataFrame:
        """One block; it depends on the seed and the block's number only."""
        rng = np.random.default_rng([self.seed, number])
        first = number * BLOCK + 1
        columns = [pl.Series("id", [f"INVENTED-{at:07d}" for at in range(first, first + BLOCK)])]
        drawn = {marker.id: self._column(marker, rng) for marker in self.markers}
        _agree(drawn)
        columns += [pl.Series(marker.column, drawn[marker.id].tolist()) for marker in self.markers]
        return pl.DataFrame(columns).head(size).with_columns(pl.all().replace("", None))

    def _column(self, marker: Marker, rng: np.random.Generator) -> Column:
        known = rng.random(BLOCK) < KNOWN_OF.get(marker.id, KNOWN[marker.concern])
        return np.where(known, self._values(marker, rng), "")

    def _values(self, marker: Marker, rng: np.random.Generator) -> Column:
        if marker.type == "number":
            return _numbers(marker, rng)
        if marker.type == "drugs":
            return _drugs(marker.id, rng)
        weights = WEIGHTS.get(marker.id) or _usual(marker)
        shares = np.array(list(weights.values()), dtype=float)
        return np.array(list(weights))[rng.choice(len(shares), BLOCK, p=shares / shares.sum())]


def _usual(marker: Marker) -> dict[str, float]:
    usual = next((value for value in USUAL if value in marker.values), None)
    share = 0.96 if marker.concern == "safety" else 0.9
    rest = (1 - share) / max(len(marker.values) - 1, 1) if usual else 1.0
    return {value: share if value == usual else rest for value in marker.values}


def _numbers(marker: Marker, rng: np.random.Generator) -> Column:
    low, high = marker.plausible or marker.hard or (0.0, 100.0)
    mean, spread, decimals = NUMBERS.get(marker.id, ((low + high) / 2, (high - low) / 10, 1))
    drawn = np.clip(np.round(rng.normal(mean, spread, BLOCK), decimals), low, high)
    if marker.fraction_slip:
        drawn = np.where((drawn > 0) & (drawn <= 1), 2, drawn)
    distinct, where = np.unique(drawn, return_inverse=True)
    return np.array([f"{value:.12g}" for value in distinct])[where]


def _drugs(marker: str, rng: np.random.Generator) -> Column:
    if marker == "prior_drugs":
        lists = np.array(["none", *(MAP + later for later in LATER)])
        shares = np.array([4.0, 40, *([60 / (len(LATER) - 1)] * (len(LATER) - 1))])
    else:
        lists = np.array(CURRENT if marker == "current_drugs" else ALLERGIES)
        shares = np.array([40.0 if text == "none" else 60 / (len(lists) - 1) for text in lists])
    return lists[rng.choice(len(lists), BLOCK, p=shares / shares.sum())]


def _agree(drawn: dict[str, Column]) -> None:
    """Facts of one patient that must not contradict each other."""
    age = np.array([float(text) if text else np.nan for text in drawn["age"].tolist()])
    drawn["lansky"] = np.where(age < 16, drawn["lansky"], "")
    drawn["karnofsky"] = np.where(age < 16, "", drawn["karnofsky"])
    earlier = np.clip(age - 2, 4, None)
    drawn["age_at_diagnosis"] = np.array(["" if np.isnan(a) else f"{a:.0f}" for a in earlier.tolist()])
    inoperable = drawn["lung_metastases"] == "unresectable"
    drawn["resectability"] = np.where(inoperable, "unresectable", drawn["resectability"])
    planned = drawn["planned_major_surgery"] == "yes"
    drawn["days_to_planned_surgery"] = np.where(planned, drawn["days_to_planned_surgery"], "")


def blocks(patients: int, seed: int, book: Rulebook | None = None) -> Iterator[pl.DataFrame]:
    """The cohort in blocks of text columns; the header is `id` and the template's columns."""
    maker = Maker(book or load(), seed)
    for number in range(-(-patients // BLOCK)):
        yield maker.block(number, min(BLOCK, patients - number * BLOCK))


def write(path: Path, patients: int, seed: int = 1, book: Rulebook | None = None) -> None:
    """Write a cohort file."""
    with path.open("wb") as file:
        for number, frame in enumerate(blocks(patients, seed, book)):
            frame.write_csv(file, include_header=number == 0, quote_style="necessary")


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description="Write a cohort file of invented patients.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--patients", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    write(asked.path, asked.patients, asked.seed)


if __name__ == "__main__":
    main()
