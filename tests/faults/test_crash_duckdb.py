"""A run into a file of DuckDB may die anywhere: readers see the old tables or the new ones, and resume ends well."""

from __future__ import annotations

import pytest

from support.asked import told_by
from support.crash_duckdb import SCENARIOS
from support.switches import switch

STRIDES = {"whole": 307}
EVERYTHING = bool(switch("ROWMILL_FAULTS"))


@pytest.mark.parametrize("scenario", SCENARIOS if EVERYTHING else ["whole", "days_replacing"])
def test_a_crash_at_any_operation_or_statement_is_mended_by_resume(scenario, fast_folder):
    stride = 1 if EVERYTHING else STRIDES.get(scenario, 491)

    found, err = told_by("support.crash_duckdb", scenario, fast_folder, stride, seconds=3000)

    assert found["wrong"] == [], err
    assert found["steps"] > 250
