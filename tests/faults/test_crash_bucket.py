"""A process may die before or after any operation on a bucket: what is committed is what a clean run makes."""

from __future__ import annotations

import pytest

from support.crash_bucket import SCENARIOS, explore
from support.switches import switch

STRIDE = 1 if switch("ROWMILL_FAULTS", "") else 7


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_operation_on_a_bucket_leaves_what_can_be_completed(name):
    found = explore(name, STRIDE)

    assert found["wrong"] == []
    assert found["steps"] > 60
