"""Joint priors of nine tumour markers, counted from an imported study (`rules/priors.yaml`).

Each pattern is a combination of states and the number of patients that show it; nothing else of
a patient is kept. Patients with an unknown among the nine are left out. One hit stays a state of
its own: RB1 intact and RB1 one hit are told apart by the cell-cycle rules, and a tested one hit
must find its patterns; who reads the table merges what no live rule tells apart.

    python -m cds.intake.priors STUDY_FOLDER [OUT]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from cds.intake.cbioportal import StudyImport, import_study
from cds.locations import rules_folder
from cds.rulebook.base import Citation
from cds.rulebook.load import load
from cds.rulebook.options import Prior

MARKERS = (
    "pten_dna",
    "rb1_dna",
    "cdk4_cn",
    "vegfa_cn",
    "ccne1_cn",
    "cdkn2a",
    "pik3ca",
    "tsc",
    "mtor_mutation",
)
SOURCE = "target_os"
#: Files whose digests identify the tables that were counted.
TABLES = ("data_log2_cna.txt", "data_mutations.txt")

_HEAD = """\
# Joint states of nine tumour markers and how many patients show each, for markers that were not tested.
# Written by `python -m cds.intake.priors`; a test counts again and compares. Do not edit by hand.
# Copy number is not corrected for purity or ploidy. Cut-offs stand in imports/cbioportal.yaml.
# Patients without copy number are left out. One hit is kept apart from intact and lost.
"""


def count_priors(study: StudyImport) -> Prior:
    """Count the joint states, the most frequent first, equal counts in alphabetical order."""
    rows = [tuple(row[marker] for marker in MARKERS) for row in study.rows]
    known = [row for row in rows if all(row)]
    patterns = sorted(Counter(known).items(), key=lambda entry: (-entry[1], entry[0]))
    counted = {
        marker: dict(
            sorted(Counter(row[at] for row in known).items(), key=lambda entry: (-entry[1], entry[0]))
        )
        for at, marker in enumerate(MARKERS)
    }
    return Prior(
        source=Citation(source=SOURCE, locator=_identity(study, len(known))),
        n=len(known),
        markers=MARKERS,
        patterns=tuple((count, states) for states, count in patterns),
        counted=counted,
    )


def _identity(study: StudyImport, known: int) -> str:
    """Which tables were counted: study, files with digests, and how many patients they tell of."""
    digests = {str(file["name"]): str(file["sha256"])[:12] for file in study.report.files}
    tables = ", ".join(f"{name} sha256 {digests[name]}" for name in TABLES if name in digests)
    return f"study {study.name}, {tables}; {known} of {len(study.rows)} patients"


def priors_text(prior: Prior) -> str:
    """The YAML of a prior, byte for byte the same for the same counts."""
    lines = [
        "source:",
        f"  source: {prior.source.source}",
        f'  locator: "{prior.source.locator}"',
        f"n: {prior.n}",
    ]
    lines += [f"markers: [{', '.join(prior.markers)}]", "patterns:"]
    lines += [f"  - [{count}, [{', '.join(states)}]]" for count, states in prior.patterns]
    lines += ["counted:", *(f"  {marker}: {_flow(counts)}" for marker, counts in prior.counted.items())]
    return _HEAD + "\n".join(lines) + "\n"


def _flow(counts: Mapping[str, int]) -> str:
    return "{" + ", ".join(f"{value}: {count}" for value, count in counts.items()) + "}"


def main(arguments: list[str]) -> int:
    """Count a study folder and write the file (default: the one that ships)."""
    if len(arguments) not in (1, 2):
        sys.stderr.write("usage: python -m cds.intake.priors STUDY_FOLDER [OUT]\n")
        return 2
    out = Path(arguments[1]) if len(arguments) == 2 else rules_folder() / "priors.yaml"
    prior = count_priors(import_study(Path(arguments[0]), load()))
    out.write_text(priors_text(prior), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{out}: {len(prior.patterns)} patterns of {prior.n} patients\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
