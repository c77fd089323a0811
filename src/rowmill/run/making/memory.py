"""Memory of the processes that make parts: how much it was, and to keep what was freed from tile to tile.

Every tile asks for the same few dozen megabytes. By default the C library returns large blocks to the system at once
and the kernel must clear the same pages for each tile again; that costs about 8 % of a run's CPU time.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's mallopt."""
_TRIM_BYTES, _MMAP_BYTES = 512 << 20, 1 << 30


def keep_freed_memory() -> None:
    """Let this process reuse freed memory: Arrow on the C library's allocator, and that one slow to give back.

    Changes speed alone. Other C libraries than glibc have no mallopt; there nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        if mallopt(_MMAP_THRESHOLD, _MMAP_BYTES) and mallopt(_TRIM_THRESHOLD, _TRIM_BYTES):
            import pyarrow as pa

            pa.set_memory_pool(pa.system_memory_pool())


def peak_bytes(processes: int) -> int:
    """Return this process's part of the peak memory of a run, bytes: the most that it ever had.

    Pages that it shares with the other processes of the run count in parts where the system tells them (Linux).
    """
    if not sys.platform.startswith("linux"):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = _kilobytes("status", "VmHWM:")
    shared = _kilobytes("smaps_rollup", "Shared_Clean:", "Shared_Dirty:")
    return 1024 * (peak - shared + shared // processes)


def _kilobytes(document: str, *names: str) -> int:
    with suppress(OSError):
        lines = Path("/proc/self", document).read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(names))
    return 0
