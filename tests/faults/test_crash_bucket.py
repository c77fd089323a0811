"""A process may die before or after any operation on a bucket: what is committed is what a clean run makes."""

from __future__ import annotations

import pytest

from support.crash_bucket import SCENARIOS, explore, in_memory
from support.crash_s3 import on_a_server
from support.switches import switch

ALL = bool(switch("ROWMILL_FAULTS", ""))
STRIDES = {"whole": 61, "second_day": 997, "replacing": 67, "days_replacing": 997, "two_machines": 71, "copied": 997}
"""On a server; primes, so that other steps are met than those that a multiple hits."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_operation_on_a_bucket_leaves_what_can_be_completed(name):
    with in_memory() as ground:
        found = explore(ground, name, 1 if ALL else 7)

    assert found["wrong"] == []
    assert found["steps"] > 60


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_request_to_a_real_server_leaves_what_can_be_completed(name, record_property):
    with on_a_server() as ground:
        found = explore(ground, name, 3 if ALL else STRIDES[name])

    record_property("faults", f"crash: {found['tried']} runs of {name} died at a request to a server, and once more")
    assert found["wrong"] == []
    assert found["tried"] >= 1
