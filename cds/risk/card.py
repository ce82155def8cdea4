"""The model card, generated from a run: what was declared, what was computed, what is not available."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cds.notice import RESEARCH_ONLY
from cds.risk.card_items import ATTRIBUTES, TRIPOD, Item
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
        "output": f"percent: {declared.outcome.words}, with a 95 % bootstrap interval",
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
        "missing_data": "; ".join(dict.fromkeys(f"{f.marker}: {_MEANS[f.missing]}" for f in declared.features)),
        "sample_size": f"{v.flow.used} patients, {v.flow.events} events, {v.parameters} parameters: "
        f"{v.events_per_parameter:g} events per parameter",
        "partition": f"all patients for development; {v.method['cross_validated']}",
        "model_type": f"{declared.estimator}, ridge-penalised" if declared.estimator != "boosting" else "boosted trees",
        "tuning": f"strengths {', '.join(f'{s:g}' for s in declared.plan.strengths)}; chosen {v.strength:g}; "
        f"{v.method['corrected']}; seed {declared.plan.seed}",
        "measures": ", ".join(label_of(name) for name in v.apparent) + "; decision curve; calibration plot",
        "computation": "linear score, link and baseline of model.skops; 500 refits give the interval"
        if declared.estimator != "boosting"
        else "trees of model.skops",
        "specification": _specification(v),
        "imbalance": f"{v.flow.events_by_horizon} of {v.flow.used} had the event by the horizon; nothing was resampled",
        "validity_inside": _performance(v.corrected, "corrected for optimism")
        + " "
        + _performance(v.cross_validated, "cross-validated"),
        "subgroups": _subgroups(v.subgroups),
        "abstention": "a value outside the training range, hardly seen in training, or missing where it has to be known: "
        "no number, and a reason code",
        "thresholds": "none",
        "code_availability": "this repository; `cds train` with declaration.yaml",
        "updating": "none",
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
            _performance(e.figures, f"{e.name}, {e.evaluated_on}") + "".join(f" Warning: {w}." for w in e.warnings)
            for e in external
        ),
        "fairness_outside": "; ".join(f"{e.name}: {_subgroups(e.subgroups)}" for e in external),
    }


def answers(items: Iterable[Item], known: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Id, label and answer of each item; `not available` where nothing answers it."""
    for item in items:
        said = [known[name].strip() for name in item.facts if known.get(name, "").strip()]
        yield item.id, item.label, " ".join(_ended(text) for text in said) if said else NOT_AVAILABLE


def card_markdown(
    manifest: Manifest, validation: Validation, external: Sequence[External], figures: Iterable[tuple[str, str]] = ()
) -> str:
    """The whole card; `figures` are (file, sentence) pairs."""
    known = facts(manifest, validation, external)
    declared = manifest.declaration
    head = [
        f"# Model card: {declared.id} {declared.version}",
        f"**{RESEARCH_ONLY}.** {declared.title}.",
        *(["**SIMULATED: trained on invented patients. Its figures say nothing about any real treatment.**"]
          if declared.simulated else []),
        *(f"- {sentence}" for sentence in declared.cannot_say),
        f"Trained on {manifest.trained_on} by {manifest.software}. Generated from the run; do not edit.",
    ]  # fmt: skip
    parts = ["\n\n".join(head), _table("Performance", ("Figure", "Apparent", "Optimism", "Corrected", "Cross-validated"),
                                     _performance_rows(validation))]  # fmt: skip
    if validation.comparisons:
        parts.append(_table("Compared with", _COMPARED, _compared_rows(manifest, validation)))
    if validation.coefficients:
        rows = [(c.label, c.coefficient.text(), c.ratio.text()) for c in validation.coefficients]
        parts.append(_table("Coefficients", ("Column", "Coefficient (95 % bootstrap)", "Ratio"), rows))
    parts.append(_table("Subgroups", ("Group", "n", "Events", "C-index", "Observed", "Predicted"), _subset_rows(validation)))
    for each in external:
        rows = [(label_of(name), figure.text(3)) for name, figure in each.figures.items()]
        title = f"External validation: {each.name} ({each.flow.used} patients, {each.flow.events} events)"
        parts.append(_table(title, ("Figure", "Value (95 % interval)"), rows))
        parts += [f"- Warning: {warning}" for warning in each.warnings]
    parts.append(_table("Training ranges", ("Marker", "Held"), [(i.label, i.range_text) for i in manifest.inputs]))
    parts += [f"![{sentence}]({file})" for file, sentence in figures]
    parts.append(_table("Predictive-DSI source attributes (31)", ("Id", "Attribute", "Answer"), answers(ATTRIBUTES, known)))
    parts.append(_table("TRIPOD+AI items", ("Item", "Topic", "Answer"), answers(TRIPOD, known)))
    return "\n\n".join(parts) + "\n"


_COMPARED = ("Model", "Parameters", "Events each", "C apparent", "C corrected", "C cross-validated", "Brier", "C outside", "Note")


def _compared_rows(manifest: Manifest, v: Validation) -> Iterator[tuple[str, ...]]:
    plain = v.apparent["brier_without_model"]
    yield "no model", "0", "", "0.50", "0.50", "0.50", plain.text(3), "", "everybody gets the average risk"
    outside = NOT_AVAILABLE
    yield (
        f"this model ({manifest.declaration.id})", str(v.parameters), f"{v.events_per_parameter:g}",
        f"{v.apparent['c_index'].value:.2f}", v.corrected["c_index"].text(), v.cross_validated["c_index"].text(),
        v.cross_validated["brier"].text(3), outside, "",
    )  # fmt: skip
    for c in v.comparisons:
        yield (
            c.label, str(c.parameters), f"{c.events_per_parameter:g}", f"{c.apparent_c:.2f}", c.corrected_c.text(),
            c.c_index.text(), c.brier.text(3), c.external_c, c.note or "",
        )  # fmt: skip


def _performance_rows(v: Validation) -> Iterator[tuple[str, ...]]:
    nothing = Figure(value=None)
    for name, apparent in v.apparent.items():
        gap = v.optimism.get(name)
        corrected = v.corrected.get(name, nothing).text(3) if name in v.corrected else ""
        optimism = f"{gap:+.3f}" if gap is not None and name in v.corrected else ""
        yield label_of(name), apparent.text(3), optimism, corrected, v.cross_validated.get(name, nothing).text(3)


def _subset_rows(v: Validation) -> Iterator[tuple[str, ...]]:
    for s in v.subgroups:
        n, events = ("" if x is None else str(x) for x in (s.n, s.events))
        predicted = "" if s.predicted is None else f"{s.predicted:.2f}"
        yield s.label, n, events, s.c_index.text(), s.observed.text(), predicted


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"## {title}", "", _row(columns), _row("---" for _ in columns), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _performance(figures: Mapping[str, Figure], how: str) -> str:
    wanted = [name for name in figures if not name.endswith("without_model")]
    return f"{how}: " + "; ".join(f"{label_of(name)} {figures[name].text()}" for name in wanted) + "."


def _subgroups(groups: Iterable[Subset]) -> str:
    said = [
        f"{g.label}: C-index {g.c_index.text()}" if g.c_index.value is not None else f"{g.label}: too few events"
        for g in groups
    ]
    return "; ".join(said) or NOT_AVAILABLE


def _demographic_use(manifest: Manifest) -> str:
    used = [f.label for f in manifest.declaration.features if f.marker in ("sex", "age", "age_at_diagnosis")]
    return f"used: {', '.join(used) or 'none'}; no other of these is read"


def _characteristics(manifest: Manifest) -> str:
    return "; ".join(f"{each.label}: {each.range_text}" for each in manifest.inputs)


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
    d = manifest.declaration
    return (
        f"{d.estimator} model of {d.outcome.words}, {len(d.features)} features, {v.flow.used} patients and "
        f"{v.flow.events} events; C-index {v.corrected['c_index'].text()} after correction for optimism."
    )
