"""One digest of what is decided: `python -m tests.assurance.probe` prints it, the same wherever it runs.

It holds the ranking of a random cohort, the whole assessment of every example patient with its
stability, and the figure of a shipped risk model. `few` does the same for fewer patients.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sys
import tempfile
from pathlib import Path

from cds.assessment import Context, assess
from cds.cli import run
from cds.intake.patient import read_patient
from cds.robustness.summary import with_robustness
from cds.rulebook.load import load
from tests.assurance.relations import sheet

ROOT = Path(__file__).parents[2]
#: Random patients and examples: all of them, or few.
ALL, FEW = (1000, None), (150, 2)


def said(*arguments: str) -> str:
    """What a command prints; 1 means that some rows were refused."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run(list(arguments))
    assert code in (0, 1), code
    return out.getvalue()


def parts(patients: int, examples: int | None) -> dict[str, str]:
    """The digest of each part."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, ranked, figures = (
            sheet(patients, 9).write(folder, "cohort"),
            folder / "ranked",
            folder / "f.csv",
        )
        said("rank", str(source), "--out", str(ranked))
        found["ranking"] = said("digest", str(ranked)).split()[0]
        said("model", "apply", "target-os", str(source), "--out", str(figures))
        found["model"] = hashlib.sha256(figures.read_bytes()).hexdigest()
    whole = hashlib.sha256()
    for path in sorted((ROOT / "examples" / "patients").glob("*.yaml"))[:examples]:
        read = read_patient(path, load())
        cohort = read.cohort(load())
        assessment = assess(cohort, load(), context=Context(read.details, read.flags))
        whole.update(with_robustness(assessment, cohort, load(), 0).model_dump_json().encode())
    found["assessments"] = whole.hexdigest()
    return found


if __name__ == "__main__":
    print(json.dumps({"python": sys.version.split()[0], **parts(*(FEW if "few" in sys.argv else ALL))}))
