"""What a child process took is told of that child alone."""

from __future__ import annotations

import subprocess
import sys

from rowmill.core.processes import FREE, wait_for

TAKEN = 300_000_000


def started(code):
    return subprocess.Popen([sys.executable, "-c", code], text=True)


def test_memory_and_time_of_one_child_are_not_mixed_with_anothers():
    large = wait_for(started(f"len(b'x' * {TAKEN})"))
    small = wait_for(started("import time\nwhile time.process_time() < 0.3: pass"))

    assert large.peak_bytes > TAKEN > small.peak_bytes > 1_000_000
    assert 0.3 <= small.cpu_seconds < 5


def test_the_exit_code_is_kept():
    process = started("raise SystemExit(7)")

    wait_for(process)

    assert process.wait() == 7


def test_a_child_whose_end_was_noticed_elsewhere_costs_nothing_known():
    process = started("")
    process.wait()

    assert wait_for(process) == FREE
