"""`cds`: the command line."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import click
import typer

from cds import __version__
from cds.commands import browse, cases, cohort, doctor, imports, model, rank, report, robustness, rules, train
from cds.errors import CdsError
from cds.notice import RESEARCH_ONLY

#: Faults of usage. Newer versions of typer carry a copy of click of their own.
_USAGE: Any = (
    click.ClickException,
    *(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException"),
)

app = typer.Typer(
    name="cds",
    help=f"{RESEARCH_ONLY}. Ranks everolimus options in osteosarcoma and explains each ranking.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("rank")(rank.rank)
app.command("template")(rank.template)
app.command("schema")(rank.schema)
app.command("next-test")(robustness.next_test)
app.command("flip")(robustness.flip)
app.command("contrast")(robustness.contrast)
app.command("summary")(cohort.summary)
app.command("explain")(cohort.explain)
app.command("digest")(cohort.digest)
app.command("who-used")(cohort.who_used)
for _shelf, _told in browse.SHELVES.items():
    app.add_typer(browse.shelf(_shelf, _told), name=_shelf)
app.command("train")(train.train)
app.command("evaluate")(train.evaluate)
app.add_typer(model.app, name="model")
app.add_typer(rules.app, name="rules")
app.add_typer(imports.app, name="import")
app.add_typer(cases.app, name="cases")
app.add_typer(report.app, name="report")
app.command("doctor")(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"evr-cds {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the command line; exit codes are those of `cds.errors`."""
    start_quickly()
    sys.exit(run(sys.argv[1:]))


def start_quickly() -> None:
    """What a short command need not wait for: garbage among modules, plug-ins, threads for algebra."""
    gc.set_threshold(100_000, 50, 50)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; faults are told without a traceback."""
    try:
        return int(typer.main.get_command(app).main(arguments, prog_name="cds", standalone_mode=False) or 0)
    except CdsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except _USAGE as error:
        error.show()
        return 2
    except (click.Abort, typer.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return 4
    except BrokenPipeError:
        return 0
    except Exception as error:  # the last guard: a trace could hold patient values
        where = _last_frame(error)
        print(
            f"Internal fault ({type(error).__name__} at {where}). Nothing more was written.", file=sys.stderr
        )
        return 70


def _last_frame(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown place"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
