"""`cds train`, `cds evaluate`: make a risk model from a declared cohort, and try it on another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cds.commands.arguments import Date, Rules, day
from cds.commands.writing import writing
from cds.errors import Fault, InputError

if TYPE_CHECKING:
    from cds.document.blocks import Figure
    from cds.risk.artefact import StoredRecord
    from cds.risk.declaration import Declaration
    from cds.risk.records import External
    from cds.risk.resampling import Progress
    from cds.risk.training import Trained
    from cds.risk.training_data import Derive, TrainingSet
    from cds.rulebook.book import Rulebook

Data = Annotated[Path, typer.Option("--data", help="Cohort CSV with outcome columns, or a study folder.")]


def train(
    declaration: Annotated[Path, typer.Argument(help="What is to be learnt (YAML).")],
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model; default: beside the declaration.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Resampling tasks side by side.", min=1, max=64)] = 1,
    date: Date = None,
    rules: Rules = None,
) -> int:
    """Train and validate a declared risk model; refuses a cohort that is too small for it."""
    from cds.risk.declaration import read_declaration
    from cds.risk.training import train as fit
    from cds.rulebook.load import load

    book, declared, raw = load(rules), read_declaration(declaration), declaration.read_bytes()
    folder = out or declaration.parent
    if folder.name != declared.id:
        fault = Fault(str(folder.name), f"the model is called {declared.id}", "Name the folder as the model.")
        raise InputError("The folder has another name than the model", [fault])
    cohort = read_cohort(data, declared, book)
    with shown_progress() as progress:
        trained = fit(declared, cohort, book, today=day(date), jobs=jobs, progress=progress)
    with writing(folder):
        store_model(folder, trained, raw)
    _tell(trained, folder)
    return 0


def evaluate(
    model: Annotated[str, typer.Argument(help="Model id, or a path to its folder.")],
    data: Data,
    name: Annotated[
        str | None, typer.Option(help="Short name of the cohort; the result is stored under it.")
    ] = None,
    about: Annotated[str, typer.Option(help="One sentence on the cohort.")] = "not described",
    date: Date = None,
    rules: Rules = None,
) -> int:
    """Try a finished model on another cohort without refitting; --name stores the result beside it."""
    from cds.risk.artefact import load_model, read_record
    from cds.risk.external import evaluate as tried
    from cds.risk.external import is_training_data
    from cds.risk.shelf import folder_of
    from cds.rulebook.load import load

    book, folder = load(rules), folder_of(model)
    loaded, record = load_model(folder, book), read_record(folder)
    cohort = read_cohort(data, loaded.declaration, book)
    same = is_training_data(loaded, cohort)
    if same and name:
        fault = Fault(
            cohort.name, "is the cohort the model was trained on", "Leave out --name, or bring another."
        )
        raise InputError("This is not an external validation", [fault])
    found = tried(
        loaded, record.validation, cohort, name=name or cohort.name, description=about, today=day(date)
    )
    if same:
        typer.echo("This is the training cohort: the figures are apparent, and nothing is stored.")
    _tell_external(found)
    if name:
        with writing(folder):
            store_external(folder, name, found.model_dump(mode="json"))
        typer.echo(f"Stored beside {record.manifest.name}; its card now shows it.")
    return 0


def read_cohort(path: Path, declared: Declaration, book: Rulebook) -> TrainingSet:
    """A cohort with outcomes, derived markers included."""
    from cds.risk.training_data import read_training_set

    return read_training_set(path, declared, book, deriving(book))


def deriving(book: Rulebook) -> Derive:
    """What adds the derived markers to a cohort."""
    from cds.derivation import derive

    return lambda cohort: derive(cohort, book).columns


def store_model(folder: Path, trained: Trained, declaration: bytes) -> None:
    """Write model, validation, plots and card; an earlier model in the folder gives way."""
    from cds.risk.artefact import golden_of, store
    from cds.risk.invented import invent
    from cds.risk.training import GOLDEN_ROWS

    model = trained.model
    for old in (*folder.glob("external/*.json"), *folder.glob("figures/*.svg")):
        old.unlink()
    rows = invent(model.inputs, GOLDEN_ROWS, model.declaration.plan.seed + 2)
    store(folder, model, trained.validation, declaration, golden_of(model, rows))
    write_card(folder)


def store_external(folder: Path, name: str, data: object) -> None:
    """Write an external validation beside the model, and its card anew."""
    from cds.files import canonical_lines
    from cds.risk.artefact import EXTERNAL, seal

    if not name.replace("-", "").replace("_", "").isalnum() or len(name) > 60:
        raise InputError(
            "The name can't be used", [Fault("--name", "is not a short word", "Use letters and digits.")]
        )
    (folder / EXTERNAL).mkdir(exist_ok=True)
    (folder / EXTERNAL / f"{name}.json").write_bytes(canonical_lines(data))
    seal(folder)
    write_card(folder)


def write_card(folder: Path) -> None:
    """Plots and card from what stands beside the model; digests anew."""
    from cds.risk.artefact import read_record, seal
    from cds.risk.card_text import card_markdown

    record = read_record(folder)
    pictures = folder / "figures"
    pictures.mkdir(exist_ok=True)
    shown = []
    for figure in figures_of(record):
        (pictures / f"{figure.id}.svg").write_text(figure.svg, encoding="utf-8")
        shown.append((f"figures/{figure.id}.svg", figure.sentence))
    text = card_markdown(record.manifest, record.validation, record.external, shown)
    (folder / "card.md").write_text(text, encoding="utf-8")
    seal(folder)


def figures_of(record: StoredRecord) -> Iterator[Figure]:
    """The plots of a model."""
    from cds.document.figures import validation as plots

    v, declared = record.validation, record.manifest.declaration
    counts = f"{v.flow.used:,} patients, {v.flow.events:,} events"
    data = f"{declared.id}, {counts}, predictions for patients left out"
    horizon = declared.outcome.horizon_months
    free = {"overall_survival": "alive", "event_free_survival": "event-free"}.get(
        declared.outcome.kind, "without progression"
    )
    yield plots.calibration(v.pictures.calibration, data, horizon)
    yield plots.decision_curve(v.pictures.decision, data)
    months = v.pictures.survival[0].months
    read_off = f"{data}, read off every {months[1] - months[0]:g} months"
    yield plots.survival_curves(v.pictures.survival, read_off, free)
    yield plots.importance(v.importance, declared.id)
    if v.learning:
        yield plots.learning_curve(v.learning, data)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A bar for each kind of task, on the error stream."""
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    bars, known = Bars(console=Console(stderr=True)), dict[str, TaskID]()

    def progress(what: str, done: int, total: int) -> None:
        if done == 1 or what not in known:
            known[what] = bars.add_task(what, total=total)
        bars.update(known[what], completed=done)

    with bars:
        yield progress


def _tell(trained: Trained, folder: Path) -> None:
    from cds.commands.browse import table
    from cds.risk.card_text import COMPARED, PERFORMANCE, compared_rows, notes, performance_rows

    v, manifest = trained.validation, trained.model.manifest
    for sentence in v.flow.sentences():
        typer.echo(sentence)
    typer.echo(f"{v.parameters} parameters, {v.events_per_parameter:g} events each, strength {v.strength:g}")
    for warning in v.warnings:
        typer.echo(f"WARNING: {warning}")
    table("Performance", PERFORMANCE, performance_rows(v))
    if v.comparisons:
        table("Compared with", COMPARED, compared_rows(manifest, v))
    for note in notes(v):
        typer.echo(f"- {note}")
    for sentence in manifest.declaration.cannot_say:
        typer.echo(sentence)
    typer.echo(f"Wrote {folder.name}: model, validation, plots and card.md")


def _tell_external(found: External) -> None:
    from cds.commands.browse import table
    from cds.risk.card_text import external_rows

    for sentence in found.flow.sentences():
        typer.echo(sentence)
    for code, count in found.abstained.items():
        typer.echo(f"no prediction for {count}: {code}")
    title = f"{found.model} {found.version} in {found.name}"
    table(title, ("Figure", "Value (95 % interval)"), external_rows(found))
    for warning in found.warnings:
        typer.echo(f"WARNING: {warning}")
