"""A progress bar with rate and time left; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int], None]
#: Takes the share that is done, 0 to 1, and the number of patients done.
Watch = Callable[[float, int], None]


@contextmanager
def progress(size: int, wanted: bool | None = None, watch: Watch | None = None) -> Iterator[Advance]:
    """Gives a function that takes bytes read so far and patients done so far.

    It tells `watch` if there is one, else a terminal that somebody looks at.
    """
    if watch is not None:
        yield lambda at, rows: watch(min(at / max(size, 1), 1.0), rows)
        return
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda at, rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=size)

        def advance(at: int, rows: int) -> None:
            speed = rows / elapsed if (elapsed := bar.tasks[0].elapsed) else 0.0
            bar.update(task, completed=at, description=f"{rows:,} patients, {speed:,.0f}/s")

        yield advance
