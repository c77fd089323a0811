"""Memory of a process that makes parts: keep what was freed instead of giving it back tile by tile.

Every tile asks for the same few dozen megabytes. By default the C library returns large blocks to the system at once
and the kernel must clear the same pages for each tile again; that costs about 8 % of a run's CPU time.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

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
