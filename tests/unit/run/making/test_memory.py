"""Peak memory: what a process that a run started took counts too."""

from __future__ import annotations

import subprocess
import sys

from rowmill.run.making.memory import children_peak_bytes

TAKEN = 300_000_000


def test_memory_of_a_process_that_was_started_is_seen_once_it_has_ended():
    subprocess.run([sys.executable, "-c", f"len(b'x' * {TAKEN})"], check=True)

    assert children_peak_bytes() > TAKEN
