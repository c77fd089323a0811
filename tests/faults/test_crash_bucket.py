"""A process may die before or after any operation on a bucket: what is committed is what a clean run makes."""

from __future__ import annotations

import pytest

from support.crash_bucket import SCENARIOS, explore, in_memory
from support.crash_server import SERVERS, on_a_server
from support.switches import switch

ALL = bool(switch("ROWMILL_FAULTS", ""))
STRIDES = {"whole": 61, "second_day": 997, "replacing": 67, "days_replacing": 997, "two_machines": 71, "copied": 997}
"""On a server; primes, so that other steps are met than those that a multiple hits."""
SAMPLED = {"s3": STRIDES, "az": ("whole",)}
"""Where not all is tried."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_operation_on_a_bucket_leaves_what_can_be_completed(name):
    with in_memory() as ground:
        found = explore(ground, name, 1 if ALL else 7)

    assert found["wrong"] == []
    assert found["steps"] > 60


@pytest.mark.parametrize(
    ("scheme", "name"), [(scheme, name) for scheme in SERVERS for name in SCENARIOS if ALL or name in SAMPLED[scheme]]
)
def test_a_crash_at_any_request_to_a_real_server_leaves_what_can_be_completed(scheme, name, record_property):
    with on_a_server(scheme) as ground:
        found = explore(ground, name, 3 if ALL else STRIDES[name])

    record_property("faults", f"crash: {found['tried']} runs of {name} died at a request to {scheme}://, and once more")
    assert found["wrong"] == []
    assert found["tried"] >= 1
