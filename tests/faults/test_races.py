"""Whatever runs meet at a destination, and whoever is stopped or killed: what is committed is the data of one spec."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from support.switches import switch

CASES = int(switch("ROWMILL_FAULTS", "6"))


def test_whoever_meets_stops_or_dies_what_is_committed_is_that_of_one_spec(fast_folder):
    path = os.pathsep.join(entry for entry in sys.path if entry)

    done = subprocess.run(
        [sys.executable, "-m", "support.races", str(fast_folder), "0", str(CASES)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + 20 * CASES,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == {}, done.stderr
    assert found["cases"] == CASES
