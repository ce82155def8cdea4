"""Memory of long runs: keep what was freed, because fresh pages cost more than the arithmetic.

By default the C library gives large arrays back to the system at once and fetches zeroed pages
for the next ones: for arrays of a megabyte that is half of the run's time.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
KEPT = 1 << 28


def keep_freed_memory() -> None:
    """Ask glibc to reuse freed memory; other C libraries are left alone."""
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_TRIM_THRESHOLD, KEPT)
    mallopt(_MMAP_THRESHOLD, KEPT)
