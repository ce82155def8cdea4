"""Stored models: a folder that is checked byte by byte before anything in it is understood.

`digests.txt` lists every file; the manifest lists those that never change after training. The
order of loading: regular files of a sane size, digests, manifest, the rulebook's markers, library
versions, the model itself (skops: no code is run), golden rows. The first thing that is off
refuses the model with its reason.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from pydantic import ValidationError

from cds.errors import Fault, ModelError
from cds.files import canonical_lines, read_json, sha256
from cds.risk.estimators import Boosted, Fitted, restore, stacked, unstacked
from cds.risk.features import names
from cds.risk.invented import patients_from
from cds.risk.manifest import BACKGROUND, DECLARATION, FIXED, GOLDEN, MODEL, VALIDATION, Golden, Manifest
from cds.risk.model import RiskModel
from cds.risk.patients import as_rows
from cds.risk.records import External, Validation
from cds.rulebook.book import Rulebook

DIGESTS, MANIFEST, EXTERNAL = "digests.txt", "manifest.json", "external"
MAX_FILE, MAX_FILES = 50_000_000, 200
#: Golden rows must be met to this, on the scale 0 to 1.
GOLDEN_TOLERANCE = 1e-12
#: What a model file may hold beside numbers and arrays; nothing else is ever loaded.
TRUSTED_TREES = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)


def refuse(name: str, problem: str, remedy: str = "Train it again, or get it again.") -> NoReturn:
    """Refuse a model for one fault."""
    raise ModelError("The risk model is refused", [Fault(name, problem, remedy)])


def store(
    folder: Path, model: RiskModel, validation: Validation, declaration: bytes, golden: list[Golden]
) -> str:
    """Write a model's fixed files and its manifest; returns the manifest's digest."""
    from skops import io

    payload = {"fitted": model.fitted.payload(), "refits": stacked(model.refits)}
    files = {
        MODEL: io.dumps(payload),
        GOLDEN: canonical_lines([each.model_dump(mode="json") for each in golden]),
        BACKGROUND: canonical_lines(as_rows(model.background)),
        VALIDATION: canonical_lines(validation.model_dump(mode="json")),
        DECLARATION: declaration,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    manifest = model.manifest.model_copy(update={"files": {name: sha256(raw) for name, raw in files.items()}})
    raw = canonical_lines(manifest.model_dump(mode="json"))
    (folder / MANIFEST).write_bytes(raw)
    seal(folder)
    return sha256(raw)


def seal(folder: Path) -> None:
    """Write the digests of all files; done again when a file is added beside the model."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DIGESTS)
    listed = [f"{sha256(path.read_bytes())}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / DIGESTS).write_text("".join(listed), encoding="utf-8")


def golden_of(model: RiskModel, rows: list[dict[str, Any]]) -> list[Golden]:
    """What the model says of invented rows."""
    risks = model.fitted.risk(model.encoded(patients_from(rows, model.inputs)))
    return [Golden(given=row, risk=float(risk)) for row, risk in zip(rows, risks, strict=True)]


def load_model(folder: Path, book: Rulebook) -> RiskModel:
    """Load a stored model; ModelError with the reason if anything is off."""
    files = _files(folder)
    manifest = _manifest(folder.name, files)
    _fits_rulebook(manifest, book)
    fitted, refits = _parts(manifest, files[MODEL])
    try:
        background = patients_from(read_json(files[BACKGROUND]), manifest.inputs)
        golden = [Golden.model_validate(each) for each in read_json(files[GOLDEN])]
    except (ValueError, TypeError, AttributeError):
        refuse(manifest.name, "its golden rows or background can't be read")
    record = _record(folder.name, files)
    model = RiskModel(manifest, fitted, refits, background, record.digest, record.validity)
    _meets_golden(model, golden)
    return model


@dataclass(frozen=True)
class StoredRecord:
    """What is written beside a model: its manifest, validation and external validations."""

    manifest: Manifest
    digest: str
    validation: Validation
    external: tuple[External, ...]

    @property
    def validity(self) -> str:
        """The C-index inside and outside, in one sentence."""
        corrected = self.validation.corrected.get("c_index")
        inside = corrected.text() if corrected else "not available (imported)"
        outside = "; ".join(f"{each.name} {each.figures['c_index'].text()}" for each in self.external)
        return f"C-index inside (corrected for optimism) {inside}; outside: {outside or 'not available'}"


def read_record(folder: Path) -> StoredRecord:
    """What stands beside a model, digests checked; the model itself is not loaded."""
    return _record(folder.name, _files(folder))


def _record(name: str, files: Mapping[str, bytes]) -> StoredRecord:
    manifest = _manifest(name, files)
    try:
        validation = Validation.model_validate(read_json(files[VALIDATION]))
        external = tuple(
            External.model_validate(read_json(raw))
            for file, raw in sorted(files.items())
            if file.startswith(f"{EXTERNAL}/")
        )
    except ValueError:
        refuse(name, "its validation can't be read")
    digest = sha256(files[MANIFEST])
    if any(each.model_digest != digest for each in external):
        refuse(name, "an external validation is of another model")
    return StoredRecord(manifest, digest, validation, external)


def _files(folder: Path) -> dict[str, bytes]:
    """Every file of the folder, each as its digest says; no more and no fewer."""
    name = folder.name
    if not folder.is_dir() or not (folder / DIGESTS).is_file():
        refuse(name, "there is no such model", "See `cds model list`.")
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            refuse(f"{name}/{relative}", "is not a regular file")
        if path.is_file():
            if path.stat().st_size > MAX_FILE or len(found) >= MAX_FILES:
                refuse(f"{name}/{relative}", "is too large, or one file too many")
            found[relative] = path.read_bytes()
    _check_digests(name, found.pop(DIGESTS), found)
    return found


def _check_digests(name: str, raw: bytes, found: Mapping[str, bytes]) -> None:
    try:
        lines = raw.decode("ascii").splitlines()
    except UnicodeDecodeError:
        refuse(f"{name}/{DIGESTS}", "can't be read")
    pairs = [line.partition("  ") for line in lines]
    listed = {file: digest for digest, _, file in pairs if file}
    if len(listed) != len(lines) or raw != "".join(f"{line}\n" for line in lines).encode():
        refuse(f"{name}/{DIGESTS}", "is not a list of digests")
    for missing in sorted(set(listed) ^ set(found)):
        refuse(f"{name}/{missing}", "is missing" if missing in listed else "is not listed in its digests")
    for file, raw_file in sorted(found.items()):
        if sha256(raw_file) != listed[file]:
            refuse(f"{name}/{file}", "was changed: its digest differs")


def _manifest(name: str, files: Mapping[str, bytes]) -> Manifest:
    try:
        manifest = Manifest.model_validate(read_json(files[MANIFEST]))
    except KeyError:
        refuse(f"{name}/{MANIFEST}", "is missing")
    except (ValidationError, ValueError):
        refuse(f"{name}/{MANIFEST}", "is of another format than this version reads")
    for file in FIXED:
        if file not in files or manifest.files.get(file) != sha256(files[file]):
            refuse(f"{name}/{file}", "is not the file the manifest names")
    if manifest.declaration.id != name:
        refuse(name, f"holds the model {manifest.declaration.id}", "Name the folder as the model.")
    if manifest.columns != names(manifest.declaration.features):
        refuse(name, "its columns are not those of its features")
    return manifest


def _fits_rulebook(manifest: Manifest, book: Rulebook) -> None:
    """Markers, types, units and values must be what the rulebook says they are."""
    faults = [str(fault) for fault in manifest.declaration.faults(book)]
    for each in manifest.inputs:
        marker = book.marker.get(each.marker)
        if marker is None:
            continue
        if (marker.type == "number") != each.is_number or marker.unit != each.unit:
            faults.append(f"{each.marker} has another type or unit in this rulebook")
        faults += [
            f"{value!r} is no value of {each.marker}" for value in each.counts if value not in marker.values
        ]
    if set(manifest.declaration.markers) - {each.marker for each in manifest.inputs}:
        faults.append("a marker it reads is not described")
    if faults:
        refuse(manifest.name, "; ".join(faults), "Train it again with this rulebook.")


def _parts(manifest: Manifest, raw: bytes) -> tuple[Fitted, tuple[Fitted, ...]]:
    if manifest.declaration.estimator == "boosting":
        _same_version(manifest, "scikit-learn")
    try:
        stored = read_skops(raw, manifest.declaration.estimator == "boosting")
        fitted, refits = restore(stored["fitted"]), unstacked(stored["refits"])
    except Exception as error:
        refuse(f"{manifest.name}/{MODEL}", f"can't be read ({type(error).__name__})")
    kind = Boosted if manifest.declaration.estimator == "boosting" else None
    wide = len(manifest.columns)
    for part in (fitted, *refits):
        columns = part.trees.n_features_in_ if isinstance(part, Boosted) else len(part.payload()["coef"])
        if columns != wide or isinstance(part, Boosted) != (kind is Boosted):
            refuse(manifest.name, f"has {columns} columns where {wide} are declared")
    if len(refits) != manifest.resamples:
        refuse(manifest.name, "its refits are not those the manifest counts")
    return fitted, refits


def read_skops(raw: bytes, trees: bool) -> Any:
    """What a skops file holds; anything but plain values (and trees, if allowed) is refused."""
    from skops import io

    trusted = list(TRUSTED_TREES) if trees else []
    unknown = set(io.get_untrusted_types(data=raw)) - set(trusted)
    if unknown:
        raise ValueError(f"holds {sorted(unknown)}")
    return io.loads(raw, trusted=trusted)


def _same_version(manifest: Manifest, library: str) -> None:
    made, here = manifest.libraries.get(library), importlib.metadata.version(library)
    if made != here:
        refuse(manifest.name, f"was made with {library} {made}; here is {here}", "Train it again.")


def _meets_golden(model: RiskModel, golden: list[Golden]) -> None:
    if len(golden) < 20:
        refuse(model.manifest.name, "has fewer than 20 golden rows")
    found = golden_of(model, [each.given for each in golden])
    for at, (want, got) in enumerate(zip(golden, found, strict=True), start=1):
        if not (math.isfinite(got.risk) and abs(got.risk - want.risk) <= GOLDEN_TOLERANCE):
            refuse(model.manifest.name, f"golden row {at}: another risk than when it was trained")
    if not np.isfinite(model.percent(model.background)).all():
        refuse(model.manifest.name, "a risk of its background is not a number")
