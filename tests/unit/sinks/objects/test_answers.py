"""Answers that were lost mislead nobody, whatever the store."""

from __future__ import annotations

import pytest

from support.network import IMPATIENT, LINES, a_place, on_a_network
from support.servers.faults import Plan


@pytest.fixture(params=LINES)
def faulty(request):
    """Give the verbs of a store behind a proxy, and the proxy."""
    with on_a_network(request.param) as proxy:
        yield LINES[request.param].make(a_place(request.param), IMPATIENT)._bucket, proxy


@pytest.mark.parametrize("fault", ["lost", "failed_afterwards", "truncated", "slow"])
def test_a_write_that_was_carried_out_unheard_counts_as_the_writers_own(faulty, fault):
    bucket, proxy = faulty
    proxy.plan = Plan(fault, 1)
    version = bucket.put_new("a", b"mine")
    assert version == bucket.get("a").version

    proxy.plan = Plan(fault, 1)
    assert bucket.put_over("a", b"mine too", version) == bucket.get("a").version
    assert bucket.put_new("a", b"mine") is None


def test_a_write_that_another_made_meanwhile_is_not_taken_for_the_own_one(faulty):
    bucket, proxy = faulty
    bucket.put("a", b"theirs")
    proxy.plan = Plan("unheard", 1)

    assert bucket.put_new("a", b"mine") is None
    assert bucket.get("a").data == b"theirs"
