"""The model card, generated from a run: what was declared, what was computed, what is not available."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cds.risk.card_items import Item
from cds.risk.features import Feature
from cds.risk.manifest import Manifest
from cds.risk.records import External, Figure, Subset, Validation

NOT_AVAILABLE = "not available"
FIGURES = {
    "c_index": "C-index (0.5 is chance)",
    "brier": "Brier score (0 is perfect)",
    "brier_without_model": "Brier score of telling everybody the average risk",
    "brier_scaled": "Brier score, scaled (above 0 is better than the average risk)",
    "calibration_slope": "calibration slope (1 is ideal)",
    "calibration_intercept": "calibration intercept (0 is ideal)",
    "observed_to_expected": "observed to predicted events (1 is ideal)",
}
_MEANS = {
    "abstain": "has to be known",
    "indicator": "if not known, a column of its own says so",
    "impute": "if not known, the training mean (taken inside each fold)",
    "native": "if not known, trees send it its own way",
}


def label_of(figure: str) -> str:
    """A figure's name in words."""
    if figure.startswith("auc_"):
        return f"area under the ROC curve at {figure[4:]} months"
    return FIGURES[figure]


def facts(manifest: Manifest, validation: Validation, external: Sequence[External]) -> dict[str, str]:
    """Everything a card can say, by the names the items ask for."""
    declared, v = manifest.declaration, validation
    found: dict[str, str] = dict(declared.card)
    found |= {
        "title": f"{declared.title}; {declared.outcome.words}",
        "output": f"a figure in percent: {declared.outcome.words}, {_interval(manifest)}",
        "output_kind": "prediction",
        "cannot_say": " ".join(declared.cannot_say),
        "warnings": "; ".join(v.warnings) or "no warning was given in training",
        "flow": "; ".join(v.flow.sentences()),
        "demographic_use": _demographic_use(manifest),
        "representativeness": _characteristics(manifest),
        "characteristics": _characteristics(manifest),
        "objectives": "development with internal validation"
        + ("; external validation" if external else "; external validation not yet done"),
        "training_files": f"{len(manifest.training.files)} files, digest {manifest.training.digest}",
        "preparation": f"strict intake with rulebook {manifest.training.rulebook}; no value was guessed",
        "outcome": declared.outcome.words,
        "predictor_choice": "declared before training (declaration.yaml); none was chosen by its result",
        "predictors": "; ".join(f"{f.label} ({f.marker})" for f in declared.features),
        "predictor_forms": "; ".join(_form(f) for f in declared.features),
        "missing_data": "; ".join(
            dict.fromkeys(f"{f.marker}: {_MEANS[f.missing]}" for f in declared.features)
        ),
        "sample_size": f"{v.flow.used} patients, {v.flow.events} events, {v.parameters} parameters: "
        f"{v.events_per_parameter:g} events per parameter",
        "partition": f"all patients for development; {v.method.get('cross_validated', 'imported')}",
        "model_type": f"{declared.estimator}, ridge-penalised"
        if declared.estimator != "boosting"
        else "boosted trees",
        "tuning": f"strengths {', '.join(f'{s:g}' for s in declared.plan.strengths)}; chosen {v.strength:g}; "
        f"{v.method.get('corrected', 'imported')}; seed {declared.plan.seed}",
        "measures": ", ".join(label_of(name) for name in v.apparent) + "; decision curve; calibration plot",
        "computation": f"{_stored(declared.estimator)} (model.skops), {_interval(manifest)}",
        "specification": _specification(v),
        "imbalance": f"{v.flow.events_by_horizon} of {v.flow.used} had the event by the horizon",
        "validity_inside": _performance(v.corrected, "corrected for optimism")
        + " "
        + _performance(v.cross_validated, "cross-validated"),
        "subgroups": _subgroups(v.subgroups),
        "abstention": "a value outside the training range, hardly seen in training, or missing where it "
        "has to be known: no number, and a reason code",
        "thresholds": "no threshold is set",
        "comparison": _comparison(v),
        "interaction": _interaction(manifest),
        "code_availability": "this repository; `cds train` with declaration.yaml",
        "updating": "no updating was done",
        "protocol": "declaration.yaml, written before training; not registered",
        "abstract": _abstract(manifest, v),
    }
    return found | _external_facts(external)


def _external_facts(external: Sequence[External]) -> dict[str, str]:
    if not external:
        return {}
    return {
        "external_data": "; ".join(f"{e.name}: {e.description}" for e in external),
        "external_people": "; ".join(f"{e.name}: {'; '.join(e.flow.sentences())}" for e in external),
        "external_method": "the stored model, nothing refitted; patients it does not speak of are counted",
        "external_party": "whoever ran `cds evaluate`; not verified",
        "validity_outside": " ".join(
            _performance(e.figures, f"{e.name}, {e.evaluated_on}")
            + "".join(f" Warning: {w}." for w in e.warnings)
            for e in external
        ),
        "fairness_outside": "; ".join(f"{e.name}: {_subgroups(e.subgroups)}" for e in external),
    }


def answers(items: Iterable[Item], known: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Id, label and answer of each item; `not available` where nothing answers it."""
    for item in items:
        said = [known[name].strip() for name in item.facts if known.get(name, "").strip()]
        yield item.id, item.label, " ".join(_ended(text) for text in said) if said else NOT_AVAILABLE


def _ended(text: str) -> str:
    """A sentence: a capital letter unless a name stands first, and a full stop."""
    first = text.split(" ", 1)[0]
    started = text if set(first) & set("._:`") else text[0].upper() + text[1:]
    return started if started.endswith((".", "!", "?")) else f"{started}."


def _performance(figures: Mapping[str, Figure], how: str) -> str:
    wanted = [name for name in figures if not name.endswith("without_model")]
    return f"{how}: " + "; ".join(f"{label_of(name)} {figures[name].text()}" for name in wanted) + "."


def _subgroups(groups: Iterable[Subset]) -> str:
    said = [
        f"{g.label}: C-index {g.c_index.text()}"
        if g.c_index.value is not None
        else f"{g.label}: too few events"
        for g in groups
    ]
    return "; ".join(said) or NOT_AVAILABLE


def _demographic_use(manifest: Manifest) -> str:
    used = [f.label for f in manifest.declaration.features if f.marker in ("sex", "age", "age_at_diagnosis")]
    return f"used: {', '.join(used) or 'none'}; no other of these is read"


def _interval(manifest: Manifest) -> str:
    n = manifest.resamples
    return f"with a 95 % interval from {n} bootstrap refits" if n else "without an interval (imported)"


def _comparison(v: Validation) -> str:
    """The C-index beside that of other sets of features in the same patients."""
    corrected = v.corrected.get("c_index")
    if corrected is None or not v.comparisons:
        return ""
    others = "; ".join(f"{c.label} {c.corrected_c.text()}" for c in v.comparisons)
    return f"C-index corrected for optimism: this model {corrected.text()}; {others}"


def _interaction(manifest: Manifest) -> str:
    """What has to be entered, and what happens to what is not."""
    needed = {f.marker for f in manifest.declaration.features if f.missing == "abstain"}
    said = [f"{each.label} ({'needed' if each.marker in needed else 'if known'})" for each in manifest.inputs]
    return f"to be entered: {'; '.join(said)}"


def _characteristics(manifest: Manifest) -> str:
    return "; ".join(f"{each.label}: {each.range_text}" for each in manifest.inputs)


def _stored(estimator: str) -> str:
    return "trees" if estimator == "boosting" else "linear score and link"


def _form(feature: Feature) -> str:
    if feature.any_of:
        how = f"1 if {' or '.join(feature.any_of)}"
    elif feature.at_least is not None:
        how = f"1 from {feature.at_least:g} on"
    else:
        how = f"(value - {feature.centre:g}) / {feature.per:g}"
    where = f", for {', '.join(feature.options)} only" if feature.options else ""
    return f"{feature.id}: {how}{where}"


def _specification(v: Validation) -> str:
    said = [f"{c.column} {c.coefficient.text(3)}" for c in v.coefficients]
    return f"coefficients {'; '.join(said)}; baseline in model.skops" if said else "trees in model.skops"


def _abstract(manifest: Manifest, v: Validation) -> str:
    d, corrected = manifest.declaration, v.corrected.get("c_index", Figure(value=None))
    return (
        f"{d.estimator} model of {d.outcome.words}, {len(d.features)} features, {v.flow.used} patients and "
        f"{v.flow.events} events; C-index {corrected.text()} after correction for optimism."
    )
