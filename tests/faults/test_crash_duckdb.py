"""A run into a file of DuckDB may die anywhere: readers see the old tables or the new ones, and resume ends well."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.crash_duckdb import SCENARIOS
from support.switches import switch

STRIDES = {"whole": 151}
EVERYTHING = bool(switch("ROWMILL_FAULTS"))


@pytest.mark.parametrize("scenario", SCENARIOS if EVERYTHING else ["whole", "days_replacing"])
def test_a_crash_at_any_operation_or_statement_is_mended_by_resume(scenario, fast_folder):
    stride = 1 if EVERYTHING else STRIDES.get(scenario, 287)
    command = [sys.executable, "-m", "support.crash_duckdb", scenario, str(fast_folder), str(stride)]
    path = os.pathsep.join(entry for entry in sys.path if entry)

    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=3000
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == [], done.stderr
    assert found["steps"] > 250
