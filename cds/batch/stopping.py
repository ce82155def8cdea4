"""How a run stops before its end: interrupted, out of disk or memory; told in one line, and resumable."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cds.batch.journal import Journal
from cds.errors import CdsError, Fault, InputError, Interrupted


@contextmanager
def output_folder(out: Path) -> Iterator[None]:
    """The output folder, made if needed; taken away again if it was made for a refused file."""
    made = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except MemoryError:
        raise _stopped(out, "the memory is used up") from None
    except OSError as error:
        raise _stopped(out, (error.strerror or "can't be written").lower()) from None
    finally:
        if made and out.is_dir() and not any(out.iterdir()):
            out.rmdir()


def _stopped(out: Path, problem: str) -> CdsError:
    """What the machine refused: resumable if the run had begun."""
    if Journal(out).is_begun:
        fault = Fault(out.name, problem, "Mend it, then run again with --resume.")
        return Interrupted("The run stopped", [fault])
    return InputError("The results can't be written", [Fault(out.name, problem, "Name another folder.")])


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C and a polite kill leave a run that can be resumed."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if main else None
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Run again with --resume to go on.") from None
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)
