"""All or nothing: whatever file operation a run dies at, readers see the old state or the new, and resume ends well."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.crash import SCENARIOS
from support.switches import switch

STRIDES = {"whole": 7}
"""An odd one tries both an operation that is not done and one that is done half."""
EVERYTHING = bool(switch("ROWMILL_FAULTS"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_at_any_step_is_mended_by_resume(scenario, fast_folder):
    stride = 1 if EVERYTHING else STRIDES.get(scenario, 13)
    command = [sys.executable, "-m", "support.crash", scenario, str(fast_folder), str(stride)]
    path = os.pathsep.join(entry for entry in sys.path if entry)

    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == [], done.stderr
    assert found["steps"] > 80
