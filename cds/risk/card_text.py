"""The model card as Markdown, and the tables that the commands print too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cds.notice import RESEARCH_ONLY
from cds.risk.card import FIGURES, NOT_AVAILABLE, answers, facts, label_of
from cds.risk.card_items import ATTRIBUTES, TRIPOD
from cds.risk.manifest import Manifest
from cds.risk.records import External, Figure, Subset, Validation

PERFORMANCE = ("Figure", "Apparent", "Optimism", "Corrected", "Cross-validated")
COMPARED = (
    "Model", "Parameters", "Events each", "C apparent", "C corrected", "C cross-validated",
    "Brier", "C outside",
)  # fmt: skip
SIMULATED = "**SIMULATED: trained on invented patients. Its figures say nothing about any real treatment.**"


def card_markdown(
    manifest: Manifest,
    validation: Validation,
    external: Sequence[External],
    figures: Iterable[tuple[str, str]] = (),
) -> str:
    """The whole card; `figures` are (file, sentence) pairs."""
    known = facts(manifest, validation, external)
    outside = [part for each in external for part in _external(each)]
    parts = [
        *_head(manifest),
        *(f"**Warning:** {warning}." for warning in validation.warnings),
        _table("Performance inside", PERFORMANCE, performance_rows(validation)),
        *_compared(manifest, validation),
        *_coefficients(validation),
        _table("Subgroups (patients left out)", _SUBSET, _subset_rows(validation.subgroups)),
        *(
            outside
            or [f"## External validation\n\nC-index outside: {NOT_AVAILABLE}. `cds evaluate` writes it here."]
        ),
        _table("Training cohort", ("Marker", "Held"), [(i.label, i.range_text) for i in manifest.inputs]),
        "## Plots",
        *(f"![{sentence}]({file})" for file, sentence in figures),
        _table("Source attributes of a predictive intervention (31)", _ITEM, answers(ATTRIBUTES, known)),
        _table("TRIPOD+AI items (52)", _ITEM, answers(TRIPOD, known)),
    ]
    return "\n\n".join(parts) + "\n"


_SUBSET = ("Group", "n", "Events", "C-index", "Observed", "Predicted")
_ITEM = ("Id", "What is asked", "Answer")


def _head(manifest: Manifest) -> Iterator[str]:
    declared = manifest.declaration
    yield f"# Model card: {declared.id} {declared.version}"
    yield f"**{RESEARCH_ONLY}.** {declared.title}."
    if declared.simulated:
        yield SIMULATED
    yield "\n".join(f"- {sentence}" for sentence in declared.cannot_say)
    yield f"Trained on {manifest.trained_on} by {manifest.software}. Generated from the run; do not edit."


def _compared(manifest: Manifest, validation: Validation) -> Iterator[str]:
    if validation.comparisons:
        yield _table("Compared with", COMPARED, compared_rows(manifest, validation))
        yield "\n".join(f"- {note}" for note in notes(validation))


def _coefficients(validation: Validation) -> Iterator[str]:
    if validation.coefficients:
        rows = [(c.label, c.coefficient.text(), c.ratio.text()) for c in validation.coefficients]
        yield _table("Coefficients", ("Column", "Coefficient (95 % bootstrap)", "Ratio"), rows)


def _external(each: External) -> Iterator[str]:
    title = f"External validation: {each.name} ({each.flow.used} patients, {each.flow.events} events)"
    yield _table(title, ("Figure", "Value (95 % interval)"), external_rows(each))
    yield f"{each.description}. Evaluated on {each.evaluated_on}; data digest {each.data_digest[:12]}."
    yield from (f"**Warning:** {warning}." for warning in each.warnings)


def in_order(figures: Mapping[str, Figure]) -> list[str]:
    """Names of figures in the order they are read: discrimination, error, calibration."""
    rank = {"c_index": 0, **{name: at + 2 for at, name in enumerate(FIGURES) if at}}
    return sorted(
        figures, key=lambda name: (rank.get(name, 1), float(name[4:]) if name.startswith("auc_") else 0)
    )


def performance_rows(v: Validation) -> Iterator[tuple[str, ...]]:
    """Rows of figures: apparent, optimism, corrected, cross-validated."""
    for name in in_order(v.apparent):
        gap, nothing = v.optimism.get(name), Figure(value=None)
        corrected = v.corrected[name].text(3) if name in v.corrected else ""
        optimism = f"{gap:+.3f}" if gap is not None and name in v.corrected else ""
        left_out = v.cross_validated.get(name, nothing).text(3)
        yield label_of(name), v.apparent[name].text(3), optimism, corrected, left_out


def compared_rows(manifest: Manifest, v: Validation) -> Iterator[tuple[str, ...]]:
    """Rows of the comparison with no model and with other sets of features."""
    plain = v.apparent["brier_without_model"].text(3)
    yield "no model: everybody gets the average risk", "0", "", "0.50", "0.50", "0.50", plain, ""
    yield (
        f"this model ({manifest.declaration.id})", str(v.parameters), f"{v.events_per_parameter:g}",
        v.apparent["c_index"].text(), v.corrected["c_index"].text(), v.cross_validated["c_index"].text(),
        v.cross_validated["brier"].text(3), "see external validation",
    )  # fmt: skip
    for c in v.comparisons:
        yield (
            c.label, str(c.parameters), f"{c.events_per_parameter:g}", f"{c.apparent_c:.2f}",
            c.corrected_c.text(), c.c_index.text(), c.brier.text(3), c.external_c,
        )  # fmt: skip


def notes(v: Validation) -> Iterator[str]:
    """What has to be said of a comparison."""
    yield from (f"{c.label}: {c.note}" for c in v.comparisons if c.note)


def external_rows(found: External) -> Iterator[tuple[str, str]]:
    """Rows of an external validation."""
    yield from ((label_of(name), found.figures[name].text(3)) for name in in_order(found.figures))


def _subset_rows(groups: Iterable[Subset]) -> Iterator[tuple[str, ...]]:
    for s in groups:
        n, events = ("" if x is None else str(x) for x in (s.n, s.events))
        predicted = "" if s.predicted is None else f"{s.predicted:.2f}"
        yield s.label, n, events, s.c_index.text(), s.observed.text(), predicted


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"## {title}", "", _row(columns), _row("---" for _ in columns), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
