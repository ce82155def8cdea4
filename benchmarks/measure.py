"""Measuring: whole processes from start to end, and figures with their median and range."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Cost:
    """What a process took: wall and processor seconds, and what it printed."""

    wall: float
    cpu: float
    said: str


def process(arguments: Sequence[str]) -> Cost:
    """Run a Python process to its end."""
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    said = child.stdout.read() if child.stdout else ""
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise RuntimeError(f"{arguments[:3]} ended with {child.returncode}")
    if child.stdout:
        child.stdout.close()
    return Cost(wall, used.ru_utime + used.ru_stime, said)


#: Prints the largest memory of the process that runs it and of its two helpers, in MB. Its own is not
#: asked of `getrusage`, which would count its parent's; each helper counts as much as the larger one.
PEAK = """
import resource
with open("/proc/self/status", encoding="ascii") as status:
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print((own + 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024)
"""


@dataclass(frozen=True)
class Figure:
    """One measured figure against its target."""

    name: str
    values: tuple[float, ...]
    target: float | None
    unit: str
    at_most: bool = True
    stretch: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the values."""
        return statistics.median(self.values)

    @property
    def reached(self) -> str:
        """Whether the median reaches the target, and the further one."""
        if self.target is None:
            return ""
        if self._holds(self.target):
            return "yes, and the stretch" if self.stretch is not None and self._holds(self.stretch) else "yes"
        return "**no**"

    def _holds(self, bound: float) -> bool:
        return self.median <= bound if self.at_most else self.median >= bound

    def row(self) -> str:
        """A line of the table."""
        sign = "≤" if self.at_most else "≥"
        target = f"{sign} {self.target:g}" if self.target is not None else ""
        target += f" ({self.stretch:g})" if self.stretch is not None else ""
        spread = f"{_short(min(self.values))} to {_short(max(self.values))}" if len(self.values) > 1 else ""
        n = len(self.values)
        cells = (
            self.name,
            f"{target} {self.unit}",
            _short(self.median),
            spread,
            str(n),
            self.reached,
            self.note,
        )
        return "| " + " | ".join(cells) + " |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


HEAD = "| What | Target (stretch) | Median | Range | n | Reached | |\n|---|---|---|---|---|---|---|"


def machine() -> str:
    """The machine in one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    python = platform.python_version()
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, Python {python}, load at start {load}"
