"""The fault matrix: whatever a run meets, what is committed then or later is what an undisturbed run makes.

Before the commit nothing of it is seen, after it all of it; no row stands twice, and nothing is left behind.
"""

from __future__ import annotations

import json

import pytest

from support.asked import told_by
from support.fault_table import SEED
from support.matrix.kinds import cells
from support.switches import switch

ALL = bool(switch("ROWMILL_FAULTS"))
CASE = switch("ROWMILL_FAULTS_CASE")
SAMPLE = (
    *("memory/payments/fresh/crash/141", "memory/workforce/copy/crash/90"),
    *("file/payments/overwrite/crash/150", "duckdb/vitals/fresh/crash/140"),
    *("s3/vitals/overwrite/network/4", "postgresql/vitals/copy/crash/120"),
)
"""What is tried where nobody asks for more: a few of each destination, domain and kind."""


def names():
    """Return what is tried, by what the test is called."""
    if CASE:
        return {"case": (CASE,)}
    if not ALL:
        return {"sample": SAMPLE}
    return {"-".join(cell): [f"{cell[0]}/{cell[1]}/{job}/{cell[2]}" for job in jobs] for cell, jobs in cells().items()}


@pytest.mark.parametrize("name", names())
def test_a_fault_at_any_step_loses_doubles_and_shows_nothing(name, record_property):
    found, err = told_by("support.matrix", SEED, *names()[name], seconds=20_000)

    record_property("matrix", json.dumps(found["rows"]))
    assert found["wrong"] == {}, err
    assert found["rows"]
