"""All or nothing: whatever file operation a run dies at, readers see the old state or the new, and resume ends well."""

from __future__ import annotations

import pytest

from support.asked import told_by
from support.crash import SCENARIOS
from support.switches import switch

STRIDES = {"whole": 7}
"""An odd one tries both an operation that is not done and one that is done half."""
EVERYTHING = bool(switch("ROWMILL_FAULTS"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_at_any_step_is_mended_by_resume(scenario, fast_folder):
    stride = 1 if EVERYTHING else STRIDES.get(scenario, 13)

    found, err = told_by("support.crash", scenario, fast_folder, stride, seconds=300)

    assert found["wrong"] == [], err
    assert found["steps"] > 80
