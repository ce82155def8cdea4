"""Pickle and joblib files: opened once, in a process of their own, and only if their digest is named.

Such a file can run any code when it is opened. The process has no network and no program to
start as far as Python can hold it back, and hands over plain numbers or trees as skops; that is
a fence, not a wall. The digest says that whoever runs the command trusts the file.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from cds.errors import Fault, ModelError
from cds.files import sha256
from cds.risk.artefact import read_skops, refuse

SECONDS = 60
_OPENER = """
import sys

CLOSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ctypes.")

def fence(event, args):
    if event.startswith(CLOSED):
        raise RuntimeError("not allowed while a foreign model is opened: " + event)

import io, joblib, numpy, sklearn.linear_model, sklearn.ensemble, skops.io
raw = sys.stdin.buffer.read()
sys.addaudithook(fence)
model = joblib.load(io.BytesIO(raw))
if isinstance(model, sklearn.linear_model.LogisticRegression):
    coef = numpy.asarray(model.coef_[0], float)
    found = {"link": "logit", "coef": coef, "intercept": float(model.intercept_[0])}
    found["fill"] = numpy.full(coef.shape, numpy.nan)
elif isinstance(model, sklearn.ensemble.HistGradientBoostingClassifier):
    found = {"link": "trees", "trees": model}
else:
    sys.exit("holds a " + type(model).__name__)
sys.stdout.buffer.write(skops.io.dumps(found))
"""


def open_foreign(path: Path, trusted_sha256: str) -> dict[str, Any]:
    """The fitted part of a foreign scikit-learn model; ModelError if anything is off."""
    raw = path.read_bytes() if path.is_file() else b""
    if not raw or sha256(raw) != trusted_sha256.lower():
        remedy = "Name the SHA-256 of a file you trust with --trust-sha256."
        raise ModelError(
            "The file is refused", [Fault(path.name, "its SHA-256 is not the one named", remedy)]
        )
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-I", "-c", _OPENER],
            input=raw,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        refuse(path.name, f"was not opened in {SECONDS} seconds")
    if done.returncode:
        refuse(path.name, "is not a logistic regression or histogram boosting of scikit-learn that opens")
    try:
        found = read_skops(done.stdout, trees=True)
    except Exception as error:
        refuse(path.name, f"can't be turned into skops ({type(error).__name__})")
    return dict(found)
